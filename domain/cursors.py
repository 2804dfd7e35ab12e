"""Opaque, versioned cursors: the place in one list, or in one stream, as URL-safe text.

A checksum (CRC-32) ends each, so that one that was cut or changed is refused and does not lead elsewhere. It is no
secret: whoever makes a cursor gets no further than anybody who pages.
"""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import orjson

from domain.errors import BadCursor

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_VERSION: Final = 3
_INTEGERS: Final = range(-(2**63), 2**63)
"""What PostgreSQL takes."""
_URL_SAFE: Final = bytes.maketrans(b"+/", b"-_")
_CHECK: Final = 4
"""Bytes of the checksum."""


def encode(place: str, *parts: object) -> str:
    """Return the cursor of ``parts`` (texts, numbers, moments, UUIDs) in the list or stream named ``place``."""
    return _sealed(orjson.dumps((_VERSION, place, *parts)))


def decode(place: str, cursor: str, kinds: Sequence[type], *, is_beginning: bool = False) -> list[Any]:
    """Return the parts of a cursor that ``encode`` made for the same ``place``, each of its kind.

    With ``is_beginning``, for any place whose name begins so: that of a list, however it was asked for.

    Raises:
        BadCursor: it is no cursor, one of another place, or one of another version.
    """
    try:
        written = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)[:-_CHECK]
        version, found, *parts = orjson.loads(written)
    except (binascii.Error, TypeError, ValueError) as error:
        raise BadCursor("This is not a cursor.") from error
    if _sealed(written) != cursor:
        raise BadCursor("This is not a cursor.")
    is_same = str(found).startswith(place) if is_beginning else found == place
    if version != _VERSION or not is_same or len(parts) != len(kinds):
        raise refusal()
    try:
        return [_READ.get(kind, _text)(part) for kind, part in zip(kinds, parts, strict=True)]
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise BadCursor("This is not a cursor.") from error


def refusal() -> BadCursor:
    """Return what a cursor of another list is refused with."""
    return BadCursor("This cursor belongs to another list.")


def _sealed(written: bytes) -> str:
    checked = written + binascii.crc32(written).to_bytes(_CHECK, "big")
    return binascii.b2a_base64(checked, newline=False).translate(_URL_SAFE, b"=").decode()


def _text(part: object) -> str:
    if not isinstance(part, str):
        raise TypeError(part)
    return part


def _integer(part: object) -> int:
    if type(part) is not int or part not in _INTEGERS:
        raise TypeError(part)
    return part


def _number(part: object) -> float:
    if type(part) is not float or not isfinite(part):
        raise TypeError(part)
    return part


def _moment(part: object) -> datetime:
    moment = datetime.fromisoformat(_text(part))
    if moment.tzinfo is None:
        raise ValueError(part)
    return moment.astimezone(UTC)


_READ: Final[Mapping[type, Callable[[Any], Any]]] = {
    int: _integer,
    float: _number,
    datetime: _moment,
    UUID: UUID,
}
