"""Smooth random fields, made small and stretched by Pillow, which is many times faster than computing them large."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    import numpy.typing as npt


def field(
    rng: np.random.Generator, size: tuple[int, int], cells: tuple[float, float], octaves: int = 4
) -> npt.NDArray[np.float32]:
    """Return fractal value noise of shape (height, width), stretched to 0..1.

    ``size`` is (width, height) in pixels, ``cells`` how many swells of the first octave lie across and down.
    """
    total = np.zeros((size[1], size[0]), dtype=np.float32)
    for octave in range(octaves):
        across, down = (max(2, round(count * 2**octave)) for count in cells)
        if octave and (across > 2 * size[0] or down > 2 * size[1]):
            break
        knots = Image.fromarray(rng.random((down, across), dtype=np.float32))
        total += np.asarray(knots.resize(size, Image.Resampling.BICUBIC)) * np.float32(0.5**octave)
    low, high = float(total.min()), float(total.max())
    return (total - low) / np.float32(max(high - low, 1e-6))


def tiled(rng: np.random.Generator, size: tuple[int, int], tile: int = 256) -> npt.NDArray[np.float32]:
    """Return normal noise of shape (height, width), one tile of it repeated."""
    patch = rng.standard_normal((tile, tile), dtype=np.float32)
    return np.tile(patch, (-(-size[1] // tile), -(-size[0] // tile)))[: size[1], : size[0]]
