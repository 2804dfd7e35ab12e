"""Stored images as their owners and readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, exists, or_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, GenerationJob, MediaAsset, User
from db.words import AssetStatus, Visibility
from domain import levels

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value


def visible_to(asset: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which assets somebody may see: their own, shown ones that suit them, and avatars."""
    shown = (
        select(col(ArtworkImage.artwork_id))
        .join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
        .where(col(ArtworkImage.asset_id) == asset.id, col(Artwork.visibility) != Visibility.PRIVATE)
        .exists()
    )
    avatar = exists().where(col(User.id) == asset.owner_id, col(User.avatar_asset_id) == asset.id)
    return and_(
        asset.status == AssetStatus.READY,
        or_(asset.owner_id == viewer_id, and_(levels.suits(asset, viewer_id), or_(shown, avatar))),
    )


def settings() -> Subquery:
    """Return what painted assets were made with, as (id, owner_id, …): some settings are the job's, some their own."""
    job = GenerationJob
    return (
        select(
            *(col(MediaAsset.id), col(MediaAsset.owner_id), col(MediaAsset.engine_revision), col(MediaAsset.method)),
            *(col(MediaAsset.seed), col(MediaAsset.engine), col(MediaAsset.style)),
            *(col(job.operation), col(job.prompt), col(job.negative_prompt), col(job.steps), col(job.guidance)),
            *(col(job.width), col(job.height), col(job.strength)),
        )
        .join(job, col(job.id) == col(MediaAsset.job_id))
        .subquery()
    )


def is_of(asset: Row, owner: Row) -> ColumnElement[bool]:
    """Return the clause that says which finished assets a user has."""
    return and_(asset.owner_id == owner.id, asset.status == AssetStatus.READY)


async def own(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns, by id, whatever their state."""
    query = select(MediaAsset).where(col(MediaAsset.id).in_(list(ids)), col(MediaAsset.owner_id) == owner_id)
    return {asset.id: asset for asset in (await tx.execute(query)).scalars()}


async def own_ready(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns and can use, by id."""
    owned = await own(tx, owner_id, ids)
    return {key: asset for key, asset in owned.items() if asset.status is AssetStatus.READY}
