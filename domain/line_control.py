"""Changing the line by hand: a user puts their own jobs in another order, an administrator pauses an engine."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db import outbox
from db.tables import GenerationJob, PausedEngine
from db.words import JobStatus
from domain import credits
from domain.errors import NotFound, NotWaiting

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_TOLD: Final = 100
"""How many of a user's waiting jobs are told in their new order."""


async def move(tx: AsyncSession, user_id: UUID, job_id: UUID, before: UUID | None) -> Sequence[UUID]:
    """Put one of the user's waiting jobs before another of theirs, or last; return those of that line in order.

    The user's jobs take over each other's ages, as many as they are: the line has the same places for everybody else.
    What was promised to those that moved is no longer graded.

    Raises:
        NotFound: the user has no such job.
        NotWaiting: it does not wait, or the other does not wait in the same line with the same priority.
    """
    await credits.lock_account(tx, user_id)
    moved = await _own(tx, user_id, job_id, "jobId")
    if before is not None:
        await _own(tx, user_id, before, "before")
    query = select(GenerationJob).where(
        col(GenerationJob.user_id) == user_id,
        col(GenerationJob.engine) == moved.engine,
        col(GenerationJob.priority) == moved.priority,
        col(GenerationJob.status) == JobStatus.QUEUED,
    )
    locked = await tx.execute(query.with_for_update().execution_options(populate_existing=True))
    waiting = sorted(locked.scalars(), key=lambda job: (job.queued_at, job.id))
    by_id = {job.id: job for job in waiting}
    if job_id not in by_id:
        raise NotWaiting("jobId")
    if before is not None and before not in by_id:
        raise NotWaiting("before")
    order = [each for each in by_id if each != job_id or before == job_id]
    if before != job_id:
        order.insert(len(order) if before is None else order.index(before), job_id)
    _take_over(waiting, [by_id[each] for each in order])
    outbox.line_changed(tx)
    return order[:MAXIMUM_TOLD]


def _take_over(waiting: Sequence[GenerationJob], order: Sequence[GenerationJob]) -> None:
    """Give jobs in their new order the ages that those in the old one had; of two that are the same, one grows."""
    ages = [job.queued_at for job in waiting]
    for index in range(1, len(ages)):
        ages[index] = max(ages[index], ages[index - 1] + timedelta(microseconds=1))
    for job, age, before in zip(order, ages, waiting, strict=True):
        if job is not before:
            job.queued_at = age
            job.promised_s = None


async def _own(tx: AsyncSession, user_id: UUID, job_id: UUID, field: str) -> GenerationJob:
    query = select(GenerationJob).where(col(GenerationJob.id) == job_id, col(GenerationJob.user_id) == user_id)
    job = (await tx.execute(query)).scalar_one_or_none()
    if job is None:
        raise NotFound(("input", field))
    return job


async def pause(tx: AsyncSession, user_id: UUID, engine: str) -> None:
    """Let no job be claimed for an engine; those in hand are painted. Paused again, it changes nothing."""
    row = PausedEngine(engine=engine, user_id=user_id)
    await tx.execute(insert(PausedEngine).values(row.model_dump()).on_conflict_do_nothing())
    outbox.line_changed(tx)


async def resume(tx: AsyncSession, engine: str) -> None:
    """Let jobs be claimed for an engine again. Resumed again, it changes nothing."""
    await tx.execute(delete(PausedEngine).where(col(PausedEngine.engine) == engine))
    outbox.line_changed(tx)
    outbox.ring_gpu(tx)
