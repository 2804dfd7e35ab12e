"""The line of waiting jobs: one order, one SQL definition, for claiming, positions and waiting times alike.

Priority of the plan first; then turns, so that a user's n-th waiting job stands behind everybody's first n - 1; then
age. Only jobs for an engine that the same workers run are in one line.

Where each job stands is kept in ``line_places``, and how many stand in each block of it in ``line_counts``, by triggers
that follow ``generation_jobs``; so a place is found by counting blocks and one block's jobs, however long the line is
(docs/adr/0014-a-place-is-counted-in-blocks.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Integer,
    Select,
    Subquery,
    Text,
    TextClause,
    Uuid,
    any_,
    bindparam,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlmodel import col

from db.tables import GenerationJob, LineCount, LinePlace, PausedEngine
from db.words import JobStatus
from domain.catalogue import ENGINES
from domain.line_crew import crew, is_possible, wait, waiting_for
from domain.line_measures import (
    confidence,
    images_running,
    lines_of,
    pace,
    seconds_of,
    seconds_running,
    waits,
)
from domain.words import EtaConfidence, WaitingFor
from domain.workers import may_claim

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, FromClause
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.selectable import LateralFromClause

_ALIKE = ("engine", "operation", "width", "height", "steps", "guidance")
"""What jobs that are painted in one call have in common."""
_GLANCE: Final = 64
"""How many compatible jobs are looked at to fill a call."""
_REACH: Final = 512
"""How far down the line company is looked for."""
_ORDER: Final = ("rank", "turn", "block", "queued_at", "job_id")
"""The order of a line: who has the least of these is first."""
_BITS: Final = 4
"""By which blocks of one level are narrower than those of the next: sixteen are one."""
WHOLE_TURN: Final = 3
"""The level of counts that stand for all of a turn."""
_NEWEST: Final = 2**62
"""The block of a job that has yet to be queued."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a waiting job stands."""

    position: int
    """1 for the job that is claimed next."""
    eta_seconds: int | None
    """Seconds until it starts, as measured from recent images; None where nothing has been measured yet, or nobody
    paints for its engine."""
    confidence: EtaConfidence | None = None
    """How far that can be trusted."""
    waiting_for: WaitingFor = WaitingFor.TURN


def line() -> Subquery:
    """Return the line as its rows, without an order; ``_order`` says which."""
    return select(*LinePlace.__table__.c).subquery()  # type: ignore[attr-defined]  # SQLModel does not tell of it


def _order(of: FromClause) -> list[ColumnElement[Any]]:
    return [of.c[name] for name in _ORDER]


async def next_waiting(tx: AsyncSession, engines: Sequence[str], worker_id: UUID) -> GenerationJob | None:
    """Return the first job of the line that one of ``engines`` can paint, locked; skip what others are claiming.

    Of several lines, the one goes first whose first job does. From a paused engine's, nothing is taken, nor by a
    worker that is being drained.
    """
    if len(engines) > 1:
        heads = await tx.execute(_heads(tuple(engines)))
        engines = [engine for (engine,) in heads]
    for engine in engines:
        job = (await tx.execute(_first_of(), {"engine": engine, "worker": worker_id})).scalar_one_or_none()
        if job:
            return job
    return None


async def company(tx: AsyncSession, lead: GenerationJob, room: int) -> Sequence[GenerationJob]:
    """Return waiting jobs that can be painted in one call with ``lead``, locked; skip what others are claiming.

    They are compatible (engine, size, steps and guidance are the same), in the order of the line, each with all its
    images in the ``room`` places that the call would leave empty. So no call is made for them, the lead's calls
    decide when the engine is free again, and nobody whom they overtake waits for more than the call that runs now. A
    job that was lost before, or goes with a lead that was, is painted alone: what kills an engine or its worker shall
    not take others with it again and again. A worker that is being drained has no company.
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
    locked = select(GenerationJob).where(*still_waiting, may_claim()).with_for_update(skip_locked=True)
    found = (await tx.execute(locked, {"worker": lead.lease_owner})).scalars().all()
    await tx.execute(_LOCK, {"engine": lead.engine, "users": [job.user_id for job in found]})
    return sorted(found, key=lambda job: chosen.index(job.id))


@cache
def _compatible() -> Select[UUID, int]:
    """Return the statement that looks for company; it locks nothing, so that nobody skips what is not chosen."""
    queue = line()
    near = select(queue).where(queue.c.engine == bindparam("engine")).order_by(*_order(queue)).limit(_REACH).subquery()
    alike = [getattr(GenerationJob, name) == bindparam(name) for name in _ALIKE]
    return (
        select(col(GenerationJob.id), col(GenerationJob.count))
        .join(near, near.c.job_id == col(GenerationJob.id))
        .where(
            *alike,
            col(GenerationJob.status) == JobStatus.QUEUED,
            col(GenerationJob.attempt) == 0,
            col(GenerationJob.count) <= bindparam("room"),
        )
        .order_by(*_order(near))
        .limit(_GLANCE)
    )


@cache
def _first_of() -> Select[GenerationJob]:
    """Return the statement that claims; putting it together takes longer than running it does."""
    queue = line()
    return (
        select(GenerationJob)
        .join(queue, queue.c.job_id == col(GenerationJob.id))
        .where(
            queue.c.engine == bindparam("engine"),
            col(GenerationJob.status) == JobStatus.QUEUED,
            ~select(PausedEngine).where(col(PausedEngine.engine) == bindparam("engine")).exists(),
            may_claim(),
        )
        .order_by(*_order(queue))
        .limit(1)
        .with_for_update(of=GenerationJob, skip_locked=True)
    )


@cache
def _heads(engines: tuple[str, ...]) -> Select[str]:
    lines, queue = lines_of(engines), line()
    head = (
        select(queue).where(queue.c.engine == lines.c.engine).order_by(*_order(queue)).limit(1).correlate(lines)
    ).lateral()
    return select(lines.c.engine).join(head, true()).order_by(*_order(head))


def placed() -> Subquery:
    """Return the line as (id, place, ahead, eta_seconds, eta_confidence, waiting_for).

    Seconds and confidence are as measured, or NULL.
    """
    return _placed(line()).subquery()


def _placed(queue: FromClause) -> Select[Any]:
    measured, waited, crewed = pace(queue), waits(queue), crew(queue)
    before = _before(queue, measured)
    return select(
        queue.c.job_id.label("id"),
        cast(before.c.jobs + 1, Integer).label("place"),
        cast(before.c.jobs, Integer).label("ahead"),
        wait(crewed, measured, before.c.jobs, before.c.seconds).label("eta_seconds"),
        cast(case((is_possible(crewed), confidence(measured, waited))), Text).label("eta_confidence"),
        waiting_for(crewed).label("waiting_for"),
    ).select_from(_with(queue, measured, waited, crewed, before))


def _with(first: FromClause, *laterals: LateralFromClause) -> FromClause:
    for lateral in laterals:
        first = first.join(lateral, true())
    return first


def _before(queue: FromClause, measured: LateralFromClause) -> LateralFromClause:
    """Return one row for a place: (jobs, seconds) of all that stands before it, running images counted as seconds."""
    turns = _counted(queue, WHOLE_TURN).where(
        tuple_(col(LineCount.rank), col(LineCount.turn)) < tuple_(queue.c.rank, queue.c.turn)
    )
    other = line()
    same_block = [other.c[name] == queue.c[name] for name in ("engine", "rank", "turn", "block")]
    neighbours = (
        select(other.c.load, literal(1), other.c.images)
        .where(*same_block, tuple_(other.c.queued_at, other.c.job_id) < tuple_(queue.c.queued_at, queue.c.job_id))
        .correlate(queue)
    )
    running = images_running(queue).subquery()
    painted = select(running.c.load, literal(0), running.c.images)
    everything = union_all(turns, *_blocks_before(queue), neighbours, painted).subquery()
    loads = (
        select(
            everything.c.load,
            func.sum(everything.c.jobs).label("jobs"),
            func.sum(everything.c.images).label("images"),
        )
        .group_by(everything.c.load)
        .subquery()
    )
    return select(
        func.coalesce(func.sum(loads.c.jobs), 0).label("jobs"),
        func.sum(loads.c.images * seconds_of(measured, loads.c.load)).label("seconds"),
    ).lateral()


def _blocks_before(queue: FromClause) -> list[Select[int, int, int]]:
    """Return statements for what stands before a place in its own turn, each block in the largest that it fills."""
    blocks = []
    for level in range(WHOLE_TURN):
        its_own = queue.c.block.op(">>")(_number(_BITS * level))
        same_turn = col(LineCount.rank) == queue.c.rank, col(LineCount.turn) == queue.c.turn
        before = _counted(queue, level).where(*same_turn, col(LineCount.block) < its_own)
        if level + 1 < WHOLE_TURN:
            above = queue.c.block.op(">>")(_number(_BITS * (level + 1)))
            before = before.where(col(LineCount.block) >= above.op("<<")(_number(_BITS)))
        blocks.append(before)
    return blocks


def _counted(queue: FromClause, level: int) -> Select[int, int, int]:
    return (
        select(col(LineCount.load), col(LineCount.jobs), col(LineCount.images))
        .where(col(LineCount.engine) == queue.c.engine, col(LineCount.level) == _number(level))
        .correlate(queue)
    )


def _number(value: int) -> ColumnElement[int]:
    """Return a number as the statement's own text, whose type is the one that operators on blocks want."""
    return literal_column(str(value), Integer)


async def places(tx: AsyncSession, job_ids: Iterable[UUID] | None = None, limit: int = 200) -> Mapping[UUID, Place]:
    """Return the places of those of ``job_ids`` that wait, or of the first ``limit`` of each line."""
    if job_ids is None:
        found = await tx.execute(_front(limit))
    else:
        found = await tx.execute(_places_of(), {"jobs": [*job_ids]})
    return {job_id: _place(*told) for job_id, *told in found}


@cache
def _places_of() -> Select[Any]:
    queue = placed()
    columns = queue.c.id, queue.c.place, queue.c.eta_seconds, queue.c.eta_confidence, queue.c.waiting_for
    return select(*columns).where(queue.c.id == any_(bindparam("jobs", type_=ARRAY(Uuid))))


async def place_of_next(tx: AsyncSession, engine: str, user_id: UUID) -> Place:
    """Return where the next job of a user would stand before ``engine``."""
    found = (await tx.execute(_next(), {"engine": engine, "user": user_id})).one()
    return _place(found.place, found.eta_seconds, found.eta_confidence, found.waiting_for)


def _place(position: int, eta_seconds: int | None, trust: str | None, awaited: str) -> Place:
    return Place(position, eta_seconds, EtaConfidence(trust) if trust else None, WaitingFor(awaited))


@cache
def _next() -> Select[Any]:
    engine, others = bindparam("engine", type_=Text), line()
    turn = select(func.count() + 1).where(
        others.c.user_id == bindparam("user", type_=Uuid), others.c.engine == engine, others.c.rank <= 0
    )
    place = select(
        engine.label("engine"),
        literal(0).label("rank"),
        turn.scalar_subquery().label("turn"),
        literal(_NEWEST, BigInteger).label("block"),
        func.now().label("queued_at"),
        bindparam("user", type_=Uuid).label("job_id"),
    ).subquery()
    return _placed(place)


@cache
def _front(limit: int) -> Select[Any]:
    """Return the statement for the first ``limit`` places of each line, which add up as they are read."""
    lines, queue = lines_of(ENGINES), line()
    first = select(queue).where(queue.c.engine == lines.c.engine).order_by(*_order(queue)).limit(limit)
    front, measured, waited, crewed = first.correlate(lines).lateral(), pace(lines), waits(lines), crew(lines)
    claimed = seconds_running(lines, measured)
    whole_line: dict[str, Any] = {"partition_by": front.c.engine, "order_by": _order(front)}
    seconds = front.c.images * seconds_of(measured, front.c.load)
    place = func.row_number().over(**whole_line)
    before = func.coalesce(func.sum(seconds).over(**whole_line, rows=(None, -1)), 0) + claimed.c.seconds
    return select(
        front.c.job_id,
        place,
        wait(crewed, measured, place - 1, before),
        cast(case((is_possible(crewed), confidence(measured, waited))), Text),
        waiting_for(crewed),
    ).select_from(_with(lines, front, measured, waited, crewed, claimed))


async def is_anyone_waiting(tx: AsyncSession) -> bool:
    """Whether any line has a job in it."""
    return (await tx.execute(select(select(LinePlace).exists()))).scalar_one()


async def length(tx: AsyncSession) -> int:
    """Return how many jobs wait in all lines."""
    jobs = select(func.coalesce(func.sum(col(LineCount.jobs)), 0)).where(col(LineCount.level) == WHOLE_TURN)
    return (await tx.execute(jobs)).scalar_one()


async def tidy(tx: AsyncSession) -> None:
    """Sum up what each block of the line gained and lost, so that counting stays short."""
    await tx.execute(_TIDY)


_LOCK: Final = select(func.line_lock(bindparam("engine", type_=Text), bindparam("users", type_=ARRAY(Uuid))))
"""Taken before several users' places change in one transaction: one by one, two of them might wait for each other."""
_TIDY: Final[TextClause] = text("""
    WITH crowded AS (
        SELECT engine, level, rank, turn, block FROM line_counts
        GROUP BY engine, level, rank, turn, block, load HAVING count(*) > 1
    ), gone AS (
        DELETE FROM line_counts WHERE (engine, level, rank, turn, block) IN (SELECT * FROM crowded) RETURNING *
    )
    INSERT INTO line_counts (engine, level, rank, turn, block, load, jobs, images)
    SELECT engine, level, rank, turn, block, load, sum(jobs), sum(images)
    FROM gone GROUP BY engine, level, rank, turn, block, load HAVING sum(jobs) <> 0
""")
