"""The steps of a request that is painted in parts, counted as one way to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.ports import PaintStep

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PIL import Image


class Progress:
    """Tells of steps; each part begins after the parts that were finished before it."""

    def __init__(self, on_step: Callable[[PaintStep], None], count: int) -> None:
        """Tell ``on_step`` about a request of ``count`` images."""
        self._on_step = on_step
        self._count = count
        self._done = 0
        self._places: Sequence[int] = ()
        self._rest = 0
        self._total = 0

    def begin(self, places: Sequence[int], rest: int) -> None:
        """Begin a part: the images at ``places`` in the request; ``rest`` steps are still to come after it."""
        self._places, self._rest, self._total = places, rest, 0

    def report(self, step: int, total: int, pictures: Sequence[Image.Image | None]) -> None:
        """Tell of ``step`` out of the part's ``total``, with a preview for each of its places."""
        self._total = total
        shown: list[Image.Image | None] = [None] * self._count
        for place, picture in zip(self._places, pictures, strict=True):
            shown[place] = picture
        self._on_step(PaintStep(self._done + step, self._done + total + self._rest, tuple(shown)))

    def end(self) -> None:
        """The part is finished; one that is given up is not ended, and its steps are counted anew."""
        self._done += self._total
