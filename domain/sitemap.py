"""What a sitemap lists, in parts of bounded size that are found by keyset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, MediaAsset
from db.words import ContentLevel, Visibility
from domain import artworks, levels, shown

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

PART: Final = 2_000
"""Artworks of a part as it is cut."""
MOST: Final = 10_000
"""Artworks of a part that more have joined since it was cut; https://www.sitemaps.org/protocol.html allows 50,000."""
FIRST: Final = UUID(int=0)


async def end_of_part(tx: AsyncSession, after: UUID) -> UUID | None:
    """Return the key of the last artwork of the part behind ``after``, None where that is not full."""
    keys = select(col(Artwork.id)).where(_is_listed(), col(Artwork.id) > after).order_by(col(Artwork.id))
    return (await tx.execute(keys.offset(PART - 1).limit(1))).scalar_one_or_none()


async def part(tx: AsyncSession, after: UUID, end: UUID | None) -> list[tuple[UUID, datetime]]:
    """Return keys and times of the artworks behind ``after`` up to ``end``, of those that have a picture to show."""
    pictured = (
        select(col(ArtworkImage.asset_id))
        .join(MediaAsset, col(MediaAsset.id) == col(ArtworkImage.asset_id))
        .where(artworks.is_image_of(Artwork, ArtworkImage, MediaAsset), levels.suits(MediaAsset, shown.NOBODY))
        .exists()
    )
    within = col(Artwork.id) > after if end is None else and_(col(Artwork.id) > after, col(Artwork.id) <= end)
    query = (
        select(col(Artwork.id), col(Artwork.created_at))
        .where(_is_listed(), artworks.listed_for(Artwork, shown.NOBODY), within, pictured)
        .order_by(col(Artwork.id))
        .limit(MOST)
    )
    return [(key, moment) for key, moment in await tx.execute(query)]


def _is_listed() -> ColumnElement[bool]:
    """Return the clause of the index that lists what everybody may find."""
    return and_(col(Artwork.visibility) == Visibility.PUBLIC, col(Artwork.content_level) == ContentLevel.GENERAL)
