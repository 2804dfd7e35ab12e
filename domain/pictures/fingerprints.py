"""Small numbers that stand for a picture: a placeholder, a colour and a hash that survives resizing."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

_ACROSS, _DOWN = 4, 3
_SMALL_SIDE = 64
_BASE_83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"
_PALETTE = 8


def reduced(image: Image.Image) -> Image.Image:
    """Return the RGB ``image`` with its longest side at most 64 px, which is enough for all fingerprints."""
    small = image.copy() if max(image.size) <= _SMALL_SIDE else image.reduce(-(-max(image.size) // _SMALL_SIDE))
    return small.convert("RGB")


def blurhash(small: Image.Image) -> str:
    """Return the BlurHash of 4 × 3 components, 28 characters.

    ``small`` is RGB; the work grows with its pixels.
    Source: the algorithm of Dag Ågren, https://github.com/woltapp/blurhash/blob/master/Algorithm.md
    """
    linear = _to_linear(np.asarray(small, dtype=np.float64) / 255)
    height, width = linear.shape[:2]
    factors = np.einsum("yxc,jy,ix->jic", linear, _waves(_DOWN, height), _waves(_ACROSS, width)) / (width * height)
    factors[1:] *= 2
    factors[0, 1:] *= 2
    flat = factors.reshape(-1, 3)
    average, details = flat[0], flat[1:]

    steps = int(np.clip(np.floor(np.abs(details).max() * 166 - 0.5), 0, 82))
    signed_root = np.sign(details) * np.sqrt(np.abs(details) / ((steps + 1) / 166))
    levels = np.clip(np.floor(signed_root * 9 + 9.5), 0, 18).astype(int)
    return (
        _base_83((_ACROSS - 1) + (_DOWN - 1) * 9, 1)
        + _base_83(steps, 1)
        + _base_83(_packed(np.floor(_to_srgb(average) * 255 + 0.5).astype(int), 256), 4)
        + "".join(_base_83(_packed(level, 19), 2) for level in levels)
    )


def dominant_color(small: Image.Image) -> str:
    """Return the colour of the largest part of ``small``, by median cut to 8 colours, as ``#rrggbb``."""
    reduced_colours = small.quantize(_PALETTE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    histogram = reduced_colours.histogram()[:_PALETTE]
    at = 3 * histogram.index(max(histogram))
    palette = reduced_colours.getpalette()
    assert palette is not None
    return "#{:02x}{:02x}{:02x}".format(*palette[at : at + 3])


def dhash(image: Image.Image) -> int:
    """Return the 64-bit difference hash as a signed integer, as PostgreSQL's bigint holds it.

    Two pictures look alike where few bits of their hashes differ.
    Source: https://www.hackerfactor.com/blog/index.php?/archives/529-Kind-of-Like-That.html
    """
    grey = np.asarray(image.convert("L").resize((9, 8), Image.Resampling.BOX), dtype=np.int16)
    bits = grey[:, 1:] > grey[:, :-1]
    return int.from_bytes(np.packbits(bits).tobytes(), "big", signed=True)


@lru_cache(maxsize=64)
def _waves(count: int, length: int) -> NDArray[np.float64]:
    """Return cosines, (count, length): wave ``k`` goes through ``k`` half turns over the length."""
    return np.cos(np.pi * np.outer(np.arange(count), np.arange(length)) / length)


def _to_linear(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


def _to_srgb(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    clipped = np.clip(linear, 0, 1)
    return np.where(clipped <= 0.0031308, clipped * 12.92, 1.055 * clipped ** (1 / 2.4) - 0.055)


def _packed(digits: NDArray[np.int_], base: int) -> int:
    red, green, blue = (int(digit) for digit in digits)
    return (red * base + green) * base + blue


def _base_83(value: int, length: int) -> str:
    return "".join(_BASE_83[value // 83**place % 83] for place in reversed(range(length)))
