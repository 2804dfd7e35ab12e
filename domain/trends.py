"""Tags that are used more than usual, and tags that are used together.

A use is that somebody publishes artworks with a tag for everybody, once an hour: to publish a hundred lifts no tag. The
uses within a window are held against those of the windows before it; of what happens at random, as much as usual is
expected, give or take the root of it (Poisson), so ``(uses - usual) / sqrt(usual + 1)`` says how surprising they are.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, and_, case, cast, delete, exists, func, insert, literal, select
from sqlalchemy.dialects.postgresql import insert as insert_or_add
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import (
    ArtworkTag,
    HiddenTag,
    SearchDocument,
    SearchPosting,
    SearchTerm,
    Tag,
    TagHour,
    TagUser,
    TrendingTag,
)
from db.tables.columns import now
from db.words import ContentLevel, SearchTermKind, TrendWindow

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

MAXIMUM_TRENDING: Final = 50
"""Tags of a window."""
MAXIMUM_RELATED: Final = 10
LEAST_USES: Final = 3
"""Fewer are no trend."""
EVERY: Final = timedelta(minutes=1)
"""How often the trends are measured anew."""
_NEWEST: Final = 500
"""Artworks of a tag that are looked at for the tags that go with it."""
_WINDOWS: Final = {
    TrendWindow.DAY: (timedelta(days=1), 7),
    TrendWindow.WEEK: (timedelta(days=7), 4),
    TrendWindow.MONTH: (timedelta(days=30), 3),
}
"""How long each is, and how many before it tell what is usual."""
KEPT: Final = timedelta(days=125)
"""How long uses are kept: longer than any window, with those before it."""
_LOCK: Final = 0x_EA5E8


async def count(tx: AsyncSession, author_id: UUID, artwork_id: UUID, published_at: datetime) -> None:
    """Count the tags of a published artwork, but for those that its author was counted for in the same hour already."""
    hour = published_at.replace(minute=0, second=0, microsecond=0)
    tags = select(literal(hour), col(ArtworkTag.tag_id), literal(author_id)).where(
        col(ArtworkTag.artwork_id) == artwork_id
    )
    noted = insert_or_add(TagUser).from_select(["hour", "tag_id", "user_id"], tags.order_by(col(ArtworkTag.tag_id)))
    new = noted.on_conflict_do_nothing().returning(col(TagUser.tag_id)).cte("new")
    uses = select(literal(hour), new.c.tag_id, literal(1)).order_by(new.c.tag_id)
    added = insert_or_add(TagHour).from_select(["hour", "tag_id", "uses"], uses)
    await tx.execute(
        added.on_conflict_do_update(
            index_elements=["hour", "tag_id"], set_={"uses": col(TagHour.uses) + added.excluded.uses}
        )
    )


async def measure(tx: AsyncSession, at: datetime | None = None) -> bool:
    """Write all trends anew, as of the moment ``at``; return whether that was due."""
    at = at or now()
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))).scalar_one():
        return False
    last = (await tx.execute(select(func.max(col(TrendingTag.measured_at))))).scalar_one()
    if last and timedelta(0) <= at - last < EVERY:
        return False
    await tx.execute(delete(TrendingTag))
    for window, (length, before) in _WINDOWS.items():
        names = ["window", "tag_id", "uses", "score", "measured_at"]
        await tx.execute(insert(TrendingTag).from_select(names, _risen(window, at, length, before)))
    for table in (TagHour, TagUser):
        await tx.execute(delete(table).where(col(table.hour) < at - KEPT))
    return True


def _risen(window: TrendWindow, at: datetime, length: timedelta, before: int) -> Select[str, UUID, int, int, datetime]:
    start, hour = at - length, col(TagHour.hour)
    recent = func.coalesce(func.sum(case((hour > start, col(TagHour.uses)))), 0)
    usual = func.coalesce(func.sum(case((hour <= start, col(TagHour.uses)))), 0) / (1.0 * before)
    score = cast(100 * (recent - usual) / func.sqrt(usual + 1), Integer)
    return (
        select(literal(window.value), col(TagHour.tag_id), recent, score, literal(at))
        .where(hour > at - (before + 1) * length, hour <= at)
        .group_by(col(TagHour.tag_id))
        .having(recent >= LEAST_USES, score > 0)
        .order_by(score.desc(), col(TagHour.tag_id))
        .limit(MAXIMUM_TRENDING)
    )


def is_trending(trend: Row, window: TrendWindow, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which tags are trending within a window, but for those that somebody hides."""
    public = exists().where(col(Tag.id) == trend.tag_id, col(Tag.artwork_count) > 0)
    return and_(trend.window == window, public, _is_shown(trend.tag_id, viewer_id))


def related(tag: Row, viewer_id: Value) -> Subquery:
    """Return the tags that go with a tag, with how well they do (``affinity``).

    Of the newest artworks that have it, those are counted that have the other one too; that is held against how often
    the other one is used at all, so that what is everywhere does not come first: the cosine of the two, times 1,000.
    """
    own, other = aliased(SearchTerm, name="own"), aliased(SearchTerm, name="other")
    own_id = select(col(own.id)).where(col(own.kind) == SearchTermKind.TAG, col(own.word) == tag.name)
    newest = (
        select(col(SearchPosting.number))
        .where(col(SearchPosting.term_id) == own_id.scalar_subquery())
        .order_by(col(SearchPosting.number).desc())
        .limit(_NEWEST)
        .subquery("newest")
    )
    together = (
        select(func.unnest(col(SearchDocument.tags)).label("term"))
        .join(newest, newest.c.number == col(SearchDocument.number))
        .where(col(SearchDocument.content_level) == ContentLevel.GENERAL)
        .subquery("together")
    )
    counted = select(together.c.term, func.count().label("number")).group_by(together.c.term).subquery("counted")
    cosine = 1000 * counted.c.number / func.sqrt(_NEWEST * func.greatest(col(other.uses), 1))
    return (
        select(*Tag.__table__.c, cast(cosine, Integer).label("affinity"))  # type: ignore[attr-defined]  # SQLModel's
        .select_from(counted)
        .join(other, col(other.id) == counted.c.term)
        .join(Tag, col(Tag.name) == col(other.word))
        .where(
            *(col(Tag.name) != tag.name, counted.c.number > 1, col(Tag.artwork_count) > 0),
            _is_shown(col(Tag.id), viewer_id),
        )
        .subquery()
    )


def _is_shown(tag_id: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which tags somebody does not hide."""
    return ~exists().where(col(HiddenTag.tag_id) == tag_id, col(HiddenTag.user_id) == viewer_id)
