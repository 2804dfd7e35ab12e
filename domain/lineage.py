"""Lineage: of which earlier artwork a new one is a remix, as its author says, or as its images tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, union
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, GenerationJob, GenerationReference, MediaAsset
from domain import artworks
from domain.errors import NotFound
from domain.licenses import check_remix

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words import ArtworkLicense

MAXIMUM_GENERATIONS: Final = 5
"""How far back the ancestors of an image are looked at."""


async def granted(
    tx: AsyncSession,
    author_id: UUID,
    artwork_id: UUID,
    license: ArtworkLicense,  # noqa: A002 - the input's own name
) -> ArtworkLicense | None:
    """Return under which licence an author may remix an artwork that they name; None where it is their own.

    It is kept from being removed until the transaction ends.

    Raises:
        NotFound: there is none that the author may see.
        InvalidInput: its licence allows no remix, or none under ``license``.
    """
    seen = select(Artwork).where(col(Artwork.id) == artwork_id, artworks.visible_to(Artwork, author_id))
    found = (await tx.execute(seen.with_for_update(read=True, key_share=True, of=Artwork))).scalar_one_or_none()
    if found is None:
        raise NotFound(("input", "remixOf"))
    if found.author_id == author_id:
        return None
    check_remix(found.license, license)
    return found.license


async def told_by(tx: AsyncSession, author_id: UUID, asset_ids: Collection[UUID]) -> UUID | None:
    """Return the author's artwork that images come from: by edit, by variation, or painted after it as a reference.

    Of several it is the one with the nearest ancestor, the earliest of these. What images are made from is always one's
    own (``domain.operations``), so it can be no other author's.
    """
    known, youngest = set(asset_ids), set(asset_ids)
    for _ in range(MAXIMUM_GENERATIONS):
        youngest = await _made_from(tx, youngest) - known
        if not youngest:
            return None
        known |= youngest
        showing = (
            select(col(Artwork.id))
            .join(ArtworkImage, col(ArtworkImage.artwork_id) == col(Artwork.id))
            .where(
                col(ArtworkImage.asset_id).in_(youngest),
                col(Artwork.author_id) == author_id,
                col(Artwork.deleted_at).is_(None),
            )
            .order_by(col(Artwork.id))
            .limit(1)
        )
        found = (await tx.execute(showing)).scalar_one_or_none()
        if found:
            return found
    return None


async def _made_from(tx: AsyncSession, asset_ids: Collection[UUID]) -> set[UUID]:
    chosen = col(MediaAsset.id).in_(asset_ids)
    edited = select(col(MediaAsset.parent_id)).where(chosen)
    painted = (
        select(col(GenerationJob.source_asset_id))
        .join(MediaAsset, col(MediaAsset.job_id) == col(GenerationJob.id))
        .where(chosen)
    )
    after = (
        select(col(GenerationReference.asset_id))
        .join(MediaAsset, col(MediaAsset.job_id) == col(GenerationReference.job_id))
        .where(chosen)
    )
    return {found for found in (await tx.execute(union(edited, painted, after))).scalars() if found}
