"""Files of pictures taken apart without decoding a pixel: what they are, how large, and whether that is all of them.

A file that goes on behind its picture may be something else for another reader; one that ends before is broken.
Sources: https://www.w3.org/TR/png-3/, ITU-T T.81 (JPEG) annex B, https://www.rfc-editor.org/rfc/rfc9649 (WebP).
"""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Final

from domain.words import UploadProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAXIMUM_PIXELS: Final = 2**24
MAXIMUM_SIDE: Final = 16_383
"""Pixels: the longest side that a WebP can have."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8"
_MARKER: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""What ends the coded pixels of a scan."""
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})
_ANIMATED: Final = 2


class Unacceptable(Exception):
    """A file that is not kept."""

    def __init__(self, problem: UploadProblem) -> None:
        """Refuse a file because of ``problem``."""
        super().__init__(problem)
        self.problem = problem


def media_type_of(data: bytes) -> str | None:
    """Return the media type that a file's first bytes tell, None where they tell none of ours."""
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(_JPEG):
        return "image/jpeg"
    return "image/webp" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def check(data: bytes, media_type: str) -> None:
    """Refuse a file that is not exactly one still picture of this type, or one of too many pixels.

    Raises:
        Unacceptable: it is not.
    """
    found = media_type_of(data)
    if found is None:
        raise Unacceptable(UploadProblem.NOT_A_PICTURE)
    if found != media_type:
        raise Unacceptable(UploadProblem.WRONG_TYPE)
    try:
        _CHECKS[found](data)
    except (IndexError, struct.error):
        raise Unacceptable(UploadProblem.BROKEN) from None


def check_size(width: int, height: int) -> None:
    """Refuse a picture of no, or too many, pixels.

    Raises:
        Unacceptable: it is one.
    """
    if not width or not height:
        raise Unacceptable(UploadProblem.BROKEN)
    if width * height > MAXIMUM_PIXELS or max(width, height) > MAXIMUM_SIDE:
        raise Unacceptable(UploadProblem.TOO_MANY_PIXELS)


def _check_png(data: bytes) -> None:
    length, kind, width, height = struct.unpack_from(">I4sII", data, len(_PNG))
    if (length, kind) != (13, b"IHDR"):
        raise Unacceptable(UploadProblem.BROKEN)
    check_size(width, height)
    at = len(_PNG)
    while kind != b"IEND":
        length, kind = struct.unpack_from(">I4s", data, at)
        at += 12 + length
        if kind == b"acTL":
            raise Unacceptable(UploadProblem.SEVERAL_FRAMES)
    _check_end(data, at)


def _check_jpeg(data: bytes) -> None:
    """Look at the picture and at those that follow it: previews, or brightness for other screens."""
    at = _end_of_jpeg(data, 0)
    while (rest := data[at:].lstrip(b"\0")).startswith(_JPEG):
        at = _end_of_jpeg(data, len(data) - len(rest))
    _check_end(data, at + len(data[at:]) if not rest else at)


def _end_of_jpeg(data: bytes, at: int) -> int:
    at += len(_JPEG)
    while True:
        if data[at] != 0xFF:
            raise Unacceptable(UploadProblem.BROKEN)
        while data[at] == 0xFF:
            at += 1
        marker, at = data[at], at + 1
        if marker == 0xD9:
            return at
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", data, at)
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            check_size(width, height)
        at += length
        if marker == 0xDA:
            found = _MARKER.search(data, at)
            if found is None:
                raise Unacceptable(UploadProblem.BROKEN)
            at = found.start()


def _check_webp(data: bytes) -> None:
    (length,) = struct.unpack_from("<I", data, 4)
    end, at = 8 + length, 12
    while at < min(end, len(data)):
        kind, length = struct.unpack_from("<4sI", data, at)
        at += 8
        if kind == b"VP8X":
            if data[at] & _ANIMATED:
                raise Unacceptable(UploadProblem.SEVERAL_FRAMES)
            check_size(*(1 + int.from_bytes(data[each : each + 3], "little") for each in (at + 4, at + 7)))
        elif kind == b"VP8 ":
            check_size(*(each & 0x3FFF for each in struct.unpack_from("<HH", data, at + 6)))
        elif kind == b"VP8L":
            (bits,) = struct.unpack_from("<I", data, at + 1)
            check_size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
        elif kind in {b"ANIM", b"ANMF"}:
            raise Unacceptable(UploadProblem.SEVERAL_FRAMES)
        at += length + length % 2
    _check_end(data, max(at, end))


def _check_end(data: bytes, end: int) -> None:
    if end > len(data):
        raise Unacceptable(UploadProblem.BROKEN)
    if end < len(data):
        raise Unacceptable(UploadProblem.HIDDEN_DATA)


_CHECKS: Final[Mapping[str, Callable[[bytes], None]]] = {
    "image/png": _check_png,
    "image/jpeg": _check_jpeg,
    "image/webp": _check_webp,
}
