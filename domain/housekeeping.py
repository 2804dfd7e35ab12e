"""What time makes superfluous: pictures that nobody will show, keys and sessions that have run out."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, or_, select
from sqlmodel import col

from db.tables import GenerationSlot, IdempotencyKey, MediaAsset, Session
from db.tables.columns import now
from db.words import AssetStatus
from domain import media

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

IDEMPOTENCY_KEY_LIFE: Final = timedelta(hours=24)
ENDED_SESSION_LIFE: Final = timedelta(days=30)
_BATCH: Final = 100


async def abandoned_assets(tx: AsyncSession, grace: timedelta) -> Sequence[UUID]:
    """Return unfinished assets of slots that ended without them, or of none, both longer than ``grace`` ago.

    For a while after the end, a worker that has not heard of it may still be storing the objects.
    """
    query = (
        select(col(MediaAsset.id))
        .outerjoin(GenerationSlot, col(GenerationSlot.asset_id) == col(MediaAsset.id))
        .where(
            col(MediaAsset.status) == AssetStatus.PENDING,
            col(MediaAsset.created_at) < now() - grace,
            or_(col(GenerationSlot.id).is_(None), col(GenerationSlot.finished_at) < now() - grace),
        )
        .limit(_BATCH)
    )
    return (await tx.execute(query)).scalars().all()


async def give_up_asset(tx: AsyncSession, asset_id: UUID) -> None:
    """Mark an abandoned asset FAILED, once its objects are gone."""
    unfinished = and_(col(MediaAsset.id) == asset_id, col(MediaAsset.status) == AssetStatus.PENDING)
    asset = (await tx.execute(select(MediaAsset).where(unfinished).with_for_update())).scalar_one_or_none()
    if asset:
        media.move(asset, AssetStatus.FAILED)


async def forget_expired(tx: AsyncSession) -> None:
    """Delete idempotency keys after a day, and sessions a month after they ended."""
    await tx.execute(delete(IdempotencyKey).where(col(IdempotencyKey.created_at) < now() - IDEMPOTENCY_KEY_LIFE))
    over = or_(col(Session.ended_at) < now() - ENDED_SESSION_LIFE, col(Session.expires_at) < now() - ENDED_SESSION_LIFE)
    await tx.execute(delete(Session).where(over))
