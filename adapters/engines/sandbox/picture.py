"""One picture in the making: noise at first, then colour fields, forms and details, and at last the finished image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from adapters.engines.latent_preview import PREVIEW_SIDE
from adapters.engines.sandbox.composer import compose
from adapters.engines.sandbox.mark import marked
from adapters.engines.sandbox.overpainting import overpainted
from adapters.engines.sandbox.reading import read_prompt
from adapters.engines.sandbox.styles import STYLES
from adapters.engines.sources import canvas_of, source_of
from adapters.engines.without_model import WITHOUT_MODEL, made_without_model, thumbnail
from db.words import Operation
from domain.ports import Painted

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import ImageTask, PaintRequest

_SIDES = (32, 96)
"""Longest side, pixels, of the sketches that the steps before the last work on."""
_MASKED = frozenset({Operation.INPAINT, Operation.OUTPAINT})
"""Operations whose pictures stay unmarked: the mark could lie on pixels that are not to be touched."""


class Picture:
    """Develops one image of a request, step by step; the same request and seed give the same bytes."""

    def __init__(self, request: PaintRequest, task: ImageTask, subject: str) -> None:
        """Compose the picture; ``subject`` is the prompt without its magic words.

        Raises:
            Unusable: what the task brings can not be used.
        """
        self._operation = request.operation
        self._task = task
        self._size = (request.width, request.height)
        self._steps = request.steps
        self._paint = self._painter(request, subject)
        self._rng = np.random.default_rng(task.seed)
        self._sketch: Image.Image | None = None
        self.painted: Painted | None = None
        """The finished picture, once the last step is done."""

    def _painter(self, request: PaintRequest, subject: str) -> Callable[[tuple[int, int]], Image.Image]:
        """Return what paints the picture at any size."""
        task = self._task
        if request.operation in WITHOUT_MODEL:
            source = source_of(task)
            return lambda size: source.resize(size, Image.Resampling.BOX)
        style = STYLES[task.brief.style]
        scene = compose(read_prompt(subject, task.brief.negative_prompt), task.seed, self._size, request.guidance)
        if request.operation is Operation.TEXT_TO_IMAGE:
            return lambda size: style(scene, size)
        canvas = canvas_of(request.operation, task, self._size)
        return overpainted(request.operation, task, canvas, lambda size: style(scene, size))

    def advance(self, step: int) -> Image.Image:
        """Do ``step`` (1 to the request's steps) and return the preview after it.

        Raises:
            Unusable: at the last step, the source shows no subject to cut out.
        """
        if step >= self._steps:
            self.painted = self._finished()
            return thumbnail(self.painted.image)
        done = step / self._steps
        stage = int(done * len(_SIDES))
        sketch = self._fitted(_SIDES[stage])
        if self._sketch is None or self._sketch.size != sketch:
            self._sketch = self._paint(sketch)
        return self._veiled(self._sketch, done)

    def _finished(self) -> Painted:
        if self._operation in WITHOUT_MODEL:
            return made_without_model(self._operation, self._task, self._size)
        image = self._paint(self._size)
        return Painted(image if self._operation in _MASKED else marked(image))

    def _fitted(self, longest: int) -> tuple[int, int]:
        scale = min(1.0, longest / max(self._size))
        return max(1, round(self._size[0] * scale)), max(1, round(self._size[1] * scale))

    def _veiled(self, sketch: Image.Image, done: float) -> Image.Image:
        """Return the sketch at preview size, as blurred and noisy as befits the share of steps ``done``."""
        preview = sketch.resize(self._fitted(PREVIEW_SIDE), Image.Resampling.BICUBIC)
        left = 1 - done
        soft = np.asarray(preview.filter(ImageFilter.GaussianBlur(7 * left**2)), np.float32)
        noise = self._rng.standard_normal(soft.shape, dtype=np.float32) * np.float32(62) + np.float32(128)
        share = np.float32(left**1.3 * 0.95)
        return Image.fromarray((soft * (1 - share) + noise * share).clip(0, 255).astype(np.uint8))
