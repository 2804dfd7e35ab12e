"""Stored images as their owners and readers see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, exists, or_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, MediaAsset, User
from db.words import AssetStatus, Visibility

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession


def visible_to(asset: Any, viewer_id: Any) -> ColumnElement[bool]:  # noqa: ANN401 - rows and values of any statement
    """Return the clause that says which assets somebody may see: their own, shown ones, and avatars."""
    shown = (
        select(col(ArtworkImage.artwork_id))
        .join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
        .where(col(ArtworkImage.asset_id) == asset.id, col(Artwork.visibility) != Visibility.PRIVATE)
        .exists()
    )
    avatar = exists().where(col(User.id) == asset.owner_id, col(User.avatar_asset_id) == asset.id)
    return and_(asset.status == AssetStatus.READY, or_(asset.owner_id == viewer_id, shown, avatar))


def is_of(asset: Any, owner: Any) -> ColumnElement[bool]:  # noqa: ANN401 - as above
    """Return the clause that says which finished assets a user has."""
    return and_(asset.owner_id == owner.id, asset.status == AssetStatus.READY)


async def own(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns, by id, whatever their state."""
    query = select(MediaAsset).where(col(MediaAsset.id).in_(list(ids)), col(MediaAsset.owner_id) == owner_id)
    return {asset.id: asset for asset in (await tx.execute(query)).scalars()}
