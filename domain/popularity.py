"""How popular artworks are: scores that nothing has to rewrite as time passes, and rounds that tell of new points.

A score is log2(1 + points) + moment of publication / half-life of the window. An artwork that was published one
half-life later needs half as many points for the same place, so the order of any two changes with their points alone.
Scores are kept in versions, from round to round: who pages through a ranking reads all of it as of one round.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Double, and_, cast, delete, extract, func, insert, literal, literal_column, select, update
from sqlmodel import col

from db.tables import Artwork, ArtworkScore, ScoreMark, ScoreRound
from db.tables.columns import now
from domain import artworks
from domain.words import FeedWindow

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

HALF_LIVES: Final = {
    FeedWindow.DAY: timedelta(hours=8),
    FeedWindow.WEEK: timedelta(days=2),
    FeedWindow.MONTH: timedelta(days=8),
}
"""Of what is popular in a window; that of all time does not fade."""
COMMENT_POINTS: Final = 2
"""A comment counts as so many likes."""
ROUND_EVERY: Final = timedelta(seconds=30)
KEPT: Final = timedelta(minutes=30)
"""How long a ranking can be read on as it was."""
_AT_ONCE: Final = 20_000
"""Marks that one round takes."""
_LOCK: Final = 0x_EA5E3
_UNSEEN: Final = {"synchronize_session": False}
"""Rows are not loaded into sessions: their beginning of time is before Python's."""
_FOREVER: Final[ColumnElement[datetime]] = literal_column("'infinity'::timestamptz")
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


def column_of(window: FeedWindow | None) -> str:
    """Return the name of the column with the scores of a window; by default a week's."""
    return _COLUMN_OF[window or FeedWindow.WEEK]


def as_of(moment: Any) -> ColumnElement[datetime]:  # noqa: ANN401 - a moment in SQL, None for the present
    """Return the round as of which a ranking is read: the newest, or that of a cursor's ``moment`` while it is kept.

    After that it is the oldest that is kept; before the first round, the beginning of time.
    """
    at = col(ScoreRound.at)
    newest = select(func.max(at)).scalar_subquery()
    if moment is None:
        return func.coalesce(newest, _BEGINNING)
    oldest = select(func.min(at)).scalar_subquery()
    return func.coalesce(func.least(newest, func.greatest(oldest, moment)), _BEGINNING)


def is_good(version: Row, at: Value) -> ColumnElement[bool]:
    """Return the clause that says which versions of scores are good as of a round."""
    return and_(version.since <= at, version.until > at)


async def begin(tx: AsyncSession, artwork_id: UUID) -> None:
    """Give an artwork that has become public its first score, which is good at once in every ranking."""
    await forget(tx, artwork_id)
    scored = _scores().where(col(Artwork.id) == artwork_id)
    await tx.execute(insert(ArtworkScore).from_select(["artwork_id", *_COLUMNS], scored))


async def forget(tx: AsyncSession, artwork_id: UUID) -> None:
    """Take an artwork that is public no more out of all rankings, once a round that is scoring it has ended."""
    its = col(ArtworkScore.artwork_id) == artwork_id
    # locked before they are deleted: what such a round adds is seen by the second statement, not by the first
    await tx.execute(select(col(ArtworkScore.artwork_id)).where(its).with_for_update())
    await tx.execute(delete(ArtworkScore).where(its), execution_options=_UNSEEN)


async def score_anew(tx: AsyncSession, moment: datetime | None = None) -> int:
    """Give artworks whose points have changed new scores, unless a round was held lately or another one is under way.

    Args:
        tx: of the round alone; its rows are seen together, or not at all.
        moment: of the round; the present one by default.

    Returns:
        How many have other scores than before.
    """
    if not (await tx.execute(select(func.pg_try_advisory_xact_lock(_LOCK)))).scalar_one():
        return 0
    last = (await tx.execute(select(func.max(col(ScoreRound.at))))).scalar_one()
    at = moment or now()
    if last and at - last < ROUND_EVERY:
        return 0
    changed = await _score_marked(tx, at)
    if changed:
        before = [] if last else [ScoreRound(at=at - timedelta(microseconds=1))]  # what was read before any round
        tx.add_all([*before, ScoreRound(at=at)])
        await tx.flush()
    await _forget_superseded(tx, at - KEPT)
    return changed


async def _score_marked(tx: AsyncSession, at: datetime) -> int:
    oldest = select(col(ScoreMark.id)).order_by(col(ScoreMark.id)).limit(_AT_ONCE)
    taken = await tx.execute(
        delete(ScoreMark).where(col(ScoreMark.id).in_(oldest)).returning(col(ScoreMark.artwork_id))
    )
    marked = set(taken.scalars())
    if not marked:
        return 0
    scores = _scores().where(col(Artwork.id).in_(marked)).cte("scores")
    ended = (
        update(ArtworkScore)
        .where(
            col(ArtworkScore.artwork_id) == scores.c.id,
            col(ArtworkScore.until) == _FOREVER,
            col(ArtworkScore.ever) != scores.c.ever,
        )
        .values(until=at)
        .returning(col(ArtworkScore.artwork_id))
        .cte("ended")
    )
    renewed = select(*scores.c, literal(at)).where(scores.c.id.in_(select(ended.c.artwork_id)))
    made = await tx.execute(
        insert(ArtworkScore)
        .from_select(["artwork_id", *_COLUMNS, "since"], renewed)
        .returning(col(ArtworkScore.artwork_id))
    )
    return len(made.all())


async def _forget_superseded(tx: AsyncSession, before: datetime) -> None:
    """Delete rounds and versions that nobody reads any more: those that the last round ``before`` a moment ended."""
    at = col(ScoreRound.at)
    oldest = (await tx.execute(select(func.max(at)).where(at <= before))).scalar_one()
    if oldest:
        until = col(ArtworkScore.until)
        await tx.execute(delete(ArtworkScore).where(until < _FOREVER, until <= oldest), execution_options=_UNSEEN)
        await tx.execute(delete(ScoreRound).where(at < oldest), execution_options=_UNSEEN)


_COLUMN_OF: Final = {
    FeedWindow.DAY: "day",
    FeedWindow.WEEK: "week",
    FeedWindow.MONTH: "month",
    FeedWindow.ALL: "ever",
}
_COLUMNS: Final = tuple(_COLUMN_OF.values())


def _scores() -> Select[Any]:
    """Return the statement for the scores of public artworks as they are now."""
    points = 1 + col(Artwork.like_count) + COMMENT_POINTS * col(Artwork.comment_count)
    weight = func.ln(cast(points, Double)) / math.log(2)
    born = cast(extract("epoch", col(Artwork.created_at)), Double)
    decayed = [
        (weight + born / HALF_LIVES[window].total_seconds()).label(column_of(window))
        for window in (FeedWindow.DAY, FeedWindow.WEEK, FeedWindow.MONTH)
    ]
    columns: list[Any] = [col(Artwork.id), *decayed, weight.label("ever")]
    return select(*columns).where(artworks.is_out(Artwork))
