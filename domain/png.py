"""PNG files that anybody may have made, read within bounds."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from PIL import Image

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_HEADER: Final = struct.Struct(">8sI4sII")
"""Signature, length and name of the first chunk, width and height."""
_HEADER_LENGTH: Final = 13
_CHUNK: Final = struct.Struct(">I4s")
_CRC_LENGTH: Final = 4
_WITH_ALPHA: Final = frozenset({"LA", "PA", "RGBA"})


class UnreadablePicture(Exception):
    """Not a PNG, broken, or of more pixels than are read."""


def size_of(data: bytes) -> tuple[int, int]:
    """Return width and height in pixels as the header tells them (https://www.w3.org/TR/png-3/#11IHDR).

    Raises:
        UnreadablePicture: it is no PNG, or has no pixels.
    """
    if len(data) < _HEADER.size:
        raise UnreadablePicture("too short for a PNG")
    signature, length, name, width, height = _HEADER.unpack_from(data)
    if (signature, length, name) != (_SIGNATURE, _HEADER_LENGTH, b"IHDR") or not width or not height:
        raise UnreadablePicture("no PNG")
    return width, height


def head_of(data: bytes) -> bytes:
    """Return what stands before the pixels of a PNG, which is all of its texts; of anything else some of it."""
    at = len(_SIGNATURE)
    while at + _CHUNK.size <= len(data):
        length, name = _CHUNK.unpack_from(data, at)
        if name == b"IDAT":
            break
        at += _CHUNK.size + length + _CRC_LENGTH
    return data[:at]


def decoded(data: bytes, maximum_pixels: int) -> Image.Image:
    """Return the picture of a PNG of at most ``maximum_pixels``; before that is known, nothing of it is unpacked.

    Raises:
        UnreadablePicture: it is no PNG, broken, cut off, or too large.
    """
    from PIL import Image  # noqa: PLC0415 - an API that is sent no mask carries no picture library

    width, height = size_of(data)
    if width * height > maximum_pixels:
        raise UnreadablePicture(f"{width} × {height} pixels")
    try:
        image = Image.open(BytesIO(data), formats=("PNG",))
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error) as error:
        raise UnreadablePicture(str(error)) from error
    return image


def plain(data: bytes, maximum_pixels: int) -> Image.Image:
    """Return the picture of a PNG as RGB, or RGBA where something may be transparent.

    Raises:
        UnreadablePicture: as ``decoded``.
    """
    image = decoded(data, maximum_pixels)
    return image.convert("RGBA" if image.mode in _WITH_ALPHA or "transparency" in image.info else "RGB")
