"""Opaque, versioned cursors: the place in one list, or in one stream, as URL-safe text."""

from __future__ import annotations

import base64
import binascii
from typing import Final

from domain.errors import BadCursor

_VERSION: Final = "1"


def encode(place: str, *parts: str) -> str:
    """Return the cursor of ``parts`` in the list or stream named ``place``; no part holds a newline."""
    return base64.urlsafe_b64encode("\n".join((_VERSION, place, *parts)).encode()).decode().rstrip("=")


def decode(place: str, cursor: str, count: int) -> list[str]:
    """Return the ``count`` parts of a cursor that ``encode`` made for the same ``place``.

    Raises:
        BadCursor: it is no cursor, one of another place, or one of another version.
    """
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise BadCursor("This is not a cursor.") from error
    version, _, rest = text.partition("\n")
    parts = rest.split("\n")
    if version != _VERSION or parts[0] != place or len(parts) != count + 1:
        raise BadCursor("This cursor belongs to another list.")
    return parts[1:]
