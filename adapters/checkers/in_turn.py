"""Several judges as one: the first that blocks a picture decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ports import Blocked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from domain.ports import OutputChecker, Rated


class InTurn:
    """Asks checkers one after the other; without any, every picture may be shown."""

    def __init__(self, checkers: Sequence[OutputChecker]) -> None:
        """Ask in this order: what is cheap first."""
        self._checkers = checkers

    async def judge(self, picture: Image.Image) -> Blocked | Rated | None:
        """Return the first refusal; where there is none the highest rating, or None where there is no rating either.

        Raises:
            CheckUnavailable: a checker could not judge, and none before it has blocked the picture.
        """
        rated: Rated | None = None
        for checker in self._checkers:
            verdict = await checker.judge(picture)
            if isinstance(verdict, Blocked):
                return verdict
            if verdict and (rated is None or verdict.level.rank > rated.level.rank):
                rated = verdict
        return rated

    def warm_up(self) -> None:
        """Let all of them make ready."""
        for checker in self._checkers:
            checker.warm_up()

    def close(self) -> None:
        """End all of them."""
        for checker in self._checkers:
            checker.close()
