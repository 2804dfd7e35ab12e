"""Several judges as one: the first that blocks a picture decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

    from domain.ports import Blocked, OutputChecker


class InTurn:
    """Asks checkers one after the other; without any, every picture may be shown."""

    def __init__(self, checkers: Sequence[OutputChecker]) -> None:
        """Ask in this order: what is cheap first."""
        self._checkers = checkers

    async def judge(self, picture: Image.Image) -> Blocked | None:
        """Return the first refusal, or None where there is none.

        Raises:
            CheckUnavailable: a checker could not judge, and none before it has blocked the picture.
        """
        for checker in self._checkers:
            blocked = await checker.judge(picture)
            if blocked:
                return blocked
        return None

    def warm_up(self) -> None:
        """Let all of them make ready."""
        for checker in self._checkers:
            checker.warm_up()

    def close(self) -> None:
        """End all of them."""
        for checker in self._checkers:
            checker.close()
