"""What recent jobs tell about the next: how long an image takes, by engine and size, and how good promises were.

All is asked of finished and started jobs themselves, for the engine of a row that the statement has in reach.
"""

from __future__ import annotations

from math import log2
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ColumnElement,
    Float,
    Select,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from db.tables import GenerationJob, GenerationSlot, Worker
from db.words import JobStatus, SlotStatus
from domain.words import EtaConfidence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import FromClause, SQLColumnExpression, Subquery
    from sqlalchemy.sql.selectable import LateralFromClause

_SAMPLE: Final = 100
"""How many of an engine's last jobs are looked at."""
_GRADED: Final = 10
"""How many promises have to be graded before their error says something."""
_GOOD, _FAIR = 0.2, 0.5
_SECONDS = Float(53)
_LONGEST_S: Final = 2**31 - 1
"""What a GraphQL Int can tell."""


def load_of(width: int, height: int, steps: int) -> int:
    """Return the class of images that take about as long as one of this size: each is √2 times the work of the last."""
    return round(2 * log2(max(width * height * steps, 1)))


def pace(of: FromClause) -> LateralFromClause:
    """Return one row for the engine of ``of``: (known: seconds of an image by load, per_work: seconds of load 0).

    Both are NULL where nothing has been measured. The seconds are those of one worker: the time in which any of its
    jobs of a load ran, divided by all their images, as jobs that are painted in one call share it.
    """
    recent = (
        select(
            col(GenerationJob.load),
            col(GenerationJob.count),
            col(GenerationJob.worker_id).label("worker"),
            col(GenerationJob.started_at).label("began"),
            col(GenerationJob.finished_at).label("ended"),
        )
        .where(col(GenerationJob.engine) == of.c.engine, col(GenerationJob.status) == word(JobStatus.SUCCEEDED))
        .order_by(col(GenerationJob.finished_at).desc())
        .limit(_SAMPLE)
        .correlate(of)
        .subquery()
    )
    earlier_end = func.max(recent.c.ended).over(partition_by=recent.c.worker, order_by=recent.c.began, rows=(None, -1))
    free_from = func.greatest(recent.c.began, earlier_end)  # greatest() skips the first one's NULL
    seconds = func.greatest(func.extract("epoch", recent.c.ended - free_from), 0)
    busy = select(recent.c.load, recent.c.count, cast(seconds, _SECONDS).label("seconds")).subquery()
    loads = (
        select(busy.c.load, func.sum(busy.c.seconds).label("seconds"), func.sum(busy.c.count).label("images"))
        .group_by(busy.c.load)
        .subquery()
    )
    known = func.jsonb_object_agg(cast(loads.c.load, Text), loads.c.seconds / loads.c.images, type_=JSONB)
    per_work = func.sum(loads.c.seconds) / func.sum(loads.c.images * _work(loads.c.load))
    return select(known.label("known"), per_work.label("per_work")).lateral()


def seconds_of(measured: LateralFromClause, load: SQLColumnExpression[int]) -> ColumnElement[float]:
    """Return the seconds of an image of this load: as measured, else by its share of the work; NULL if nothing was."""
    known = cast(measured.c.known[cast(load, Text)].astext, _SECONDS)
    return func.coalesce(known, measured.c.per_work * _work(load))


def whole_seconds(measured: LateralFromClause, seconds: ColumnElement[float]) -> ColumnElement[Any]:
    """Return ``seconds``, rounded up, or NULL where nothing has been measured; what floats lose is no second.

    Where the first job that was measured was small and slow, those of large ones may be more than an integer holds.
    """
    rounded = func.least(func.ceil(func.coalesce(seconds, 0) - 1e-6), _LONGEST_S)
    return case((measured.c.per_work.is_not(None), rounded))


def images_running(of: FromClause) -> Select[int, int]:
    """Return (load, images) of all that is claimed for the engine of ``of`` and not painted.

    What a worker has in hand that is being drained is left out: nobody waits for it.
    """
    drained = (
        select(Worker)
        .where(col(Worker.id) == col(GenerationJob.lease_owner), col(Worker.draining_since).is_not(None))
        .correlate(GenerationJob)
        .exists()
    )
    unfinished = col(GenerationSlot.status).in_(words(SlotStatus.PENDING, SlotStatus.RENDERING, SlotStatus.CHECKING))
    return (
        select(col(GenerationJob.load), func.count().label("images"))
        .join(GenerationSlot, and_(col(GenerationSlot.job_id) == col(GenerationJob.id), unfinished))
        .where(
            col(GenerationJob.engine) == of.c.engine,
            col(GenerationJob.status).in_(words(JobStatus.PREPARING, JobStatus.RUNNING)),
            ~drained,
        )
        .group_by(col(GenerationJob.load))
        .correlate(of)
    )


def lines_of(engines: Iterable[str]) -> FromClause:
    """Return one row for each of these engines, as (engine)."""
    return values(column("engine", Text), name="lines").data([(key,) for key in engines])


def seconds_running(of: FromClause, measured: LateralFromClause) -> LateralFromClause:
    """Return one row: (images, seconds) of what is claimed for the engine of ``of`` and not painted."""
    running = images_running(of).subquery()
    seconds = func.sum(running.c.images * seconds_of(measured, running.c.load))
    images = func.coalesce(func.sum(running.c.images), 0)
    return select(images.label("images"), func.coalesce(seconds, 0).label("seconds")).lateral()


def waits(of: FromClause) -> LateralFromClause:
    """Return one row for the engine of ``of``: (median: seconds that its recent jobs waited, error, graded).

    ``error`` is the median of how far they missed what was promised as they were submitted, as a share of how long
    they waited (of a second at least); ``graded`` is how many had a promise.
    """
    recent = _started(of)
    return select(
        func.percentile_cont(0.5).within_group(recent.c.waited).label("median"),
        func.percentile_cont(0.5).within_group(recent.c.error).label("error"),
        func.count(recent.c.error).label("graded"),
    ).lateral()


def errors(of: FromClause) -> LateralFromClause:
    """Return (error), as ``waits`` knows it, of each recent job for the engine of ``of`` that had a promise."""
    recent = _started(of)
    return select(recent.c.error).where(recent.c.error.is_not(None)).lateral()


def _started(of: FromClause) -> Subquery:
    recent = (
        select(
            cast(func.extract("epoch", col(GenerationJob.started_at) - col(GenerationJob.queued_at)), _SECONDS).label(
                "waited"
            ),
            cast(col(GenerationJob.promised_s), _SECONDS).label("promised"),
        )
        .where(col(GenerationJob.engine) == of.c.engine, col(GenerationJob.started_at).is_not(None))
        .order_by(col(GenerationJob.started_at).desc())
        .limit(_SAMPLE)
        .correlate(of)
        .subquery()
    )
    missed = func.abs(recent.c.waited - recent.c.promised, type_=_SECONDS)
    error = missed / func.greatest(recent.c.waited, cast(1, _SECONDS))
    return select(recent.c.waited, error.label("error")).subquery()


def confidence(measured: LateralFromClause, waited: LateralFromClause) -> ColumnElement[str]:
    """Return how far a promise can be trusted, NULL where none is made."""
    is_graded = waited.c.graded >= _GRADED
    return case(
        (measured.c.per_work.is_(None), None),
        (and_(is_graded, waited.c.error <= _GOOD), EtaConfidence.HIGH.value),
        (and_(is_graded, waited.c.error <= _FAIR), EtaConfidence.MEDIUM.value),
        else_=EtaConfidence.LOW.value,
    )


def word(status: JobStatus | SlotStatus) -> ColumnElement[str]:
    """Return a status as the statement's own text: a parameter would keep prepared statements from partial indexes."""
    return literal_column(f"'{status.value}'")


def words(*statuses: JobStatus | SlotStatus) -> list[ColumnElement[str]]:
    """Return statuses as the statement's own text."""
    return [word(status) for status in statuses]


def _work(load: SQLColumnExpression[int]) -> ColumnElement[float]:
    return func.power(cast(2, _SECONDS), cast(load, _SECONDS) / 2)
