"""The small mark in a corner that says where a picture comes from."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

_WORD = "SANDBOX"


@lru_cache(maxsize=8)
def _stamp(height: int) -> Image.Image:
    """Return the word as a mask ``height`` pixels high, margins included."""
    font = ImageFont.load_default(height * 0.62)
    left, top, right, bottom = font.getbbox(_WORD)
    width = round(right - left + height * 0.8)
    mask = Image.new("L", (width, height))
    place = ((width - right + left) / 2 - left, (height - bottom + top) / 2 - top)
    ImageDraw.Draw(mask).text(place, _WORD, 255, font)
    return mask


def marked(image: Image.Image) -> Image.Image:
    """Return the picture with "SANDBOX" on a dark tab in its lower right corner.

    The tab is 1/36 of the shorter side high, and never less than 13 pixels, so that it can be read at any size.
    """
    height = max(13, round(min(image.size) / 36))
    stamp = _stamp(height)
    gap = height // 2 if min(image.size) > 256 else 0
    left, top = image.width - stamp.width - gap, image.height - height - gap
    tab = Image.new("L", stamp.size, 130)
    marked_image = image.copy()
    marked_image.paste((14, 16, 28), (left, top), tab)
    marked_image.paste((255, 255, 255), (left, top), stamp)
    return marked_image
