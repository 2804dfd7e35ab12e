"""Versions: pictures made out of others, told of like their parents and right behind them in their galleries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.words import AssetStatus
from domain import galleries, guard, media, trash
from domain.errors import NotFound
from domain.words import MediaChange

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import MediaAsset
    from domain.bounds import Path
    from domain.pictures import Rendition


async def add(tx: AsyncSession, asset: MediaAsset, parent_id: UUID, rendition: Rendition, path: Path) -> None:
    """Make a locked picture READY whose objects are stored, as a version of another one of its owner's.

    It has its parent's engine, style, seed and alternative text, and is for nobody whom its parent is not for.

    Args:
        tx: the transaction.
        asset: the picture; it is in no gallery, so that locking it before its parent's gallery blocks nobody.
        parent_id: what it was made from.
        rendition: what is stored of it.
        path: where the parent stands in the input.

    Raises:
        NotFound: the parent is not READY any more.
    """
    parent, gallery = await trash.locked(tx, asset.owner_id, parent_id, path)
    if parent.status is not AssetStatus.READY:
        raise NotFound(path)
    media.fill(asset, rendition)
    asset.parent_id = parent.id
    asset.engine, asset.engine_revision = parent.engine, parent.engine_revision
    asset.style, asset.seed, asset.alt_text = parent.style, parent.seed, parent.alt_text
    asset.content_level = guard.highest((asset.content_level, parent.content_level))
    if gallery:
        await galleries.make_room(tx, gallery, parent.position + 1)
        asset.gallery_id, asset.position = gallery.id, parent.position + 1
        await tx.flush()
        await galleries.welcome(tx, gallery, asset, MediaChange.ADDED)
