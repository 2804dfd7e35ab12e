"""Putting notes into groups, in bounded batches: exactly once, because a note goes with the change that it makes.

One transaction folds at a time (an advisory lock); it takes the oldest notes, and where it dies they are still there.
Under the lock of each recipient's box it finds or begins the group that is unread, adds and removes people and things,
counts what really came and went, and moves the groups that grew to the head of the list.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import delete, func, select, text
from sqlmodel import col
from uuid_utils.compat import uuid7

from db import outbox
from db.tables import NotificationNote
from db.tables.columns import now
from db.words import NotificationKind
from domain import streams
from domain.notifications import lock_boxes
from domain.words import MyEventType, NotificationChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningDelete

    from db.tables import NotificationBox

BATCH: Final = 500
_FOLD_LOCK: Final = 0x_EA5E3
_ONCE: Final = frozenset({NotificationKind.FOLLOW, NotificationKind.LIKE})
"""What somebody does or does not: who does it again was told of already, also where that was read meanwhile."""

_UNREAD: Final = text("""
SELECT g.id, g.recipient_id, g.kind, g.subject_id, g.created_at, g.latest_at, g.actor_count, g.item_count,
       g.latest_item_id, g.amount, g.grown
FROM unnest(CAST(:recipients AS uuid[]), CAST(:kinds AS text[]), CAST(:subjects AS uuid[])) w (r, k, s)
JOIN notification_groups g ON g.recipient_id = w.r AND g.kind = w.k AND g.subject_id = w.s AND g.read_at IS NULL""")
_HEARD: Final = text("""
SELECT w.r, w.a FROM unnest(CAST(:recipients AS uuid[]), CAST(:actors AS uuid[])) w (r, a)
JOIN users u ON u.id = w.a
WHERE NOT EXISTS (SELECT FROM blocks b WHERE b.user_id = w.r AND b.other_id = w.a)
  AND NOT EXISTS (SELECT FROM mutes m WHERE m.user_id = w.r AND m.muted_id = w.a)""")
_TOLD: Final = text("""
SELECT w.r, w.k, w.s, w.a FROM unnest(
    CAST(:recipients AS uuid[]), CAST(:kinds AS text[]), CAST(:subjects AS uuid[]), CAST(:actors AS uuid[])
) w (r, k, s, a)
WHERE EXISTS (
    SELECT FROM notification_actors a JOIN notification_groups g ON g.id = a.group_id
    WHERE a.actor_id = w.a AND a.subject_id = w.s
      AND g.recipient_id = w.r AND g.kind = w.k AND g.read_at IS NOT NULL)""")
_REMOVE_ITEMS: Final = text("""
DELETE FROM notification_items i USING unnest(CAST(:groups AS uuid[]), CAST(:items AS uuid[])) w (g, i)
WHERE i.group_id = w.g AND i.item_id = w.i RETURNING i.group_id, i.item_id""")
_ADD_ITEMS: Final = text("""
INSERT INTO notification_items (group_id, item_id, actor_id)
SELECT * FROM unnest(CAST(:groups AS uuid[]), CAST(:items AS uuid[]), CAST(:actors AS uuid[]))
ON CONFLICT DO NOTHING RETURNING group_id, item_id""")
_ADD_ACTORS: Final = text("""
INSERT INTO notification_actors (group_id, actor_id, subject_id, latest_at)
SELECT w.g, w.a, g.subject_id, w.at
FROM unnest(CAST(:groups AS uuid[]), CAST(:actors AS uuid[]), CAST(:moments AS timestamptz[])) w (g, a, at)
JOIN notification_groups g ON g.id = w.g
ON CONFLICT (group_id, actor_id) DO UPDATE SET latest_at = excluded.latest_at RETURNING group_id, xmax = 0 AS is_new""")
_REMOVE_ACTORS: Final = text("""
DELETE FROM notification_actors a USING unnest(CAST(:groups AS uuid[]), CAST(:actors AS uuid[])) w (g, a)
WHERE a.group_id = w.g AND a.actor_id = w.a
  AND NOT EXISTS (SELECT FROM notification_items i WHERE i.group_id = w.g AND i.actor_id = w.a)
RETURNING a.group_id""")
_LATEST_ITEMS: Final = text("""
SELECT w.g, (SELECT i.item_id FROM notification_items i WHERE i.group_id = w.g ORDER BY i.item_id DESC LIMIT 1)
FROM unnest(CAST(:groups AS uuid[])) w (g)""")
_HEADS: Final = text("""
SELECT p.group_id FROM unnest(CAST(:recipients AS uuid[])) w (r), LATERAL (
    SELECT p.group_id FROM notification_places p WHERE p.recipient_id = w.r AND p.until IS NULL
    ORDER BY p.place DESC LIMIT 1) p""")
_BEGIN: Final = text("""
INSERT INTO notification_groups
    (id, recipient_id, kind, subject_id, created_at, latest_at, actor_count, item_count, amount, grown)
SELECT w.g, w.r, w.k, w.s, w.at, w.at, 0, 0, 0, 0 FROM unnest(
    CAST(:groups AS uuid[]), CAST(:recipients AS uuid[]), CAST(:kinds AS text[]), CAST(:subjects AS uuid[]),
    CAST(:moments AS timestamptz[])
) w (g, r, k, s, at)""")
_WRITTEN: Final = ("id", "latest_at", "actor_count", "item_count", "latest_item_id", "amount", "grown")
_WRITE: Final = text("""
UPDATE notification_groups g SET latest_at = w.latest_at, actor_count = w.actor_count, item_count = w.item_count,
    latest_item_id = w.latest_item_id, amount = w.amount, grown = w.grown
FROM unnest(
    CAST(:id AS uuid[]), CAST(:latest_at AS timestamptz[]), CAST(:actor_count AS integer[]),
    CAST(:item_count AS integer[]), CAST(:latest_item_id AS uuid[]), CAST(:amount AS integer[]),
    CAST(:grown AS bigint[])
) w (id, latest_at, actor_count, item_count, latest_item_id, amount, grown)
WHERE g.id = w.id""")
_DELETE: Final = text("DELETE FROM notification_groups WHERE id = ANY (CAST(:groups AS uuid[]))")
_STAND: Final = text("""
INSERT INTO notification_places (recipient_id, place, group_id)
SELECT w.r, w.e, w.g
FROM unnest(CAST(:recipients AS uuid[]), CAST(:groups AS uuid[]), CAST(:editions AS bigint[])) w (r, g, e)""")
_LEAVE: Final = text("""
UPDATE notification_places p SET until = w.e, left_at = :now
FROM unnest(CAST(:groups AS uuid[]), CAST(:editions AS bigint[])) w (g, e)
WHERE p.group_id = w.g AND p.until IS NULL""")


class Subject(NamedTuple):
    """What notes are grouped by."""

    recipient_id: UUID
    kind: NotificationKind
    subject_id: UUID


@dataclass(slots=True)
class Group:
    """An unread group as it stands, and as it is written once all of the batch is known."""

    id: UUID
    subject: Subject
    created_at: datetime
    latest_at: datetime
    actor_count: int = 0
    item_count: int = 0
    latest_item_id: UUID | None = None
    amount: int = 0
    grown: int = 0


@dataclass(slots=True)
class Bundle:
    """What the notes of one subject come to: of each person and thing, the last word."""

    last: dict[tuple[UUID | None, UUID | None], NotificationNote] = field(default_factory=dict)
    group: Group | None = None
    """The unread one."""
    has_grown: bool = False
    has_shrunk: bool = False

    @property
    def came(self) -> list[NotificationNote]:
        """Notes of what came, in order."""
        return [note for note in self.last.values() if not note.is_withdrawn]

    @property
    def went(self) -> list[NotificationNote]:
        """Notes of what was taken back, in order."""
        return [note for note in self.last.values() if note.is_withdrawn]


Bundles = dict[Subject, Bundle]


@dataclass(frozen=True, slots=True)
class Change:
    """A bundle with its group."""

    bundle: Bundle
    group: Group


async def fold(tx: AsyncSession, limit: int = BATCH) -> int:
    """Fold the oldest notes, at most ``limit``, and tell their recipients; return how many were taken.

    None are, while another transaction folds.
    """
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(_FOLD_LOCK)))).scalar_one():
        return 0
    notes = sorted((await tx.execute(_take(limit))).scalars(), key=lambda note: note.id or 0)
    if not notes:
        return 0
    boxes = await lock_boxes(tx, {note.recipient_id for note in notes})
    bundles = _bundled(notes, boxes)
    await _leave_out(tx, bundles)
    await _find_groups(tx, bundles)
    await _begin_groups(tx, bundles, boxes)
    changes = {bundle.group.id: Change(bundle, bundle.group) for bundle in bundles.values() if bundle.group}
    await _change_items(tx, changes)
    await _change_actors(tx, changes)
    await _move(tx, [change for change in changes.values() if change.bundle.has_grown], boxes)
    await _write(tx, list(changes.values()), boxes)
    return len(notes)


@cache
def _take(limit: int) -> ReturningDelete[NotificationNote]:
    oldest = select(col(NotificationNote.id)).order_by(col(NotificationNote.id)).limit(limit)
    return delete(NotificationNote).where(col(NotificationNote.id).in_(oldest)).returning(NotificationNote)


def _bundled(notes: Iterable[NotificationNote], boxes: Mapping[UUID, NotificationBox]) -> Bundles:
    """Return what notes come to, by subject; none of what their recipients do not want, or of those who are gone."""
    bundles: Bundles = defaultdict(Bundle)
    for note in notes:
        box = boxes.get(note.recipient_id)
        if box and (note.is_withdrawn or note.kind not in box.off):
            last = bundles[Subject(note.recipient_id, note.kind, note.subject_id)].last
            last.pop((note.actor_id, note.item_id), None)  # what is said last stands last
            last[note.actor_id, note.item_id] = note
    return bundles


async def _leave_out(tx: AsyncSession, bundles: Bundles) -> None:
    """Forget what came of people that are gone, muted or out of sight, and what was told before."""
    pairs = list({(subject.recipient_id, note.actor_id) for subject, note in _each(bundles) if note.actor_id})
    heard = {tuple(row) for row in await tx.execute(_HEARD, _unzipped(pairs, "recipients", "actors"))} if pairs else ()
    once = [(*subject, note.actor_id) for subject, note in _each(bundles) if subject.kind in _ONCE]
    names = "recipients", "kinds", "subjects", "actors"
    told = {tuple(row) for row in await tx.execute(_TOLD, _unzipped(once, *names))} if once else ()
    for subject, note in list(_each(bundles)):
        is_heard = note.actor_id is None or (subject.recipient_id, note.actor_id) in heard
        if not is_heard or (*subject, note.actor_id) in told:
            del bundles[subject].last[note.actor_id, note.item_id]


def _each(bundles: Bundles) -> Iterator[tuple[Subject, NotificationNote]]:
    return ((subject, note) for subject, bundle in bundles.items() for note in bundle.came)


async def _find_groups(tx: AsyncSession, bundles: Bundles) -> None:
    for key, recipient_id, kind, subject_id, *state in await tx.execute(
        _UNREAD, _unzipped(bundles, "recipients", "kinds", "subjects")
    ):
        subject = Subject(recipient_id, NotificationKind(kind), subject_id)
        bundles[subject].group = Group(key, subject, *state)


async def _begin_groups(tx: AsyncSession, bundles: Bundles, boxes: Mapping[UUID, NotificationBox]) -> None:
    new = []
    for subject, bundle in bundles.items():
        if bundle.came and bundle.group is None:
            at = bundle.came[0].created_at
            bundle.group = Group(uuid7(), subject, at, at)
            new.append((bundle.group.id, *subject, at))
            boxes[subject.recipient_id].group_count += 1
    if new:
        await tx.execute(_BEGIN, _unzipped(new, "groups", "recipients", "kinds", "subjects", "moments"))


async def _change_items(tx: AsyncSession, changes: Mapping[UUID, Change]) -> None:
    """Remove and add things, and count them."""
    went = [(key, note.item_id) for key, change in changes.items() for note in change.bundle.went if note.item_id]
    came = {(key, note.item_id): note for key, change in changes.items() for note in change.bundle.came if note.item_id}
    removed = (await tx.execute(_REMOVE_ITEMS, _unzipped(went, "groups", "items"))).all() if went else ()
    rows = [(*place, note.actor_id) for place, note in came.items()]
    added = (await tx.execute(_ADD_ITEMS, _unzipped(rows, "groups", "items", "actors"))).all() if rows else ()
    for group_id, _ in removed:
        changes[group_id].group.item_count -= 1
        changes[group_id].bundle.has_shrunk = True
    if removed:
        shrunk = [(group_id,) for group_id in {group_id for group_id, _ in removed}]
        for group_id, item_id in await tx.execute(_LATEST_ITEMS, _unzipped(shrunk, "groups")):
            changes[group_id].group.latest_item_id = item_id
    new = {tuple(row) for row in added}
    for (group_id, item_id), note in came.items():
        if (group_id, item_id) in new:
            group = changes[group_id].group
            group.item_count += 1
            group.amount += note.amount
            group.latest_item_id = item_id
            changes[group_id].bundle.has_grown = True


async def _change_actors(tx: AsyncSession, changes: Mapping[UUID, Change]) -> None:
    """Add and remove people, and count them; who did several things stays until all of them are taken back."""
    came: dict[tuple[UUID, UUID], datetime] = {}
    for key, change in changes.items():
        for note in change.bundle.came:
            if note.actor_id:
                came[key, note.actor_id] = max(came.get((key, note.actor_id), note.created_at), note.created_at)
    rows = [(*place, at) for place, at in came.items()]
    added = (await tx.execute(_ADD_ACTORS, _unzipped(rows, "groups", "actors", "moments"))).all() if rows else ()
    for group_id, is_new in added:
        changes[group_id].group.actor_count += is_new
        changes[group_id].bundle.has_grown |= is_new
    went = {(key, note.actor_id) for key, change in changes.items() for note in change.bundle.went if note.actor_id}
    gone = list(went - came.keys())
    removed = (await tx.execute(_REMOVE_ACTORS, _unzipped(gone, "groups", "actors"))).scalars() if gone else ()
    for group_id in removed:
        changes[group_id].group.actor_count -= 1
        changes[group_id].bundle.has_shrunk = True


async def _move(tx: AsyncSession, grown: list[Change], boxes: Mapping[UUID, NotificationBox]) -> None:
    """Put groups that grew at the head of their lists, unless they stand there; each has an edition of its own."""
    by_recipient: dict[UUID, list[Change]] = defaultdict(list)
    for change in sorted(grown, key=lambda change: max(note.id or 0 for note in change.bundle.came)):
        change.group.latest_at = max(change.group.latest_at, *(note.created_at for note in change.bundle.came))
        by_recipient[change.group.subject.recipient_id].append(change)
    heads = set((await tx.execute(_HEADS, {"recipients": list(by_recipient)})).scalars()) if grown else set()
    moved = []
    for recipient_id, changes in by_recipient.items():
        box = boxes[recipient_id]
        for change in changes:
            box.edition += 1
            change.group.grown = box.edition
            if len(changes) > 1 or change.group.id not in heads:
                moved.append(change.group)
    if moved:
        rows = [(group.subject.recipient_id, group.id, group.grown) for group in moved]
        values = _unzipped(rows, "recipients", "groups", "editions")
        await tx.execute(_LEAVE, values | {"now": now()})
        await tx.execute(_STAND, values)


async def _write(tx: AsyncSession, changes: Sequence[Change], boxes: Mapping[UUID, NotificationBox]) -> None:
    """Write what changed, delete groups that hold nothing any more, and tell the recipients."""
    kept, empty = [], []
    for change in changes:
        group, bundle = change.group, change.bundle
        if not group.actor_count and not group.item_count:
            empty.append(group.id)
            boxes[group.subject.recipient_id].group_count -= 1
            what = NotificationChange.WITHDRAWN
        elif bundle.has_grown or bundle.has_shrunk:
            what = NotificationChange.RECEIVED if bundle.has_grown else NotificationChange.SHRANK
            kept.append(group)
        else:
            continue
        data = {"group": str(group.id), "change": what}
        outbox.publish(tx, streams.of_user(group.subject.recipient_id), MyEventType.NOTIFICATION, data)
    if empty:
        await tx.execute(_DELETE, {"groups": empty})
    if kept:
        rows = [tuple(getattr(group, name) for name in _WRITTEN) for group in kept]
        await tx.execute(_WRITE, _unzipped(rows, *_WRITTEN))


def _unzipped(rows: Iterable[tuple[Any, ...]], *names: str) -> dict[str, list[Any]]:
    """Return rows as the columns that a statement takes them by."""
    columns: tuple[list[Any], ...] = tuple(map(list, zip(*rows, strict=True))) or tuple([] for _ in names)
    return dict(zip(names, columns, strict=True))
