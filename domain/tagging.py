"""The tags of artworks: those that their authors give them, and those that stand in title and description."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import ArtworkTag, Tag
from domain.hashtags import MAXIMUM_TAGS, tags_in

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import Artwork


async def attach(tx: AsyncSession, artwork: Artwork, given: Sequence[str]) -> None:
    """Let a locked artwork have the tags that its author gives it, then those of its texts while there is room."""
    names = dict.fromkeys(given, False) | {name: True for name in _told(artwork) if name not in given}
    wanted = list(names.items())[:MAXIMUM_TAGS]
    if wanted == await _present(tx, artwork.id):
        return
    ids = await _ids_of(tx, [name for name, _ in wanted])
    await tx.execute(delete(ArtworkTag).where(col(ArtworkTag.artwork_id) == artwork.id))
    rows = [
        {"artwork_id": artwork.id, "tag_id": ids[name], "position": position, "is_from_text": is_from_text}
        for position, (name, is_from_text) in enumerate(wanted)
    ]
    if rows:
        await tx.execute(insert(ArtworkTag).values(rows))


async def given(tx: AsyncSession, artwork_id: UUID) -> list[str]:
    """Return the tags that an artwork's author gave it, in their order."""
    return [name for name, is_from_text in await _present(tx, artwork_id) if not is_from_text]


def _told(artwork: Artwork) -> list[str]:
    return tags_in(artwork.title, artwork.description)


async def _present(tx: AsyncSession, artwork_id: UUID) -> list[tuple[str, bool]]:
    query = (
        select(col(Tag.name), col(ArtworkTag.is_from_text))
        .join(ArtworkTag, col(ArtworkTag.tag_id) == col(Tag.id))
        .where(col(ArtworkTag.artwork_id) == artwork_id)
        .order_by(col(ArtworkTag.position))
    )
    return [(name, is_from_text) for name, is_from_text in await tx.execute(query)]


async def _ids_of(tx: AsyncSession, names: Collection[str]) -> dict[str, UUID]:
    """Return the keys of tags by their names; those that nobody has used so far are made, in an order of their own."""
    if not names:
        return {}
    rows = [Tag(name=name).model_dump() for name in sorted(names)]
    await tx.execute(insert(Tag).values(rows).on_conflict_do_nothing())
    found = await tx.execute(select(col(Tag.name), col(Tag.id)).where(col(Tag.name).in_(names)))
    return dict(found.all())
