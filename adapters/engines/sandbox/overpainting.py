"""What becomes of the sandbox's own painting in each operation that starts from pictures."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PIL import Image

from adapters.engines.sandbox.restyling import restyled
from db.words import Operation

if TYPE_CHECKING:
    from collections.abc import Callable

    from adapters.engines.sources import Canvas
    from domain.ports import ImageTask


def overpainted(
    operation: Operation, task: ImageTask, canvas: Canvas, own: Callable[[tuple[int, int]], Image.Image]
) -> Callable[[tuple[int, int]], Image.Image]:
    """Return a painter of any size that lays paint over ``canvas``, as far as its strength says.

    The paint is the canvas in the task's style for RESTYLE, else the sandbox's ``own`` painting. At the canvas' size,
    what its mask leaves out keeps its pixels.
    """

    def paint(size: tuple[int, int]) -> Image.Image:
        there = _resized(canvas, size)
        paint = restyled(there.picture, task.brief.style, task.seed) if operation is Operation.RESTYLE else own(size)
        return there.finished(Image.blend(there.picture, paint, there.strength))

    return paint


def _resized(canvas: Canvas, size: tuple[int, int]) -> Canvas:
    if canvas.picture.size == size:
        return canvas
    mask = canvas.mask.resize(size, Image.Resampling.NEAREST) if canvas.mask else None
    return replace(canvas, picture=canvas.picture.resize(size, Image.Resampling.BOX), mask=mask)
