"""Marking notifications as read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlmodel import col

from db import outbox
from db.tables import NotificationGroup, NotificationPlace
from db.tables.columns import now
from domain import cursors, notifications_reading, streams
from domain.errors import InvalidInput
from domain.notifications import lock_boxes
from domain.watching import LARGEST
from domain.words import MyEventType

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words import NotificationKind

MAXIMUM_MARKED: Final = 100
"""That are marked by their ids at once, and whose ids are told."""
LIST: Final = "Query.notifications:"
"""What the name of the list in its cursors begins with, before what it was asked with."""


@dataclass(frozen=True, slots=True)
class Marking:
    """Which groups are to be marked as read: some by their ids, or all from a place of the list on."""

    ids: Sequence[UUID] | None = None
    up_to: str | None = None
    """A cursor of the list: that group and all older ones."""
    kinds: Collection[NotificationKind] | None = None
    """With ``up_to``: of these kinds; of all where there are none."""


@dataclass(frozen=True, slots=True)
class Marked:
    """What was marked as read."""

    ids: Sequence[UUID]
    """Of those that are shown, the newest: at most ``MAXIMUM_MARKED``."""
    count: int


async def mark_read(tx: AsyncSession, user_id: UUID, which: Marking) -> Marked:
    """Mark groups of a user as read; those that are read already, gone or somebody else's are passed over.

    Of ``up_to``, one that has grown since the list's first page was read stays unread: nobody has seen it so.

    Raises:
        InvalidInput: no ids, or too many; or not one of the two ways.
        BadCursor: it is no cursor of the list.
    """
    if (which.ids is None) == (which.up_to is None) or (which.ids is not None and which.kinds is not None):
        raise InvalidInput("notifications.one_of", ("input",))
    if which.ids is not None:
        if not 1 <= len(which.ids) <= MAXIMUM_MARKED:
            raise InvalidInput("notifications.count", ("input", "ids"), maximum=MAXIMUM_MARKED)
        return await _mark(tx, user_id, [col(NotificationGroup.id).in_(which.ids)])
    edition, place = _place_of(which.up_to or "")
    standing = select(col(NotificationPlace.group_id)).where(
        col(NotificationPlace.recipient_id) == user_id,
        col(NotificationPlace.until).is_(None),
        col(NotificationPlace.place) <= place,
    )
    seen = [col(NotificationGroup.grown) <= edition, col(NotificationGroup.id).in_(standing)]
    return await _mark(tx, user_id, [*seen, col(NotificationGroup.kind).in_(which.kinds)] if which.kinds else seen)


def _place_of(cursor: str) -> tuple[int, int]:
    edition, place, _ = cursors.decode(LIST, cursor, (int, int, UUID), is_beginning=True)
    if not 0 <= place <= edition < LARGEST:
        raise cursors.refusal()
    return edition, place


async def _mark(tx: AsyncSession, user_id: UUID, which: Sequence[ColumnElement[bool]]) -> Marked:
    await lock_boxes(tx, [user_id])
    marked = await tx.execute(
        update(NotificationGroup)
        .where(col(NotificationGroup.recipient_id) == user_id, col(NotificationGroup.read_at).is_(None), *which)
        .values(read_at=now())
        .returning(col(NotificationGroup.grown), col(NotificationGroup.id))
        .execution_options(synchronize_session=False)
    )
    ids = [group_id for _, group_id in sorted(marked.all(), reverse=True)]
    told = ids[:MAXIMUM_MARKED]
    if not ids:
        return Marked((), 0)
    data = {"groups": [str(each) for each in told], "count": len(ids)}
    outbox.publish(tx, streams.of_user(user_id), MyEventType.NOTIFICATIONS_READ, data)
    group = notifications_reading.listed().c
    shown = select(group.id).where(group.id.in_(told), notifications_reading.visible_to(group, user_id))
    seen = set((await tx.execute(shown)).scalars())
    return Marked([each for each in told if each in seen], len(ids))
