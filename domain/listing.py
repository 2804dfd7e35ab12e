"""Where an artwork is listed, and what follows from a change of that: counts, scores, and what watchers are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from sqlmodel import col

from db import outbox
from db.tables import ArtworkTag, Tag
from db.tables.columns import now
from db.words import ContentLevel, Visibility
from domain import counters, popularity, streams
from domain.words import ArtworkChange, FeedKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import Artwork

EDGE_ADDED: Final = "edge_added"
EDGE_REMOVED: Final = "edge_removed"
"""What happens in the stream of feeds."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an artwork is listed."""

    is_public: bool
    """Whether it is counted, and feeds show it to whom it suits."""
    level: ContentLevel
    style: str
    tags: Mapping[UUID, str]
    """The tags that list it, by key."""


NOWHERE: Final = Place(is_public=False, level=ContentLevel.GENERAL, style="", tags={})


async def place_of(tx: AsyncSession, artwork: Artwork) -> Place:
    """Return where a locked artwork is listed as it is now."""
    if artwork.visibility is not Visibility.PUBLIC or artwork.hidden_at is not None:
        return NOWHERE
    tags = (
        select(col(Tag.id), col(Tag.name))
        .join(ArtworkTag, col(ArtworkTag.tag_id) == col(Tag.id))
        .where(col(ArtworkTag.artwork_id) == artwork.id)
        .order_by(col(ArtworkTag.position))
    )
    found = (await tx.execute(tags)).all()
    return Place(is_public=True, level=artwork.content_level, style=artwork.style, tags=dict(found))


async def follow(tx: AsyncSession, artwork: Artwork, *, was: Place) -> None:
    """Let counts and feeds follow a change of a locked artwork that was listed elsewhere before."""
    await tx.flush()
    place = await place_of(tx, artwork)
    gone, new = was.tags.keys() - place.tags.keys(), place.tags.keys() - was.tags.keys()
    await counters.change(tx, counters.TAG_ARTWORKS, dict.fromkeys(new, 1) | dict.fromkeys(gone, -1))
    if place.is_public:
        await list_under_tags(tx, artwork)
    if place.is_public is not was.is_public:
        await counters.change(tx, counters.USER_ARTWORKS, {artwork.author_id: 1 if place.is_public else -1})
        await (popularity.begin if place.is_public else popularity.forget)(tx, artwork.id)
    if was.is_public and not place.is_public:
        await _list_under_no_tag(tx, artwork)
    if (place.is_public, place.level) != (was.is_public, was.level):
        for kind, there in ((EDGE_REMOVED, was), (EDGE_ADDED, place)):
            if there.is_public:
                _tell(tx, kind, artwork, there)


async def hide(tx: AsyncSession, artwork: Artwork) -> None:
    """Take a locked artwork out of sight of all but its author and moderators. Done again, it changes nothing."""
    if artwork.hidden_at is None:
        was = await place_of(tx, artwork)
        artwork.hidden_at = now()
        await follow(tx, artwork, was=was)
        tell_watchers(tx, artwork)


async def show(tx: AsyncSession, artwork: Artwork) -> None:
    """Let a locked artwork that was hidden be seen again, as its author wants. Done again, it changes nothing."""
    if artwork.hidden_at is not None:
        artwork.hidden_at = None
        await follow(tx, artwork, was=NOWHERE)
        tell_watchers(tx, artwork)


async def relabel(tx: AsyncSession, artwork: Artwork, level: ContentLevel) -> None:
    """Give a locked artwork another content level."""
    was = await place_of(tx, artwork)
    artwork.content_level = level
    await follow(tx, artwork, was=was)
    tell_watchers(tx, artwork)


def tell_watchers(tx: AsyncSession, artwork: Artwork) -> None:
    """Tell who watches the artwork itself that it is another now, or in sight no more."""
    outbox.publish(tx, streams.of_artwork(artwork.id), ArtworkChange.CHANGED, {})


async def list_under_tags(tx: AsyncSession, artwork: Artwork) -> None:
    """List a PUBLIC artwork under the tags that it has now, at its place by time."""
    mine = col(ArtworkTag.artwork_id) == artwork.id
    unlisted = col(ArtworkTag.listed_at).is_distinct_from(artwork.created_at)
    await tx.execute(update(ArtworkTag).where(mine, unlisted).values(listed_at=artwork.created_at))


async def _list_under_no_tag(tx: AsyncSession, artwork: Artwork) -> None:
    await tx.execute(update(ArtworkTag).where(col(ArtworkTag.artwork_id) == artwork.id).values(listed_at=None))


def _tell(tx: AsyncSession, kind: str, artwork: Artwork, place: Place) -> None:
    """Tell who watches feeds, with what decides about whose feeds it is in."""
    told = {
        "artwork": str(artwork.id),
        "author": str(artwork.author_id),
        "level": place.level.value,
        "style": place.style,
        "tags": [*place.tags.values()],
    }
    outbox.publish(tx, streams.of_feed(FeedKind.LATEST), kind, told)
