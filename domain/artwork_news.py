"""What the watchers of an artwork are told of its likes: a few times a second at most, and the last change always."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, Uuid, bindparam, func, insert, literal, or_, select, update
from sqlmodel import col

from db import outbox
from db.tables import Artwork, CountChange
from domain import counters, streams
from domain.words import ArtworkChange

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy import Table
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningInsert

PAUSE: Final = timedelta(seconds=0.5)
"""Between two times that watchers are told of likes by those who like."""


async def likes_counted(tx: AsyncSession, artwork_id: UUID) -> None:
    """Tell of likes that this transaction has added to their artwork's count, whose row it holds.

    Where that was told just before, a change by nothing is left to wait for the count: whoever folds it later tells.
    """
    left = await tx.execute(_telling(), {"counter": counters.ARTWORK_LIKES.name, "artwork": artwork_id})
    if left.scalar_one_or_none() is None:
        _publish(tx, artwork_id)


def likes_folded(tx: AsyncSession, artwork_ids: Iterable[UUID]) -> None:
    """Tell of likes that waited for the counts of their artworks, and were added by the sweeper."""
    for artwork_id in artwork_ids:
        _publish(tx, artwork_id)


def _publish(tx: AsyncSession, artwork_id: UUID) -> None:
    outbox.publish(tx, streams.of_artwork(artwork_id), ArtworkChange.LIKES_CHANGED, {})


@cache
def _telling() -> ReturningInsert[int | None]:
    """Return the statement that notes that watchers are told now; where they were just before, it leaves a change."""
    now, artwork = func.clock_timestamp(), bindparam("artwork", type_=Uuid())
    is_due = or_(col(Artwork.likes_told_at).is_(None), col(Artwork.likes_told_at) < now - PAUSE)
    told = update(Artwork).where(col(Artwork.id) == artwork, is_due).values(likes_told_at=now)
    noted = told.returning(col(Artwork.id)).cte("noted")
    nothing = select(bindparam("counter", type_=Text()), artwork, literal(0)).where(~select(noted).exists())
    changes: Table = CountChange.__table__  # type: ignore[attr-defined]  # SQLModel sets it
    return insert(changes).from_select(["counter", "subject_id", "delta"], nothing).returning(changes.c.id)
