"""What every store holds to: which keys there are, and how long a link to one of them lives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote
from zlib import crc32

if TYPE_CHECKING:
    from datetime import timedelta

CONTENT_TYPES = {
    "avif": "image/avif",
    "gif": "image/gif",
    "jpg": "image/jpeg",
    "json": "application/json",
    "png": "image/png",
    "webp": "image/webp",
    "zip": "application/zip",
}
"""Extensions that a key may end in. None of these types runs script when a browser opens it."""

_KEY = re.compile(
    rf"(?:[a-z0-9_-]+/)*[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.(?P<extension>{'|'.join(CONTENT_TYPES)})", re.ASCII
)
_LONGEST_KEY = 240  # below the 255 that file systems allow to one name


def content_type_of(key: str) -> str:
    """Return the content type that the extension of ``key`` stands for.

    Raises:
        ValueError: ``key`` is not a key: folders of [a-z0-9_-], then a name with a known extension, 240 characters.
    """
    match = _KEY.fullmatch(key) if len(key) <= _LONGEST_KEY else None
    if match is None:
        raise ValueError(f"Not an object key: {key[:80]!r}")
    return CONTENT_TYPES[match["extension"]]


def check_content_type(key: str, content_type: str) -> None:
    """Refuse an object whose type is not the one that its key promises.

    Raises:
        ValueError: ``key`` is no key, or its extension stands for another type.
    """
    if content_type_of(key) != content_type:
        raise ValueError(f"{key!r} cannot hold {content_type!r}")


def link_window(key: str, now: float, expires_in: timedelta) -> tuple[int, int, int]:
    """Return when the link to ``key`` handed out at ``now`` begins, how long it lives, and when the next one begins.

    Unix time, and seconds.

    Links begin on a grid of half of ``expires_in``, so every process gives out the same link for that long, and each
    works for at least ``expires_in`` after it was given out. The grid is shifted by key: the links of a page do not
    all change in the same second.

    Raises:
        ValueError: ``expires_in`` is shorter than two seconds.
    """
    wanted = int(expires_in.total_seconds())
    grid = (wanted + 1) // 2
    if wanted < 2:
        raise ValueError("A link lives for two seconds at least")
    begin = int(now) - (int(now) - crc32(key.encode())) % grid
    return begin, wanted + grid, begin + grid


def content_disposition(download_name: str) -> str:
    """Return the header value that saves a response as ``download_name`` (RFC 6266, RFC 8187).

    Slashes, backslashes and control characters become ``_``; old clients get the name's ASCII part.
    """
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", download_name)
    plain = re.sub(r'[^\x20-\x7e]|["%]', "_", name)
    header = f'attachment; filename="{plain}"'
    if plain == name:
        return header
    return f"{header}; filename*=UTF-8''{quote(name, safe='!#$&+-.^_`|~', errors='replace')}"
