"""Deleting pictures: into the trash, back out of it while that can be undone, and away for good."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from sqlmodel import col

from db.tables import MediaAsset
from db.tables.columns import now
from db.words import AssetStatus
from domain import galleries, media, moderation_changes
from domain.bounds import INPUT
from domain.errors import InvalidInput, NotFound
from domain.judged import require_passed
from domain.texts import clean
from domain.words import MediaChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import Gallery
    from domain.bounds import Path
    from domain.judged import Passed

UNDO: Final = timedelta(days=7)
"""How long a deleted picture can be restored."""
MAXIMUM_ALT_TEXT: Final = 500
_PATH: Final[Path] = ("input", "assetId")
_BATCH: Final = 100


async def delete(tx: AsyncSession, user_id: UUID, asset_id: UUID) -> datetime:
    """Put one of the user's pictures into the trash; return until when it can be restored.

    Nobody sees it from now on. Done again, it changes nothing.

    Raises:
        NotFound: the user has no such picture, or it was deleted long ago.
        InvalidInput: it is not READY.
    """
    asset, gallery = await locked(tx, user_id, asset_id)
    if asset.status is AssetStatus.TRASHED and asset.trashed_at:
        return asset.trashed_at + UNDO
    if asset.status is AssetStatus.PURGED:
        raise NotFound(_PATH)
    if asset.status is not AssetStatus.READY:
        raise InvalidInput("asset.not_ready", _PATH)
    asset.trashed_at = now()
    if gallery:
        await galleries.withdraw(tx, gallery, asset, AssetStatus.TRASHED)
    else:
        media.move(asset, AssetStatus.TRASHED)
    return asset.trashed_at + UNDO


async def restore(tx: AsyncSession, user_id: UUID, asset_id: UUID) -> None:
    """Take a picture out of the trash, to the place that it had, or behind all others where these were put in order.

    Done again, it changes nothing.

    Raises:
        NotFound: the user has no such picture.
        InvalidInput: it was not deleted, or too long ago, or moderation has hidden it since.
    """
    asset, gallery = await locked(tx, user_id, asset_id)
    if asset.status is AssetStatus.READY:
        return
    if asset.status is AssetStatus.PURGED or (asset.trashed_at and asset.trashed_at + UNDO <= now()):
        raise InvalidInput("asset.purged", _PATH, days=UNDO.days)
    if asset.status is not AssetStatus.TRASHED:
        raise InvalidInput("asset.not_trashed", _PATH)
    if await moderation_changes.is_hidden(tx, asset_id):
        raise InvalidInput("asset.hidden", _PATH)
    media.move(asset, AssetStatus.READY)
    asset.trashed_at = None
    await tx.flush()
    if gallery:
        await galleries.welcome(tx, gallery, asset, MediaChange.RESTORED)


async def set_alt_text(tx: AsyncSession, user_id: UUID, asset_id: UUID, text: str, passed: Passed = None) -> None:
    """Say what a picture shows to those who can not see it.

    Raises:
        NotFound: the user has no such picture that is READY.
        InvalidInput: the text is too long, or no text.
        Unjudged: it is not among those that the guard ``passed``. It goes where the picture goes.
    """
    said = clean(text, (*INPUT, "altText"), minimum=0, maximum=MAXIMUM_ALT_TEXT)
    asset, gallery = await locked(tx, user_id, asset_id)
    if asset.status is not AssetStatus.READY:
        raise NotFound(_PATH)
    if asset.alt_text == said:
        return
    require_passed(passed, {(*INPUT, "altText"): said})
    asset.alt_text = said
    if gallery:
        galleries.describe(tx, gallery, asset.id)


async def locked(
    tx: AsyncSession, user_id: UUID, asset_id: UUID, path: Path = _PATH
) -> tuple[MediaAsset, Gallery | None]:
    """Return one of the user's pictures and the gallery that it is in, locked in this order.

    Raises:
        NotFound: the user has no such picture; ``path`` names it.
    """
    mine = select(MediaAsset).where(col(MediaAsset.id) == asset_id, col(MediaAsset.owner_id) == user_id)
    while True:
        found = (await tx.execute(mine.execution_options(populate_existing=True))).scalar_one_or_none()
        if found is None:
            raise NotFound(path)
        gallery_id = found.gallery_id
        gallery = await galleries.locked(tx, gallery_id)
        locking = mine.with_for_update(key_share=True).execution_options(populate_existing=True)
        asset = (await tx.execute(locking)).scalar_one()
        if asset.gallery_id == gallery_id:
            return asset, gallery


async def purge_overdue(tx: AsyncSession) -> Sequence[UUID]:
    """Take for good what can not be restored any more; return all pictures whose objects are still to be removed.

    What a moderator has still to look at waits for that.
    """
    overdue = (
        select(MediaAsset)
        .where(
            col(MediaAsset.status) == AssetStatus.TRASHED,
            col(MediaAsset.trashed_at) < now() - UNDO,
            ~moderation_changes.is_awaited(col(MediaAsset.id)),
        )
        .limit(_BATCH)
        .with_for_update(skip_locked=True, key_share=True)
    )
    for asset in (await tx.execute(overdue)).scalars():
        media.move(asset, AssetStatus.PURGED)
    await tx.flush()
    purged = select(col(MediaAsset.id)).where(
        col(MediaAsset.status) == AssetStatus.PURGED, col(MediaAsset.trashed_at).is_not(None)
    )
    return (await tx.execute(purged.limit(_BATCH))).scalars().all()


async def forget_objects(tx: AsyncSession, asset_id: UUID) -> None:
    """Note that the objects of a PURGED picture are gone."""
    gone = (col(MediaAsset.id) == asset_id, col(MediaAsset.status) == AssetStatus.PURGED)
    await tx.execute(update(MediaAsset).where(*gone).values(trashed_at=None))
