"""Masks as they arrive: a PNG or rectangles, checked and kept as one bit for each pixel."""

from __future__ import annotations

import base64
import binascii
import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from domain.bounds import INPUT
from domain.errors import InvalidInput
from domain.png import UnreadablePicture, decoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL import Image

MAXIMUM_PNG_BYTES: Final = 128 * 1024
"""What is sent: in base64 it still fits, with all else, into a request of 256 KB."""
MAXIMUM_PIXELS: Final = 2048 * 2048
MAXIMUM_AREAS: Final = 20
_AREA_SIDE: Final = 2048
"""Pixels of the square that rectangles are drawn on: finer than most pictures that they are laid upon."""
_DATA_URL: Final = "data:image/png;base64,"
_PATH: Final = (*INPUT, "mask")
_ALPHA: Final = frozenset({"LA", "RGBA"})
_GREY_OR_COLOURED: Final = frozenset({"1", "L", "P", "RGB"})


@dataclass(frozen=True, slots=True)
class Mask:
    """Where to paint anew."""

    png: bytes
    """One bit for each pixel, white where to paint anew; it is laid upon the whole source, whatever its size."""
    aspect: float | None = None
    """Width by height, which must be the source's; None where it fits any picture."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in shares of the picture: 0 to 1 from its left and upper edge."""

    x: float
    y: float
    width: float
    height: float


def of_png(text: str) -> Mask:
    """Return the mask of a PNG in base64: white is painted anew or, where something is transparent, what is opaque.

    Takes about 70 ms of one core for the largest.

    Raises:
        InvalidInput: no base64, too large, no PNG that can be read, of 16 bits, or it covers nothing.
    """
    path = (*_PATH, "png")
    try:
        data = base64.b64decode(text.removeprefix(_DATA_URL), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("mask.not_base64", path) from None
    if len(data) > MAXIMUM_PNG_BYTES:
        raise InvalidInput("mask.too_large", path, maximum=MAXIMUM_PNG_BYTES // 1024)
    try:
        grey = _covering(decoded(data, MAXIMUM_PIXELS))
    except UnreadablePicture:
        raise InvalidInput("mask.unreadable", path, pixels=MAXIMUM_PIXELS) from None
    if grey is None:
        raise InvalidInput("mask.form", path)
    bits = grey.point(lambda level: 255 * (level >= 128), "1")
    if bits.getbbox() is None:
        raise InvalidInput("mask.empty", path)
    return Mask(_saved(bits), grey.width / grey.height)


def of_areas(areas: Sequence[Area]) -> Mask:
    """Return the mask that covers rectangles, as far as they lie on the picture.

    Raises:
        InvalidInput: too many of them, a share that is no share, or one that covers nothing.
    """
    from PIL import Image, ImageDraw  # noqa: PLC0415 - an API that is sent no mask carries no picture library

    path = (*_PATH, "areas")
    if not areas:
        raise InvalidInput("mask.empty", path)
    if len(areas) > MAXIMUM_AREAS:
        raise InvalidInput("mask.areas", path, maximum=MAXIMUM_AREAS)
    bits = Image.new("1", (_AREA_SIDE, _AREA_SIDE))
    for index, area in enumerate(areas):
        left, right = _pixels((*path, str(index), "x"), area.x, area.width)
        top, bottom = _pixels((*path, str(index), "y"), area.y, area.height)
        if left >= right or top >= bottom:
            raise InvalidInput("mask.empty", (*path, str(index)))
        ImageDraw.Draw(bits).rectangle((left, top, right - 1, bottom - 1), fill=1)
    return Mask(_saved(bits))


def _pixels(path: tuple[str, ...], start: float, length: float) -> tuple[int, int]:
    """Return the first pixel, and the first one beyond."""
    if not (0 <= start <= 1 and 0 <= length <= 1):
        raise InvalidInput("number.out_of_range", path, minimum=0, maximum=1)
    return math.floor(start * _AREA_SIDE + 0.5), math.floor(min(1.0, start + length) * _AREA_SIDE + 0.5)


def _covering(image: Image.Image) -> Image.Image | None:
    """Return what says where to paint, in mode L; None for what has more than 8 bits."""
    if image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    if image.mode in _ALPHA:
        alpha = image.getchannel("A")
        is_opaque = alpha.getextrema() == (255, 255)  # canvases save alpha that says nothing
        return image.convert("L") if is_opaque else alpha
    return image.convert("L") if image.mode in _GREY_OR_COLOURED else None


def _saved(bits: Image.Image) -> bytes:
    file = BytesIO()
    bits.save(file, "PNG")
    return file.getvalue()
