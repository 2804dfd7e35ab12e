"""What people are notified of: noted where it happens, and wanted or not, by its kind.

Whoever notes something only adds a row. ``notifications_folding`` puts notes into groups a moment later; whether the
recipient wants them, and from whom, is decided there.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, TIMESTAMP, Boolean, Text, Uuid, bindparam, false, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import NotificationBox, NotificationNote, User, metadata
from db.tables.columns import now
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words import NotificationKind


@dataclass(frozen=True, slots=True)
class Note:
    """Something that somebody is to be notified of."""

    kind: NotificationKind
    recipient_id: UUID
    subject_id: UUID
    """What it is about, by which it is grouped: the artwork of likes, comments and mentions, the comment of replies,
    the saved search of what matches it, the recipient themselves where there is nothing else."""
    actor_id: UUID | None = None
    """Who did it; None where nobody did."""
    item_id: UUID | None = None
    """The one thing, where somebody may do several: the comment, the job, the artwork that matches,
    the image whose credits came back."""
    amount: int = 0
    """Of credits."""


def note(tx: AsyncSession, what: Note) -> None:
    """Notify somebody of something soon after this transaction has committed; of their own doings, nobody is."""
    _add(tx, what, is_withdrawn=False)


async def note_all(tx: AsyncSession, kind: NotificationKind, whom: Select[UUID, UUID]) -> None:
    """Notify all whom a statement returns, each with the one thing that it is about, of what nobody did, in one go."""
    who = whom.subquery()
    recipient, item = who.c
    columns = ("kind", "recipient_id", "subject_id", "item_id", "amount", "is_withdrawn", "created_at")
    notes = select(literal(str(kind)), recipient, recipient, item, literal(0), false(), literal(now()))
    await tx.execute(insert(NotificationNote).from_select(columns, notes, include_defaults=False))


async def note_changes(tx: AsyncSession, what: Note, changes: Mapping[UUID, int]) -> None:
    """Notify somebody of what several others do now (1), or no more (-1), by their keys, in one go.

    ``what`` is of a subject alone: it names no actor, no item and no amount.
    """
    if actors := [each for each in changes if each != what.recipient_id]:
        given = {"kind": what.kind.value, "recipient": what.recipient_id, "subject": what.subject_id, "now": now()}
        await tx.execute(_noting(), given | {"actors": actors, "withdrawn": [changes[each] < 0 for each in actors]})


def withdraw(tx: AsyncSession, what: Note) -> None:
    """Take back what was noted: it happened no more. What was read already stays as it was.

    ``what`` is the note as it was given; its amount does not matter.
    """
    _add(tx, what, is_withdrawn=True)


def _add(tx: AsyncSession, what: Note, *, is_withdrawn: bool) -> None:
    if what.actor_id == what.recipient_id:
        return
    tx.add(
        NotificationNote(
            kind=what.kind,
            recipient_id=what.recipient_id,
            actor_id=what.actor_id,
            subject_id=what.subject_id,
            item_id=what.item_id,
            amount=what.amount,
            is_withdrawn=is_withdrawn,
        )
    )


@cache
def _noting() -> Insert:
    actors, withdrawn = bindparam("actors", type_=ARRAY(Uuid)), bindparam("withdrawn", type_=ARRAY(Boolean))
    acted = func.unnest(actors, withdrawn).table_valued("id", "is_withdrawn").render_derived("acted")
    rows = select(
        *(bindparam("kind", type_=Text()), bindparam("recipient", type_=Uuid()), acted.c.id),
        *(bindparam("subject", type_=Uuid()), literal(0), acted.c.is_withdrawn),
        bindparam("now", type_=TIMESTAMP(timezone=True)),
    )
    columns = ("kind", "recipient_id", "actor_id", "subject_id", "amount", "is_withdrawn", "created_at")
    table = metadata.tables["notification_notes"]  # of the class itself, what is bound would be its columns
    return insert(table).from_select(columns, rows, include_defaults=False)


def checked_settings(settings: Iterable[tuple[NotificationKind, bool]]) -> dict[NotificationKind, bool]:
    """Return of which kinds somebody wants to be notified, and of which not.

    Raises:
        InvalidInput: a kind is named twice.
    """
    wanted: dict[NotificationKind, bool] = {}
    for index, (kind, is_wanted) in enumerate(settings):
        if kind in wanted:
            raise InvalidInput("settings.repeated", ("input", "settings", str(index), "kind"))
        wanted[kind] = is_wanted
    return wanted


async def choose(tx: AsyncSession, user_id: UUID, wanted: Mapping[NotificationKind, bool]) -> None:
    """Say of which kinds a user wants to be notified from now on; of kinds that are not named, all stays as it was."""
    box = (await lock_boxes(tx, [user_id]))[user_id]
    chosen = dict.fromkeys(box.off, False) | {str(kind): is_wanted for kind, is_wanted in wanted.items()}
    box.off = sorted(kind for kind, is_wanted in chosen.items() if not is_wanted)


async def lock_boxes(tx: AsyncSession, user_ids: Collection[UUID]) -> dict[UUID, NotificationBox]:
    """Return the boxes of users, locked until the transaction ends; those of users that are gone are left out."""
    there = select(col(User.id), literal(0), literal(0)).where(col(User.id).in_(user_ids)).order_by(col(User.id))
    made = insert(NotificationBox).from_select(["user_id", "edition", "group_count"], there, include_defaults=False)
    await tx.execute(made.on_conflict_do_nothing())
    boxes = select(NotificationBox).where(col(NotificationBox.user_id).in_(user_ids))
    locking = boxes.order_by(col(NotificationBox.user_id)).with_for_update().execution_options(populate_existing=True)
    return {box.user_id: box for box in (await tx.execute(locking)).scalars()}
