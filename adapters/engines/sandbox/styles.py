"""The six looks of the catalogue: each turns a scene into a finished picture of any size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from adapters.engines.sandbox.brush import brushed
from adapters.engines.sandbox.noise import field, tiled
from adapters.engines.sandbox.pen import inked
from adapters.engines.sandbox.sheet import Manner, Sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from adapters.engines.sandbox.scene import Scene

Size = tuple[int, int]
_BAYER = np.array(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)), np.float32) / 16 - 0.5


def realistic(scene: Scene, size: Size) -> Image.Image:
    """Smooth light, haze and texture, bloom, a darker rim and film grain."""
    image = Sheet(scene, size, Manner(texture=1.0)).lay_all()
    small = image.resize((max(1, size[0] // 8), max(1, size[1] // 8)), Image.Resampling.BOX)
    bright = small.point([max(0, value - 175) for value in range(256)] * 3).filter(ImageFilter.GaussianBlur(3))
    image = ImageChops.screen(image, bright.resize(size, Image.Resampling.BICUBIC))
    rng = np.random.default_rng(scene.seed)
    x, y = np.linspace(-1, 1, size[0], dtype=np.float32), np.linspace(-1, 1, size[1], dtype=np.float32)
    rim = 1 - 0.16 * (x[None, :] ** 2 + y[:, None] ** 2) ** 1.5 / 1.5
    pixels = np.asarray(image).astype(np.float32)
    pixels *= rim[:, :, None]
    return _grained(pixels, tiled(rng, size) * np.float32(3.0))


def anime(scene: Scene, size: Size) -> Image.Image:
    """Flat bright fields, dark outlines, drawn clouds."""
    image = Sheet(scene, size, Manner(contour=0.0032, glow=0.7, drawn_clouds=True)).lay_all()
    return ImageEnhance.Color(ImageEnhance.Brightness(image).enhance(1.05)).enhance(1.35)


def painterly(scene: Scene, size: Size) -> Image.Image:
    """Brush strokes over a rich underpainting."""
    under = Sheet(scene, size, Manner(texture=0.5, glow=0.9)).lay_all()
    return brushed(ImageEnhance.Color(under).enhance(1.25), np.random.default_rng(scene.seed))


def watercolor(scene: Scene, size: Size) -> Image.Image:
    """Thin washes that bleed and pool at their edges, on rough paper with a bare margin."""
    rng = np.random.default_rng(scene.seed)
    wash = Sheet(scene, size, Manner(glow=0.8, seethrough=0.16)).lay_all()
    wash = ImageEnhance.Color(wash).enhance(1.45)
    unit = min(size)
    half = (max(2, size[0] // 2), max(2, size[1] // 2))
    small = wash.resize(half, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(unit * 0.0016))
    frame = scene.frame
    wobble = [field(rng, half, (7 * frame.width, 7 * frame.height), 4) - 0.5 for _ in range(2)]
    rows = np.clip(np.arange(half[1])[:, None] + wobble[0] * unit * 0.014, 0, half[1] - 1).astype(np.intp)
    columns = np.clip(np.arange(half[0])[None, :] + wobble[1] * unit * 0.014, 0, half[0] - 1).astype(np.intp)
    bled = np.asarray(small, np.float32)[rows, columns] / 255
    grey = bled.mean(axis=2)
    pooled = np.hypot(*np.gradient(grey)) * (unit / 512)
    cloudy = field(rng, half, (4 * frame.width, 4 * frame.height), 5)
    thin = np.clip(0.13 + 0.42 * (cloudy - 0.5) - 2.2 * np.clip(pooled - 0.01, 0, 0.14), -0.3, 0.6)[:, :, None]
    paint = bled + (1 - bled) * thin
    margin = _margin(half, wobble[0] + wobble[1], unit / 2)[:, :, None]
    sheet = np.array((0.985, 0.97, 0.94), np.float32)
    paper = (sheet * (1 - margin) + paint * sheet * margin) * 255
    image = Image.fromarray(paper.clip(0, 255).astype(np.uint8)).resize(size, Image.Resampling.BICUBIC)
    tooth = tiled(rng, size)
    return _grained(
        np.asarray(image).astype(np.float32),
        (tooth + np.roll(tooth, 1, 0) - 2 * np.roll(tooth, 2, 1)) * np.float32(2.2),
    )


def pixel_art(scene: Scene, size: Size) -> Image.Image:
    """About a hundred cells along the shorter side, few colours, ordered dithering."""
    cell = max(1, round(min(size) / 96))
    grid = (-(-size[0] // cell), -(-size[1] // cell))
    image = Sheet(scene, grid, Manner(glow=0.7, drawn_clouds=True)).lay_all()
    image = ImageEnhance.Color(image).enhance(1.3)
    pattern = np.tile(_BAYER, (-(-grid[1] // 4), -(-grid[0] // 4)))[: grid[1], : grid[0], None]
    dithered = (np.asarray(image, np.float32) + pattern * 18).clip(0, 255).astype(np.uint8)
    few = image.quantize(28, Image.Quantize.MEDIANCUT, kmeans=1)
    flat = Image.fromarray(dithered).quantize(palette=few, dither=Image.Dither.NONE).convert("RGB")
    large = flat.resize((grid[0] * cell, grid[1] * cell), Image.Resampling.NEAREST)
    return large.crop((0, 0, *size))


def line_art(scene: Scene, size: Size) -> Image.Image:
    """Pen and ink on paper, shaded by hatching, with one colour."""
    return inked(scene, size)


def _margin(size: Size, wobble: npt.NDArray[np.float32], unit: float) -> npt.NDArray[np.float32]:
    """Return where paint covers the paper, 0 to 1: all but a ragged margin."""
    x = np.minimum(np.arange(size[0]), size[0] - 1 - np.arange(size[0]))
    y = np.minimum(np.arange(size[1]), size[1] - 1 - np.arange(size[1]))
    inward = np.minimum(x[None, :], y[:, None]) / unit
    return np.clip((inward - 0.034 + wobble * 0.035) / 0.008, 0, 1).astype(np.float32)


def _grained(pixels: npt.NDArray[np.float32], grain: npt.NDArray[np.float32]) -> Image.Image:
    """Return pixels of shape (height, width, 3), 0 to 255, with ``grain`` of shape (height, width) added in place."""
    pixels += grain[:, :, None]
    return Image.fromarray(np.clip(pixels, 0, 255, out=pixels).astype(np.uint8))


STYLES: dict[str, Callable[[Scene, Size], Image.Image]] = {
    "realistic": realistic,
    "anime": anime,
    "painterly": painterly,
    "watercolor": watercolor,
    "pixel-art": pixel_art,
    "line-art": line_art,
}
"""Painters by the keys of ``domain.catalogue.STYLES``."""
