"""What a feed tells, whatever the format."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

IMAGE_TYPE: Final = "image/webp"


@dataclass(frozen=True, slots=True)
class Entry:
    """An artwork in a feed."""

    id: str
    """The same for ever, wherever the artwork is found."""
    url: str
    title: str
    html: str
    image: str
    size: tuple[int, int]
    """Width and height of the picture in pixels."""
    published: datetime
    author: str
    author_url: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: its newest entries, the newest first."""

    title: str
    description: str
    home: str
    """The page for people."""
    url: str
    """Where the feed itself is."""
    updated: datetime
    entries: tuple[Entry, ...]
