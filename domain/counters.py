"""Counts kept in rows that thousands may want to change at once: exact, and nobody waits for anybody.

A count that is locked until its transaction's commit lets one change through for each write to the disk. So nobody
waits for its row: whoever finds it free adds to it; whoever does not leaves a row of ``count_changes``, which the next
that finds it free adds as well, or the sweeper does. A lone change is counted at once, a storm two seconds after it at
the latest; and at any moment the count and what waits for it are, together, the number of the rows that are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    Integer,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    union_all,
    update,
)
from sqlmodel import col

from db.tables import Artwork, ArtworkTag, Comment, CountChange, Follow, Reaction, Tag, TagFollow, User
from db.words import ReactionKind
from domain import artworks

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, Table, Update
    from sqlalchemy.ext.asyncio import AsyncSession

_BATCH: Final = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Counter:
    """A count, and what it counts."""

    table: Table
    column: str
    counted: Select[UUID, int]
    """What it must be: the keys of rows, and how many there are of what each counts; those of none may be left out."""

    @property
    def name(self) -> str:
        """What rows of ``count_changes`` call it."""
        return f"{self.table.name}.{self.column}"

    @property
    def key(self) -> ColumnElement[UUID]:
        """The column that says whose count it is."""
        found: ColumnElement[UUID] = self.table.c["id"]
        return found

    @property
    def count(self) -> ColumnElement[int]:
        """The column that holds it."""
        found: ColumnElement[int] = self.table.c[self.column]
        return found


def _counter(row: Any, column: str, subject: Any, *conditions: Any) -> Counter:  # noqa: ANN401 - a table and columns
    return Counter(row.__table__, column, select(subject, func.count()).where(*conditions).group_by(subject))


ARTWORK_LIKES: Final = _counter(
    Artwork, "like_count", col(Reaction.artwork_id), col(Reaction.kind) == ReactionKind.LIKE
)
SHOWN: Final = and_(col(Comment.deleted_at).is_(None), col(Comment.hidden_at).is_(None))
"""Which comments are counted."""
ARTWORK_COMMENTS: Final = _counter(Artwork, "comment_count", col(Comment.artwork_id), SHOWN)
THREAD_REPLIES: Final = _counter(Comment, "reply_count", col(Comment.root_id), col(Comment.root_id).is_not(None), SHOWN)
USER_FOLLOWERS: Final = _counter(User, "follower_count", col(Follow.followee_id))
USER_FOLLOWING: Final = _counter(User, "following_count", col(Follow.follower_id))
USER_ARTWORKS: Final = _counter(User, "artwork_count", col(Artwork.author_id), artworks.is_out(Artwork))
TAG_FOLLOWERS: Final = _counter(Tag, "follower_count", col(TagFollow.tag_id))
TAG_ARTWORKS: Final = _counter(
    Tag,
    "artwork_count",
    col(ArtworkTag.tag_id),
    col(ArtworkTag.artwork_id) == col(Artwork.id),
    artworks.is_out(Artwork),
)
COUNTERS: Final[Mapping[str, Counter]] = {
    each.name: each
    for each in (
        *(ARTWORK_LIKES, ARTWORK_COMMENTS, THREAD_REPLIES),
        *(USER_FOLLOWERS, USER_FOLLOWING, USER_ARTWORKS, TAG_FOLLOWERS, TAG_ARTWORKS),
    )
}
"""All counts that are kept in this way, by name."""


async def change(tx: AsyncSession, counter: Counter, changes: Mapping[UUID, int]) -> Collection[UUID]:
    """Add to counts, by the keys of their rows, in the transaction that changes what they count. Never waits.

    Returns the keys of those that were added to at once; what changes the others waits to be folded.
    """
    if not changes:
        return ()
    await tx.flush()  # a row that this very transaction adds is to be found
    held = (await tx.execute(_lock(counter), {"keys": sorted(changes)})).scalars().all()
    if held:
        await tx.execute(_fold(counter), _folding(counter, {key: changes[key] for key in held}))
    left = [
        {"counter": counter.name, "subject_id": key, "delta": delta}
        for key, delta in changes.items()
        if key not in held
    ]
    if left:
        await tx.execute(insert(CountChange), left)
    return held


async def waiting(tx: AsyncSession) -> dict[str, list[UUID]]:
    """Return some of the counts for which changes wait: keys of rows, by the counter's name.

    Counters that only a newer Easel knows, which runs beside this one, are left to it.
    """
    known = col(CountChange.counter).in_(COUNTERS)
    some = select(col(CountChange.counter), col(CountChange.subject_id)).where(known).distinct().limit(_BATCH)
    found: dict[str, list[UUID]] = {}
    for name, key in await tx.execute(some):
        found.setdefault(name, []).append(key)
    return found


async def fold(tx: AsyncSession, name: str, keys: Sequence[UUID]) -> Collection[UUID]:
    """Add to counts what waits for them; of a row that is in use it is left to the next, of none it is dropped.

    Returns the keys of those that were added to.
    """
    counter = COUNTERS[name]
    held = (await tx.execute(_lock(counter), {"keys": sorted(keys)})).scalars().all()
    if held:
        await tx.execute(_fold(counter), _folding(counter, dict.fromkeys(held, 0)))
    there = select(counter.key).where(counter.key == col(CountChange.subject_id)).exists()
    lost = delete(CountChange).where(col(CountChange.counter) == name, col(CountChange.subject_id).in_(keys), ~there)
    await tx.execute(lost)
    return held


@dataclass(frozen=True, slots=True)
class Difference:
    """A count that is not what it counts."""

    counter: str
    key: UUID
    stored: int
    """With what waits for it."""
    counted: int

    def __str__(self) -> str:
        """Return a line for people."""
        return f"{self.counter} of {self.key} is {self.stored}, counted are {self.counted}"


async def differences(tx: AsyncSession, counter: Counter) -> list[Difference]:
    """Return the counts that are not what they count. One statement sees one moment, however busy it is."""
    kept = (
        select(col(CountChange.subject_id), func.sum(col(CountChange.delta)).label("delta"))
        .where(col(CountChange.counter) == counter.name)
        .group_by(col(CountChange.subject_id))
        .subquery()
    )
    truth = counter.counted.subquery()
    subject, number = truth.c
    stored = counter.count + func.coalesce(kept.c.delta, 0)
    found = (
        select(counter.key, stored, func.coalesce(number, 0))
        .select_from(counter.table)
        .outerjoin(kept, kept.c.subject_id == counter.key)
        .outerjoin(truth, subject == counter.key)
        .where(stored != func.coalesce(number, 0))
    )
    return [Difference(counter.name, *row) for row in await tx.execute(found)]


async def mend(tx: AsyncSession, counter: Counter, key: UUID) -> None:
    """Make a count what it counts. Its row is locked, and what is being counted meanwhile is added by who counts it."""
    await tx.execute(select(counter.key).where(counter.key == key).with_for_update(key_share=True))
    truth = counter.counted.subquery()
    subject, number = truth.c
    counted = func.coalesce(select(number).where(subject == key).scalar_subquery(), 0)
    mine = (col(CountChange.counter) == counter.name, col(CountChange.subject_id) == key)
    dropped = delete(CountChange).where(*mine).returning(col(CountChange.id)).cte("dropped")
    await tx.execute(update(counter.table).where(counter.key == key).values({counter.column: counted}).add_cte(dropped))


def _folding(counter: Counter, changes: Mapping[UUID, int]) -> dict[str, Any]:
    return {"counter": counter.name, "keys": [*changes], "deltas": [*changes.values()]}


@cache
def _lock(counter: Counter) -> Select[UUID]:
    chosen = select(counter.key).where(counter.key == any_(bindparam("keys", type_=ARRAY(Uuid))))
    return chosen.order_by(counter.key).with_for_update(skip_locked=True, key_share=True)


@cache
def _fold(counter: Counter) -> Update:
    """Return the statement that adds to counts whose rows are held, and what waits for them.

    It begins with the rows held: what others have added to them, and taken of what waits, it sees.
    """
    keys, deltas = bindparam("keys", type_=ARRAY(Uuid)), bindparam("deltas", type_=ARRAY(Integer))
    own = func.unnest(keys, deltas).table_valued("key", "delta", name="own").render_derived()
    folded = (
        delete(CountChange)
        .where(col(CountChange.counter) == bindparam("counter"), col(CountChange.subject_id) == any_(keys))
        .returning(col(CountChange.subject_id), col(CountChange.delta))
        .cte("folded")
    )
    every = union_all(select(own.c.key, own.c.delta), select(folded.c.subject_id, folded.c.delta)).subquery()
    moved = select(every.c.key, func.sum(every.c.delta).label("delta")).group_by(every.c.key).subquery()
    grown = counter.count + moved.c.delta
    changed = update(counter.table).where(counter.key == moved.c.key, moved.c.delta != literal_column("0"))
    return changed.values({counter.column: grown})
