"""Oil paint: a picture painted over with bristle strokes, from broad to fine, that follow its forms."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from adapters.engines.sandbox.noise import field

_ANGLES = 16


def brushed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Return ``image`` in strokes: broad ones everywhere, fine ones where there is detail."""
    unit = min(image.size)
    canvas = image.filter(ImageFilter.GaussianBlur(unit * 0.004)) if unit < 256 else image.copy()
    relief = Image.new("L", image.size, 128)
    for width, density, detailed in ((0.04, 1.2, False), (0.018, 1.4, False), (0.008, 2.1, True)):
        if width * unit >= 2:
            _pass(image, canvas, relief, rng, (width * unit, density, detailed))
    ridges = ImageChops.subtract(relief, ImageChops.offset(relief, 1, 1), 0.55, 128)
    return ImageChops.overlay(canvas, Image.merge("RGB", (ridges, ridges, ridges)))


def _pass(
    image: Image.Image,
    canvas: Image.Image,
    relief: Image.Image,
    rng: np.random.Generator,
    stroke: tuple[float, float, bool],
) -> None:
    """Lay one size of brush over the canvas; ``stroke`` is its width in pixels, its density, and whether it is fine."""
    width, density, detailed = stroke
    brushes = _brushes(width, width * 3.6, rng)
    reduced = max(1, int(width / 3))
    small = image.reduce(reduced) if reduced > 1 else image
    colours = np.asarray(small.filter(ImageFilter.BoxBlur(1)))
    slope_y, slope_x = np.gradient(colours.astype(np.float32).mean(axis=2))
    steep = np.hypot(slope_x, slope_y)
    drift = field(rng, small.size, (3, 3), 2) * math.pi * 2
    turn = np.where(steep > 5, np.arctan2(slope_x, -slope_y), drift * 0.35)
    count = int(image.width * image.height / (width * width * 3.6) * density)
    rows, columns = rng.integers(0, small.height, count), rng.integers(0, small.width, count)
    if detailed:
        chosen = steep[rows, columns] > 4
        rows, columns = rows[chosen], columns[chosen]
    jitter = rng.normal(0, 5, (len(rows), 1)) + rng.normal(0, 2.5, (len(rows), 3))
    tones = np.clip(colours[rows, columns] + jitter, 0, 255).astype(int).tolist()
    pick = (np.round(turn[rows, columns] / math.pi * _ANGLES).astype(int) % _ANGLES).tolist()
    lifts = rng.integers(70, 190, len(rows)).tolist()
    for row, column, tone, angle, lift in zip(rows.tolist(), columns.tolist(), tones, pick, lifts, strict=True):
        brush = brushes[angle]
        place = (column * reduced - brush.width // 2, row * reduced - brush.height // 2)
        canvas.paste(tuple(tone), place, brush)
        relief.paste(lift, place, brush)


def _brushes(width: float, length: float, rng: np.random.Generator) -> list[Image.Image]:
    """Return the mask of one stroke at each angle: bristles across, worn ends."""
    high, wide = max(2, round(width)), max(4, round(length))
    bristles = 0.55 + 0.45 * rng.random((high, 1))
    streaks = field(rng, (wide, high), (3, high / 1.5), 2)
    along, across = np.linspace(-1, 1, wide)[None, :], np.linspace(-1, 1, high)[:, None]
    ends = np.clip((1 - np.abs(along) - 0.25 * across**2 - 0.2 * streaks) * 5, 0, 1)
    sides = np.clip((1 - np.abs(across)) * high / 2.5 + 0.35, 0, 1)
    alpha = np.clip(bristles * (0.55 + 0.6 * streaks) * 1.25, 0, 1) * ends * sides * 245
    mask = Image.fromarray(alpha.astype(np.uint8))
    return [mask.rotate(-180 / _ANGLES * turn, Image.Resampling.BILINEAR, expand=True) for turn in range(_ANGLES)]
