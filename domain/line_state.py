"""How the lines are doing: what each holds, how long one waits in it, and how good the word about that was."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from sqlalchemy import Integer, Subquery, cast, func, select, true
from sqlmodel import col

from db.tables import GenerationJob, LineCount
from db.words import JobStatus
from domain.catalogue import ENGINES
from domain.line import WHOLE_TURN
from domain.line_crew import crew, is_possible, wait
from domain.line_measures import (
    errors,
    lines_of,
    pace,
    seconds_of,
    seconds_running,
    waits,
    words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession


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
    """Seconds until the next job that comes is painted; None where nothing has been measured yet, or none is."""
    median_wait_seconds: float | None
    """Of recent jobs."""
    eta_error_p50: float | None
    """Median of how far what was promised to recent jobs was off, as a share of how long they waited."""
    is_paused: bool
    """Whether no job is claimed from it."""
    worker_count: int
    """Workers that serve the engine and claim jobs."""
    is_possible_now: bool
    """Whether jobs are painted: somebody serves the engine, and it is not paused."""


def queues() -> Subquery:
    """Return the line before each engine: what it holds, and what recent jobs tell, or NULL.

    Its columns are engine, waiting, running, images_ahead, eta_seconds, median_wait_seconds, eta_error_p50, is_paused,
    worker_count, is_possible_now.
    """
    lines = lines_of(ENGINES)
    measured, waited, crewed = pace(lines), waits(lines), crew(lines)
    claimed = seconds_running(lines, measured)
    loads = (
        select(
            col(LineCount.load),
            func.sum(col(LineCount.jobs)).label("jobs"),
            func.sum(col(LineCount.images)).label("images"),
        )
        .where(col(LineCount.engine) == lines.c.engine, col(LineCount.level) == WHOLE_TURN)
        .group_by(col(LineCount.load))
        .correlate(lines)
        .subquery()
    )
    waiting = select(
        func.coalesce(func.sum(loads.c.jobs), 0).label("jobs"),
        func.coalesce(func.sum(loads.c.images), 0).label("images"),
        func.sum(loads.c.images * seconds_of(measured, loads.c.load)).label("seconds"),
    ).lateral()
    running = (
        select(func.count())
        .select_from(GenerationJob)
        .where(
            col(GenerationJob.engine) == lines.c.engine,
            col(GenerationJob.status).in_(words(JobStatus.PREPARING, JobStatus.RUNNING)),
        )
        .scalar_subquery()
    )
    seconds = func.coalesce(waiting.c.seconds, 0) + claimed.c.seconds
    everything = lines.join(measured, true()).join(waited, true()).join(claimed, true()).join(waiting, true())
    return (
        select(
            lines.c.engine,
            cast(waiting.c.jobs, Integer).label("waiting"),
            cast(running, Integer).label("running"),
            cast(waiting.c.images + claimed.c.images, Integer).label("images_ahead"),
            wait(crewed, measured, waiting.c.jobs, seconds).label("eta_seconds"),
            waited.c.median.label("median_wait_seconds"),
            waited.c.error.label("eta_error_p50"),
            crewed.c.is_paused,
            crewed.c.workers.label("worker_count"),
            is_possible(crewed).label("is_possible_now"),
        )
        .select_from(everything.join(crewed, true()))
        .subquery()
    )


async def all_queues(tx: AsyncSession) -> Mapping[str, Queue]:
    """Return the line before each engine."""
    found = queues()
    columns = [found.c[field.name] for field in fields(Queue)]
    return {engine: Queue(*numbers) for engine, *numbers in await tx.execute(select(found.c.engine, *columns))}


async def eta_error(tx: AsyncSession) -> float | None:
    """Return the median of how far promises to recent jobs of all engines were off; None where none was made."""
    lines = lines_of(ENGINES)
    graded = errors(lines)
    median = func.percentile_cont(0.5).within_group(graded.c.error)
    found: float | None = (await tx.execute(select(median).select_from(lines.join(graded, true())))).scalar_one()
    return found
