"""Stored images as their owners and readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, MediaAsset, User
from db.words import AssetStatus, Visibility
from domain import counts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession


def visible_to(viewer_id: UUID | None) -> ColumnElement[bool]:
    """Return the clause that says which assets somebody may see: their own, shown ones, and avatars."""
    shown = (
        select(col(ArtworkImage.artwork_id))
        .join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
        .where(col(ArtworkImage.asset_id) == col(MediaAsset.id), col(Artwork.visibility) != Visibility.PRIVATE)
        .exists()
    )
    avatar = (
        select(col(User.id))
        .where(col(User.id) == col(MediaAsset.owner_id), col(User.avatar_asset_id) == col(MediaAsset.id))
        .exists()
    )
    seen = or_(shown, avatar) if viewer_id is None else or_(col(MediaAsset.owner_id) == viewer_id, shown, avatar)
    return and_(col(MediaAsset.status) == AssetStatus.READY, seen)


async def find(tx: AsyncSession, viewer_id: UUID | None, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the viewer may see, by id."""
    query = select(MediaAsset).where(col(MediaAsset.id).in_(list(ids)), visible_to(viewer_id))
    return {asset.id: asset for asset in (await tx.execute(query)).scalars()}


async def own(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns, by id, whatever their state."""
    query = select(MediaAsset).where(col(MediaAsset.id).in_(list(ids)), col(MediaAsset.owner_id) == owner_id)
    return {asset.id: asset for asset in (await tx.execute(query)).scalars()}


async def count_of(tx: AsyncSession, owner_id: UUID) -> int:
    """Return how many finished assets the user has, as far as ``domain.counts`` counts."""
    return await counts.count(tx, select(col(MediaAsset.id)).where(_finished(owner_id)))


async def list_of(tx: AsyncSession, owner_id: UUID, before: UUID | None, limit: int) -> Sequence[MediaAsset]:
    """Return the user's finished assets, newest first, older than ``before``."""
    query = select(MediaAsset).where(_finished(owner_id))
    if before:
        query = query.where(col(MediaAsset.id) < before)
    return (await tx.execute(query.order_by(col(MediaAsset.id).desc()).limit(limit))).scalars().all()


def _finished(owner_id: UUID) -> ColumnElement[bool]:
    return and_(col(MediaAsset.owner_id) == owner_id, col(MediaAsset.status) == AssetStatus.READY)
