"""Mentions: who is named by their handle in what somebody writes, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db.tables import User
from db.words import Visibility
from domain import sight

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import Artwork

MAXIMUM_MENTIONS: Final = 10
"""How many of a text are told; what comes behind them is plain text."""
_CANDIDATES: Final = 50
"""How many different handles are looked up at most."""
_HANDLE: Final = re.compile(r"(?<![A-Za-z0-9_.+\-@＠/])[@＠]([A-Za-z][A-Za-z0-9_]{2,29})(?![A-Za-z0-9_])")
"""No address of mail or the web (``example.com/@ann``); what is written behind a handle in another script, such as
a Korean particle, is not of it."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a handle stands, in UTF-16 code units, as JavaScript, Java and Swift's ``NSString`` count."""

    handle: str
    offset: int
    length: int
    """The sign included."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where a user is named."""

    user_id: UUID
    offset: int
    length: int


def places(text: str) -> Iterator[Place]:
    """Yield where handles stand in a text, in order, whether or not anybody has them."""
    for found in _HANDLE.finditer(text):
        yield Place(found[1].lower(), _units(text[: found.start()]), _units(found[0]))


async def find(tx: AsyncSession, text: str, author_id: UUID, artwork: Artwork) -> list[Mention]:
    """Return who is named in what an author writes under an artwork, at most ``MAXIMUM_MENTIONS``.

    Nobody is who may not see the artwork because it is private or hidden, or because they and one of the two authors
    are out of each other's sight.
    """
    found = list(places(text))
    handles = list(dict.fromkeys(place.handle for place in found))[:_CANDIDATES]
    if not handles:
        return []
    named = select(col(User.handle), col(User.id)).where(
        col(User.handle).in_(handles),
        sight.in_sight(col(User.id), author_id),
        sight.in_sight(col(User.id), artwork.author_id),
    )
    if artwork.visibility is Visibility.PRIVATE or artwork.hidden_at is not None:
        named = named.where(col(User.id) == artwork.author_id)
    keys = dict((await tx.execute(named)).all())
    told = [Mention(keys[place.handle], place.offset, place.length) for place in found if place.handle in keys]
    return told[:MAXIMUM_MENTIONS]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
