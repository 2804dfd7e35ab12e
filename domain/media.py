"""Stored images: which moves their life knows, and what their owners and readers see of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, exists, or_, select
from sqlmodel import col

from db.tables import Artwork, ArtworkImage, Gallery, GenerationJob, MediaAsset
from db.tables.columns import now
from db.words import AssetStatus, Visibility
from domain import guard, levels, sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value
    from domain.pictures import Rendition
    from domain.sight import Sight


MOVES: Final[Mapping[AssetStatus, frozenset[AssetStatus]]] = {
    AssetStatus.UPLOADING: frozenset({AssetStatus.SCANNING, AssetStatus.FAILED}),
    AssetStatus.PENDING: frozenset({AssetStatus.SCANNING, AssetStatus.FAILED}),
    AssetStatus.SCANNING: frozenset({AssetStatus.READY, AssetStatus.REJECTED, AssetStatus.FAILED}),
    AssetStatus.READY: frozenset({AssetStatus.HIDDEN, AssetStatus.TRASHED}),
    AssetStatus.HIDDEN: frozenset({AssetStatus.READY}),
    AssetStatus.TRASHED: frozenset({AssetStatus.READY, AssetStatus.PURGED}),
}
"""What an image in each state may become (docs/states.md)."""


class IllegalMove(RuntimeError):
    """An image was to change in a way that its state machine does not know."""


def move(asset: MediaAsset, to: AssetStatus) -> None:
    """Change the state of a locked image.

    What is HIDDEN by moderation can not be deleted: restored, it would be seen again.

    Raises:
        IllegalMove: no such move is known; what is final never changes.
    """
    if to not in MOVES.get(asset.status, ()):
        raise IllegalMove(f"{asset.id}: {asset.status} -> {to}")
    asset.status = to


def scan(asset: MediaAsset) -> None:
    """Say of a locked image that it is being looked at, unless that was said before.

    Raises:
        IllegalMove: it is not new.
    """
    if asset.status is not AssetStatus.SCANNING:
        move(asset, AssetStatus.SCANNING)


def fill(asset: MediaAsset, rendition: Rendition) -> None:
    """Make a locked image READY whose objects are stored; its content level is the highest that was found for it.

    Raises:
        IllegalMove: it is not new.
    """
    scan(asset)
    move(asset, AssetStatus.READY)
    asset.width, asset.height = rendition.width, rendition.height
    asset.byte_size = len(rendition.original)
    asset.sha256, asset.dhash = rendition.sha256, rendition.dhash
    asset.blurhash, asset.dominant_color = rendition.blurhash, rendition.dominant_color
    asset.content_level = guard.highest((asset.content_level, rendition.content_level))
    asset.ready_at = now()


def visible_to(asset: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which assets somebody may see.

    Those are their own, and what suits them of what is published or hangs in an open gallery; nothing of people that
    one of both has blocked.
    """
    shown = (
        select(col(ArtworkImage.artwork_id))
        .join(Artwork, col(Artwork.id) == col(ArtworkImage.artwork_id))
        .where(
            col(ArtworkImage.asset_id) == asset.id,
            col(Artwork.visibility) != Visibility.PRIVATE,
            col(Artwork.hidden_at).is_(None),
        )
        .exists()
    )
    hung = exists().where(
        col(Gallery.id) == asset.gallery_id,
        col(Gallery.visibility) != Visibility.PRIVATE,
        col(Gallery.hidden_at).is_(None),
    )
    return and_(
        asset.status == AssetStatus.READY,
        or_(
            asset.owner_id == viewer_id,
            and_(levels.suits(asset, viewer_id), seen(asset.owner_id, viewer_id), or_(shown, hung)),
        ),
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


def is_trash_of(asset: Row, owner: Row) -> ColumnElement[bool]:
    """Return the clause that says which assets a user has deleted and can still restore."""
    return and_(asset.owner_id == owner.id, asset.status == AssetStatus.TRASHED)


def hangs_in(asset: Row, owner: Row) -> ColumnElement[bool]:
    """Return the clause that says which finished assets are in an owner's gallery."""
    return and_(asset.gallery_id == owner.id, asset.status == AssetStatus.READY)


def stands_for(asset: Row, owner: Row) -> ColumnElement[bool]:
    """Return the clause that says which asset stands for an owner."""
    return and_(asset.gallery_id == owner.id, asset.is_primary)


async def own(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns, by id, whatever their state."""
    query = select(MediaAsset).where(col(MediaAsset.id).in_(list(ids)), col(MediaAsset.owner_id) == owner_id)
    return {asset.id: asset for asset in (await tx.execute(query)).scalars()}


async def own_ready(tx: AsyncSession, owner_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, MediaAsset]:
    """Return those of the assets that the user owns and can use, by id."""
    owned = await own(tx, owner_id, ids)
    return {key: asset for key, asset in owned.items() if asset.status is AssetStatus.READY}
