"""One picture in the making: noise at first, then colour fields, forms and details, and at last the finished image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageFilter

from adapters.engines.sandbox.composer import compose
from adapters.engines.sandbox.mark import marked
from adapters.engines.sandbox.reading import read_prompt
from adapters.engines.sandbox.styles import STYLES

if TYPE_CHECKING:
    from domain.ports import ImageTask, PaintRequest

PREVIEW_SIDE = 96
"""Longest side of a preview, pixels."""
_SIDES = (32, 96)
"""Longest side, pixels, of the sketches that the steps before the last work on."""


class Picture:
    """Develops one image of a request, step by step; the same request and seed give the same bytes."""

    def __init__(self, request: PaintRequest, task: ImageTask, subject: str) -> None:
        """Compose the picture; ``subject`` is the prompt without its magic words."""
        self._size = (request.width, request.height)
        self._steps = request.steps
        self._paint = STYLES[task.brief.style]
        reading = read_prompt(subject, task.brief.negative_prompt)
        self._scene = compose(reading, task.seed, self._size, request.guidance)
        self._rng = np.random.default_rng(task.seed)
        self._sketch: Image.Image | None = None
        self.image: Image.Image | None = None
        """The finished picture, once the last step is done."""

    def advance(self, step: int) -> Image.Image:
        """Do ``step`` (1 to the request's steps) and return the preview after it."""
        if step >= self._steps:
            self.image = marked(self._paint(self._scene, self._size))
            return self.image.resize(self._fitted(PREVIEW_SIDE), Image.Resampling.BOX, reducing_gap=2)
        done = step / self._steps
        stage = int(done * len(_SIDES))
        sketch = self._fitted(_SIDES[stage])
        if self._sketch is None or self._sketch.size != sketch:
            self._sketch = self._paint(self._scene, sketch)
        return self._veiled(self._sketch, done)

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
