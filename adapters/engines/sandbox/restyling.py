"""The six looks of the catalogue for a picture that is already there, by filters alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter, ImageOps

from adapters.engines.sandbox.brush import brushed

if TYPE_CHECKING:
    from collections.abc import Callable

_PAPER = (249, 245, 237)
_INK = (28, 30, 51)


def restyled(picture: Image.Image, style: str, seed: int) -> Image.Image:
    """Return ``picture`` (RGB) in the look of ``style``, at the same size; the seed places brush strokes."""
    return _LOOKS[style](picture, seed)


def _realistic(picture: Image.Image, _: int) -> Image.Image:
    sharp = picture.filter(ImageFilter.UnsharpMask(2, 90, 2))
    return ImageEnhance.Contrast(ImageOps.autocontrast(sharp, 1)).enhance(1.08)


def _anime(picture: Image.Image, _: int) -> Image.Image:
    flat = ImageOps.posterize(picture.filter(ImageFilter.MedianFilter(5)), 3)
    return ImageChops.multiply(ImageEnhance.Color(flat).enhance(1.5), _contours(picture).convert("RGB"))


def _painterly(picture: Image.Image, seed: int) -> Image.Image:
    return brushed(ImageEnhance.Color(picture).enhance(1.3), np.random.default_rng(seed))


def _watercolor(picture: Image.Image, _: int) -> Image.Image:
    wash = picture.filter(ImageFilter.MedianFilter(5)).filter(ImageFilter.GaussianBlur(min(picture.size) / 256))
    thin = Image.blend(ImageEnhance.Color(wash).enhance(1.5), Image.new("RGB", picture.size, _PAPER), 0.3)
    return Image.blend(thin, ImageChops.multiply(thin, _contours(picture).convert("RGB")), 0.35)


def _pixel_art(picture: Image.Image, _: int) -> Image.Image:
    cell = max(1, round(min(picture.size) / 64))
    grid = (-(-picture.width // cell), -(-picture.height // cell))
    few = picture.resize(grid, Image.Resampling.BOX).quantize(24, Image.Quantize.MEDIANCUT, kmeans=1).convert("RGB")
    large = few.resize((grid[0] * cell, grid[1] * cell), Image.Resampling.NEAREST)
    return large.crop((0, 0, *picture.size))


def _line_art(picture: Image.Image, _: int) -> Image.Image:
    return ImageOps.colorize(_contours(picture), _INK, _PAPER)


def _contours(picture: Image.Image) -> Image.Image:
    """Return dark lines on white (L) where brightness changes: a difference of two blurs."""
    grey = picture.convert("L")
    fine, coarse = (grey.filter(ImageFilter.GaussianBlur(min(grey.size) * share)) for share in (0.001, 0.006))
    return ImageChops.subtract(fine, coarse, 1, 255).point([max(0, min(255, (v - 225) * 9)) for v in range(256)])


_LOOKS: dict[str, Callable[[Image.Image, int], Image.Image]] = {
    "realistic": _realistic,
    "anime": _anime,
    "painterly": _painterly,
    "watercolor": _watercolor,
    "pixel-art": _pixel_art,
    "line-art": _line_art,
}
