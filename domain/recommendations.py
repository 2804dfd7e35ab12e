"""Lists of recommendations: made ahead from what people like and follow, kept a while, and read in pages.

``domain.recommending`` says what comes into a list; here is what it is asked about, and what becomes of the answer.
"""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ARRAY, TIMESTAMP, Integer, Text, Uuid, bindparam, cast, delete, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Recommendation, RecommendationList, Session, Taste, metadata
from db.tables.columns import now
from domain import recommending, recommending_sources
from domain.clauses import WHO
from domain.recommending import LENGTH, Signals

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.dialects.postgresql import Insert
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.types import TypeEngine

    from domain.recommending import Candidate, Scored

DELAY: Final = timedelta(seconds=30)
"""How long after somebody has acted their list is made anew: much of what they do comes together."""
REST: Final = timedelta(minutes=10)
"""How long a list stands at least."""
STALE: Final = timedelta(hours=6)
"""How long a list stands of somebody who has done nothing that would change it."""
KEPT: Final = timedelta(hours=1)
"""How long pages of a list can be read that a newer one has replaced."""
FORGOTTEN: Final = timedelta(days=30)
"""How long a list stays of somebody who does not come back."""
EVERYBODYS_LIFE: Final = timedelta(minutes=5)
"""How long the list for everybody stands."""
_RETRY: Final = timedelta(minutes=5)
"""When a list is tried again that nobody has finished."""
_BATCH: Final = 20
_EVERYBODY: Final = 0x_EA5E7
"""An advisory lock."""


async def stir(tx: AsyncSession, *user_ids: UUID) -> None:
    """Note that users have acted: their lists are made anew soon, each once, however often that is noted at once."""
    if user_ids:
        await tx.execute(_stirring(), {"users": sorted(user_ids), "due": now() + DELAY})


async def notice(tx: AsyncSession, since: datetime) -> None:
    """Note those as having acted who have renewed their sessions since a moment."""
    active = select(col(Session.user_id), literal(now() + DELAY, TIMESTAMP(timezone=True))).where(
        col(Session.last_used_at) > since, col(Session.ended_at).is_(None)
    )
    users = active.distinct().order_by(col(Session.user_id))  # as of those who act: nobody waits in a circle
    await tx.execute(_noting(insert(Taste).from_select(["user_id", "due_at"], users)))


async def claim(tx: AsyncSession) -> UUID | None:
    """Return the user whose list has been due for longest, if any; nobody else gets them meanwhile."""
    due = (
        select(col(Taste.user_id))
        .where(col(Taste.due_at) <= now())
        .order_by(col(Taste.due_at))
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    )
    user_id = (await tx.execute(due)).scalar_one_or_none()
    if user_id:
        await tx.execute(update(Taste).where(col(Taste.user_id) == user_id).values(due_at=now() + _RETRY))
    return user_id


async def is_worth_it(tx: AsyncSession, user_id: UUID) -> bool:
    """Return whether a user's list would be another than it is: they have done something since, or much is new."""
    made_at = (await tx.execute(select(col(Taste.made_at)).where(col(Taste.user_id) == user_id))).scalar_one_or_none()
    return await recommending_sources.is_known(tx, user_id, made_at if made_at and made_at > now() - STALE else None)


async def settle(tx: AsyncSession, user_id: UUID) -> None:
    """Leave a user's list as it is until they act again."""
    await tx.execute(update(Taste).where(col(Taste.user_id) == user_id).values(due_at=None))


async def put_together(tx: AsyncSession, user_id: UUID, pool: Sequence[Candidate]) -> list[Scored]:
    """Return what a user's list is to hold; ``pool`` is what ``recommending_sources.pool`` found lately."""
    at = now()
    likes = await recommending_sources.likes(tx, user_id)
    support = await recommending_sources.support(tx, user_id) if likes else {}
    known = {each.id for each in pool}
    further = await recommending_sources.candidates(tx, [each for each in support if each not in known])
    signals = Signals(likes, await recommending_sources.followed_tags(tx, user_id), support)
    ranked = recommending.ranked([*pool, *further], signals, at)
    wanted: list[Scored] = []
    for begin in range(0, len(ranked), 2 * LENGTH):
        chunk = ranked[begin : begin + 2 * LENGTH]
        new = await recommending_sources.new_to(tx, user_id, [each.candidate.id for each in chunk])
        wanted += [each for each in chunk if each.candidate.id in new]
        if len(wanted) >= LENGTH + recommending.LOOK_AHEAD:
            break
    return recommending.mixed(wanted)


async def replace(tx: AsyncSession, user_id: UUID | None, entries: Sequence[Scored]) -> UUID:
    """Give a user, or everybody, a list in place of the one that was; return its key."""
    if user_id:
        await tx.execute(update(Taste).where(col(Taste.user_id) == user_id).values(due_at=None, made_at=now()))
    present = (col(RecommendationList.user_id).is_not_distinct_from(user_id), _is_present())
    await tx.execute(update(RecommendationList).where(*present).values(replaced_at=now()))
    made = RecommendationList(user_id=user_id)
    tx.add(made)
    await tx.flush()
    if entries:
        await tx.execute(_rows(made.id, entries))
    return made.id


async def renew_everybodys(tx: AsyncSession, pool: Sequence[Candidate]) -> bool:
    """Make the list for everybody anew where it is old and nobody else just does; return whether that was done."""
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(_EVERYBODY)))).scalar_one():
        return False
    if not await is_everybodys_old(tx):
        return False
    await replace(tx, None, recommending.mixed(recommending.ranked(pool, Signals(), now())))
    return True


async def is_everybodys_old(tx: AsyncSession) -> bool:
    """Return whether there is no list for everybody that is new enough."""
    fresh = select(col(RecommendationList.id)).where(
        col(RecommendationList.user_id).is_(None),
        _is_present(),
        col(RecommendationList.made_at) > now() - EVERYBODYS_LIFE,
    )
    return (await tx.execute(fresh)).first() is None


async def forget(tx: AsyncSession) -> None:
    """Delete some lists that were replaced an hour ago, or whose users have not been here for a month."""
    replaced = select(col(RecommendationList.id)).where(col(RecommendationList.replaced_at) < now() - KEPT)
    unread = select(col(RecommendationList.id)).where(
        _is_present(),
        col(RecommendationList.made_at) < now() - FORGOTTEN,
        col(RecommendationList.user_id).is_not(None),
    )
    for some in (replaced, unread):
        locked = some.limit(_BATCH).with_for_update(skip_locked=True)
        chosen = (await tx.execute(locked)).scalars().all()
        if chosen:
            await tx.execute(delete(RecommendationList).where(col(RecommendationList.id).in_(chosen)))


@cache
def _stirring() -> Insert:
    due = bindparam("due", type_=TIMESTAMP(timezone=True))
    table = metadata.tables["tastes"]  # of the class itself, SQLAlchemy would take what is bound for its columns
    return _noting(insert(table).from_select(["user_id", "due_at"], select(WHO.c.id, due).order_by(WHO.c.id)))


def _noting(statement: Insert) -> Insert:
    """Return a statement that notes users so that one who is noted already is left as they are."""
    rested = func.greatest(statement.excluded.due_at, col(Taste.made_at) + REST)
    return statement.on_conflict_do_update(
        index_elements=["user_id"], set_={"due_at": rested}, where=col(Taste.due_at).is_(None)
    )


def _is_present() -> ColumnElement[bool]:
    return col(RecommendationList.replaced_at).is_(None)


def _rows(list_id: UUID, entries: Sequence[Scored]) -> Insert:
    """Return the statement that stores entries in their order, all at once."""
    columns: dict[str, tuple[list[Any], TypeEngine[Any]]] = {
        "artwork_id": ([each.candidate.id for each in entries], Uuid()),
        "reason": ([each.reason.value for each in entries], Text()),
        "tag_id": ([each.tag_id for each in entries], Uuid()),
        "liked_id": ([each.liked_id for each in entries], Uuid()),
    }
    arrays = [literal(values, ARRAY(kind)) for values, kind in columns.values()]
    given = func.unnest(*arrays).table_valued(*columns, with_ordinality="number", name="given").render_derived()
    rank = cast(given.c.number - 1, Integer)
    chosen = select(literal(list_id, Uuid()), rank, *(given.c[name] for name in columns))
    return insert(Recommendation).from_select(["list_id", "rank", *columns], chosen)
