"""The line of waiting jobs: one order, one SQL definition, for claiming, positions and waiting times alike.

Priority of the plan first; then turns, so that a user's n-th waiting job stands behind everybody's first n - 1; then
age. Only jobs for an engine that the same workers run are in one line.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import Float, Integer, Select, Subquery, Text, and_, bindparam, cast, column, func, select, values
from sqlmodel import col

from db.tables import GenerationJob, GenerationSlot
from db.words import JobStatus, SlotStatus
from domain.catalogue import ENGINES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

_SAMPLE = 100
"""How many of the last finished jobs tell how long an image takes."""
_ALIKE = ("engine", "operation", "width", "height", "steps", "guidance")
"""What jobs that are painted in one call have in common."""
_GLANCE = 64
"""How many compatible jobs are looked at to fill a call."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting job stands."""

    position: int
    """1 for the job that is claimed next."""
    eta_seconds: int | None
    """Seconds until it starts, as measured from recent images; None where nothing has been measured yet."""


@dataclass(frozen=True, slots=True)
class Queue:
    """The line before an engine."""

    waiting: int
    """Jobs."""
    running: int
    """Jobs."""
    images_ahead: int
    """Images that are painted before those of the next job that comes."""
    eta_seconds: int | None
    """Seconds until the next job that comes is painted; None where nothing has been measured yet."""


def line() -> Subquery:
    """Return the line as (id, engine, place, images_ahead), place counted from 1 for each engine."""
    turn = func.row_number().over(
        partition_by=(col(GenerationJob.engine), col(GenerationJob.user_id)),
        order_by=(col(GenerationJob.priority).desc(), col(GenerationJob.queued_at), col(GenerationJob.id)),
    )
    waiting = (
        select(
            col(GenerationJob.id),
            col(GenerationJob.engine),
            col(GenerationJob.priority),
            col(GenerationJob.queued_at),
            col(GenerationJob.count),
            turn.label("turn"),
        )
        .where(col(GenerationJob.status) == JobStatus.QUEUED)
        .subquery()
    )
    order = (waiting.c.priority.desc(), waiting.c.turn, waiting.c.queued_at, waiting.c.id)
    through = func.sum(waiting.c.count).over(partition_by=waiting.c.engine, order_by=order, rows=(None, 0))
    return select(
        waiting.c.id,
        waiting.c.engine,
        func.row_number().over(partition_by=waiting.c.engine, order_by=order).label("place"),
        (through - waiting.c.count).label("images_ahead"),
    ).subquery()


async def next_waiting(tx: AsyncSession, engines: Sequence[str]) -> GenerationJob | None:
    """Return the first job of the line that one of ``engines`` can paint, locked; skip what others are claiming."""
    return (await tx.execute(_next_waiting(tuple(engines)))).scalar_one_or_none()


async def company(tx: AsyncSession, lead: GenerationJob, room: int) -> Sequence[GenerationJob]:
    """Return waiting jobs that can be painted in one call with ``lead``, locked; skip what others are claiming.

    They are compatible (engine, size, steps and guidance are the same), in the order of the line, each with all its
    images in the ``room`` places that the call would leave empty. So no call is made for them, the lead's calls
    decide when the engine is free again, and nobody whom they overtake waits for more than the call that runs now. A
    job that was lost before, or goes with a lead that was, is painted alone: what kills an engine or its worker shall
    not take others with it again and again.
    """
    if lead.attempt:
        return []
    candidates = await tx.execute(_compatible(), {name: getattr(lead, name) for name in _ALIKE} | {"room": room})
    chosen: list[UUID] = []
    for job_id, count in candidates:
        if count <= room:
            chosen.append(job_id)
            room -= count
    if not chosen:
        return []
    still_waiting = col(GenerationJob.id).in_(chosen), col(GenerationJob.status) == JobStatus.QUEUED
    locked = select(GenerationJob).where(*still_waiting).with_for_update(skip_locked=True)
    return sorted((await tx.execute(locked)).scalars(), key=lambda job: chosen.index(job.id))


@cache
def _compatible() -> Select[UUID, int]:
    """Return the statement that looks for company; it locks nothing, so that nobody skips what is not chosen."""
    queue = line()
    alike = [getattr(GenerationJob, name) == bindparam(name) for name in _ALIKE]
    return (
        select(col(GenerationJob.id), col(GenerationJob.count))
        .join(queue, queue.c.id == col(GenerationJob.id))
        .where(*alike, col(GenerationJob.attempt) == 0, col(GenerationJob.count) <= bindparam("room"))
        .order_by(queue.c.place)
        .limit(_GLANCE)
    )


@cache
def _next_waiting(engines: tuple[str, ...]) -> Select[GenerationJob]:
    """Return the statement that claims; putting it together takes longer than running it does."""
    queue = line()
    return (
        select(GenerationJob)
        .join(queue, queue.c.id == col(GenerationJob.id))
        .where(col(GenerationJob.status) == JobStatus.QUEUED, col(GenerationJob.engine).in_(engines))
        .order_by(queue.c.place)
        .limit(1)
        .with_for_update(of=GenerationJob, skip_locked=True)
    )


def placed() -> Subquery:
    """Return the line as (id, place, ahead, eta_seconds), the last as measured from recent images, or NULL."""
    queue = line()
    seconds = _seconds_per_image().subquery()
    running = _images_running().subquery()
    images_ahead = queue.c.images_ahead + func.coalesce(running.c.images, 0)
    return (
        select(
            queue.c.id,
            cast(queue.c.place, Integer).label("place"),
            cast(queue.c.place - 1, Integer).label("ahead"),
            cast(func.ceil(images_ahead * seconds.c.seconds), Integer).label("eta_seconds"),
        )
        .select_from(queue)
        .outerjoin(seconds, seconds.c.engine == queue.c.engine)
        .outerjoin(running, running.c.engine == queue.c.engine)
        .subquery()
    )


async def places(tx: AsyncSession, job_ids: Iterable[UUID] | None = None, limit: int = 200) -> Mapping[UUID, Place]:
    """Return the places of those of ``job_ids`` that wait, or of the first ``limit`` of each line."""
    queue = placed()
    query = select(queue.c.id, queue.c.place, queue.c.eta_seconds)
    query = query.where(queue.c.place <= limit) if job_ids is None else query.where(queue.c.id.in_(list(job_ids)))
    return {job_id: Place(place, eta) for job_id, place, eta in await tx.execute(query)}


def queues() -> Subquery:
    """Return the line before each engine as (engine, waiting, running, images_ahead, eta_seconds, median_wait_seconds).

    The seconds are measured from recent jobs, or NULL.
    """
    engines = values(column("engine", Text), name="engines").data([(key,) for key in ENGINES])
    waiting = _jobs(JobStatus.QUEUED).subquery()
    running = _jobs(JobStatus.PREPARING, JobStatus.RUNNING).subquery()
    unpainted = _images_running().subquery()
    seconds, waits = _seconds_per_image().subquery(), _median_waits().subquery()
    images_ahead = func.coalesce(waiting.c.images, 0) + func.coalesce(unpainted.c.images, 0)
    query = select(
        engines.c.engine,
        cast(func.coalesce(waiting.c.jobs, 0), Integer).label("waiting"),
        cast(func.coalesce(running.c.jobs, 0), Integer).label("running"),
        cast(images_ahead, Integer).label("images_ahead"),
        cast(func.ceil(images_ahead * seconds.c.seconds), Integer).label("eta_seconds"),
        waits.c.seconds.label("median_wait_seconds"),
    ).select_from(engines)
    for each in (waiting, running, unpainted, seconds, waits):
        query = query.outerjoin(each, each.c.engine == engines.c.engine)
    return query.subquery()


async def all_queues(tx: AsyncSession) -> Mapping[str, Queue]:
    """Return the line before each engine."""
    found = queues()
    query = select(found.c.engine, found.c.waiting, found.c.running, found.c.images_ahead, found.c.eta_seconds)
    return {engine: Queue(*numbers) for engine, *numbers in await tx.execute(query)}


def _jobs(*statuses: JobStatus) -> Select[str, int, int]:
    """Return, for each engine, how many jobs are in one of these states, and of how many images."""
    return (
        select(
            col(GenerationJob.engine), func.count().label("jobs"), func.sum(col(GenerationJob.count)).label("images")
        )
        .where(col(GenerationJob.status).in_(statuses))
        .group_by(col(GenerationJob.engine))
    )


def _median_waits() -> Select[str, float]:
    """Return, for each engine, the median of the seconds that its most recent jobs waited."""
    waited = func.extract("epoch", col(GenerationJob.started_at) - col(GenerationJob.queued_at))
    recent = (
        select(col(GenerationJob.engine), cast(waited, Float(53)).label("seconds"))
        .where(col(GenerationJob.started_at).is_not(None))
        .order_by(col(GenerationJob.id).desc())
        .limit(_SAMPLE)
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(recent.c.seconds)
    return select(recent.c.engine, median.label("seconds")).group_by(recent.c.engine)


def _images_running() -> Select[str, int]:
    """Return, for each engine, how many images of claimed jobs are still to be painted."""
    unfinished = col(GenerationSlot.status).in_((SlotStatus.PENDING, SlotStatus.RENDERING, SlotStatus.CHECKING))
    active = col(GenerationJob.status).in_((JobStatus.PREPARING, JobStatus.RUNNING))
    return (
        select(col(GenerationJob.engine), func.count().label("images"))
        .join(GenerationSlot, and_(col(GenerationSlot.job_id) == col(GenerationJob.id), unfinished))
        .where(active)
        .group_by(col(GenerationJob.engine))
    )


def _seconds_per_image() -> Select[str, float]:
    """Return, for each engine, the seconds an image took in its most recent finished jobs.

    That is the time in which any of them ran, divided by all their images: jobs that are painted in one call, or by
    several workers, share it.
    """
    recent = (
        select(
            col(GenerationJob.engine),
            col(GenerationJob.count),
            col(GenerationJob.started_at).label("began"),
            col(GenerationJob.finished_at).label("ended"),
        )
        .where(col(GenerationJob.status) == JobStatus.SUCCEEDED)
        .order_by(col(GenerationJob.id).desc())
        .limit(_SAMPLE)
        .subquery()
    )
    earlier_end = func.max(recent.c.ended).over(partition_by=recent.c.engine, order_by=recent.c.began, rows=(None, -1))
    free_from = func.greatest(recent.c.began, earlier_end)  # greatest() skips the first one's NULL
    busy = select(
        recent.c.engine,
        recent.c.count,
        func.greatest(func.extract("epoch", recent.c.ended - free_from), 0).label("seconds"),
    ).subquery()
    seconds = cast(func.sum(busy.c.seconds), Float(53)) / func.sum(busy.c.count)
    return select(busy.c.engine, seconds.label("seconds")).group_by(busy.c.engine)


async def is_anyone_waiting(tx: AsyncSession) -> bool:
    """Whether any line has a job in it."""
    waiting = select(col(GenerationJob.id)).where(col(GenerationJob.status) == JobStatus.QUEUED)
    return (await tx.execute(select(waiting.exists()))).scalar_one()


async def length(tx: AsyncSession) -> int:
    """Return how many jobs wait in all lines."""
    waiting = select(func.count()).select_from(GenerationJob).where(col(GenerationJob.status) == JobStatus.QUEUED)
    return (await tx.execute(waiting)).scalar_one()
