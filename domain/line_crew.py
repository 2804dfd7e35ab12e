"""Who paints for a line: how many workers serve its engine, whether it is paused, and what that makes of a wait."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import Integer, Select, Text, any_, bindparam, case, cast, func, select, true
from sqlmodel import col

from db.tables import GenerationJob, PausedEngine, Worker
from db.words import JobStatus
from domain.line_measures import whole_seconds, words
from domain.words import WaitingFor
from domain.workers import is_fresh

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, FromClause, SQLColumnExpression
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.selectable import LateralFromClause


def crew(of: FromClause) -> LateralFromClause:
    """Return one row for the engine of ``of``: (workers: how many serve it and may claim, idle, is_paused).

    Those are ``idle`` that have nothing in hand, for whichever engine.
    """
    active = words(JobStatus.PREPARING, JobStatus.RUNNING, JobStatus.CANCELING)
    in_hand = (
        select(GenerationJob)
        .where(col(GenerationJob.lease_owner) == col(Worker.id), col(GenerationJob.status).in_(active))
        .correlate(Worker)
        .exists()
    )
    paused = select(PausedEngine).where(col(PausedEngine.engine) == of.c.engine).correlate(of).exists()
    return (
        select(
            cast(func.count(), Integer).label("workers"),
            cast(func.count().filter(~in_hand), Integer).label("idle"),
            paused.label("is_paused"),
        )
        .select_from(Worker)
        .where(is_fresh(), col(Worker.draining_since).is_(None), of.c.engine == any_(col(Worker.engines)))
        .lateral()
    )


def is_possible(crewed: LateralFromClause) -> ColumnElement[bool]:
    """Return whether jobs for the engine of a ``crew`` are painted."""
    return (crewed.c.workers > 0) & ~crewed.c.is_paused


def waiting_for(crewed: LateralFromClause) -> ColumnElement[str]:
    """Return what a job for the engine of a ``crew`` waits for."""
    awaited = case(
        (crewed.c.is_paused, WaitingFor.RESUME.value),
        (crewed.c.workers == 0, WaitingFor.WORKER.value),
        else_=WaitingFor.TURN.value,
    )
    return cast(awaited, Text)


def wait(
    crewed: LateralFromClause,
    measured: LateralFromClause,
    jobs: SQLColumnExpression[int],
    seconds: SQLColumnExpression[float],
) -> ColumnElement[int]:
    """Return in how many seconds the job behind so many is begun; NULL where nothing is painted or was measured.

    Args:
        crewed: as ``crew`` returns it.
        measured: as ``pace`` returns it.
        jobs: how many wait before it; where more workers are idle, it is begun at once.
        seconds: what these and all that is in hand take one worker; all that serve the engine share it.
    """
    shared = case((jobs < crewed.c.idle, 0.0), else_=seconds / func.greatest(crewed.c.workers, 1))
    return cast(case((is_possible(crewed), whole_seconds(measured, shared))), Integer)


async def awaited(tx: AsyncSession, engine: str) -> WaitingFor:
    """Return what the next job for an engine would wait for."""
    return WaitingFor((await tx.execute(_AWAITED, {"engine": engine})).scalar_one())


def _awaited() -> Select[str]:
    asked = select(bindparam("engine", type_=Text).label("engine")).subquery()
    crewed = crew(asked)
    return select(waiting_for(crewed)).select_from(asked.join(crewed, true()))


_AWAITED: Final = _awaited()
