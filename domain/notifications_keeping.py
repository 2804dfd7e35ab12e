"""How long notifications are kept, and how many; all that is too much goes in bounded batches."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, literal_column, select, tuple_
from sqlmodel import col

from db.tables import NotificationBox, NotificationGroup, NotificationPlace
from db.tables.columns import now
from domain.notifications import lock_boxes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

KEPT: Final = timedelta(days=90)
"""After a group's last activity."""
MAXIMUM_KEPT: Final = 1_000
"""Groups of one user; an index finds those who have more."""
PLACES_KEPT: Final = timedelta(minutes=15)
"""How long somebody may take to page through their list as it was when they began."""
_BATCH: Final = 500
_USERS: Final = 100


async def forget(tx: AsyncSession) -> None:
    """Delete the oldest groups whose time is over."""
    is_old = col(NotificationGroup.latest_at) < now() - KEPT
    found = select(col(NotificationGroup.recipient_id), col(NotificationGroup.id)).where(is_old)
    old = (await tx.execute(found.order_by(col(NotificationGroup.latest_at)).limit(_BATCH))).all()
    if old:
        boxes = await lock_boxes(tx, {recipient_id for recipient_id, _ in old})
        await _delete(tx, boxes, and_(is_old, col(NotificationGroup.id).in_([group_id for _, group_id in old])))


async def full(tx: AsyncSession) -> Sequence[UUID]:
    """Return users who have too many groups."""
    query = select(col(NotificationBox.user_id)).where(
        col(NotificationBox.group_count) > literal_column(str(MAXIMUM_KEPT))
    )
    return (await tx.execute(query.limit(_USERS))).scalars().all()


async def trim(tx: AsyncSession, user_id: UUID) -> None:
    """Delete the groups at the end of a user's list that are too many."""
    boxes = await lock_boxes(tx, [user_id])
    surplus = boxes[user_id].group_count - MAXIMUM_KEPT if user_id in boxes else 0
    if surplus > 0:
        mine = and_(col(NotificationPlace.recipient_id) == user_id, col(NotificationPlace.until).is_(None))
        last = select(col(NotificationPlace.group_id)).where(mine).order_by(col(NotificationPlace.place))
        await _delete(tx, boxes, col(NotificationGroup.id).in_(last.limit(min(surplus, _BATCH))))


async def forget_places(tx: AsyncSession) -> None:
    """Forget where groups stood a while ago."""
    left = select(*(col(NotificationPlace.recipient_id), col(NotificationPlace.place), col(NotificationPlace.group_id)))
    old = left.where(col(NotificationPlace.left_at) < now() - PLACES_KEPT).limit(_BATCH)
    key = tuple_(*(col(NotificationPlace.recipient_id), col(NotificationPlace.place), col(NotificationPlace.group_id)))
    await tx.execute(delete(NotificationPlace).where(key.in_(old)).execution_options(synchronize_session=False))


async def _delete(tx: AsyncSession, boxes: Mapping[UUID, NotificationBox], which: ColumnElement[bool]) -> None:
    """Delete groups of those whose boxes are locked."""
    deleting = delete(NotificationGroup).where(which).returning(col(NotificationGroup.recipient_id))
    for recipient_id in (await tx.execute(deleting.execution_options(synchronize_session=False))).scalars():
        boxes[recipient_id].group_count -= 1
