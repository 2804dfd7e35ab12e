"""Painting the failed images of a job again: a child job with their seeds and all of its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db.tables import GenerationJob
from db.words import SlotStatus
from domain import galleries, generation, guard, jobs, operations
from domain.bounds import INPUT
from domain.catalogue import ENGINES
from domain.errors import ContentBlocked, InvalidInput, NotFound, NothingToRetry
from domain.generation import GenerationSpec
from domain.prompts import ToldPrompt

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

_PATH: Final = (*INPUT, "jobId")


@dataclass(frozen=True, slots=True)
class Retry:
    """The failed images of one of the user's jobs, painted again."""

    job_id: UUID


async def specified(
    tx: AsyncSession, user_id: UUID, retry: Retry, engines: Sequence[str]
) -> tuple[GenerationSpec, ToldPrompt]:
    """Return the specification of the failed images, and what the engine was told of them.

    Raises:
        NotFound: the user has no such job, or what it was made from is gone.
        NothingToRetry: it has not ended, or none of its images failed.
        InvalidInput: its engine does not run here any more.
    """
    query = select(GenerationJob).where(col(GenerationJob.id) == retry.job_id, col(GenerationJob.user_id) == user_id)
    job = (await tx.execute(query)).scalar_one_or_none()
    if job is None:
        raise NotFound(_PATH)
    spec = await _spec_of(tx, job, engines)
    told = ToldPrompt(
        job.prompt if job.effective_prompt is None else job.effective_prompt,
        job.negative_prompt if job.effective_negative_prompt is None else job.effective_negative_prompt,
    )
    return replace(spec, asked=retry), told


async def submit(
    tx: AsyncSession, user_id: UUID, spec: GenerationSpec, key: str, told: ToldPrompt, daily_limit: int
) -> UUID:
    """Put a job for the failed images of a job in the line; return its id. See ``generation.submit``.

    What was blocked or skipped is not painted again. A job is retried once, and again where nothing came of that, as it
    was canceled or waited too long; what fails again, is retried as its child.

    Raises:
        NotFound: what it was made from is gone.
        NothingToRetry: its failed images have been retried.
        ContentBlocked: the content guard blocks the prompt, by the rules of today.
        InvalidInput: what it was made from can not be worked on any more.
        OwnerBusy, DailyLimitReached, InsufficientCredits, IdempotencyConflict: as ``generation.submit`` raises them.
    """
    if spec.owner and not await galleries.still_own(tx, user_id, spec.owner.id):
        spec = replace(spec, owner=None)
    try:
        child_id = await generation.submit(tx, user_id, spec, key, told, daily_limit)
    except NotFound:
        raise NotFound(_PATH) from None
    except ContentBlocked as refusal:
        raise ContentBlocked(refusal.finding, _PATH) from None
    except InvalidInput as refusal:
        raise InvalidInput(refusal.reason, _PATH, **refusal.values) from None
    child, parent = await tx.get_one(GenerationJob, child_id), await tx.get_one(GenerationJob, spec.parent_id)
    child.content_level = guard.highest((child.content_level, parent.content_level))
    return child_id


async def _spec_of(tx: AsyncSession, job: GenerationJob, engines: Sequence[str]) -> GenerationSpec:
    failed = [slot for slot in await jobs.slots(tx, job.id) if slot.status is SlotStatus.FAILED]
    if not job.status.is_final or not failed:
        raise NothingToRetry
    made_from = await operations.ingredients_of(tx, job)
    if operations.lacks_pictures(job.operation, made_from):
        raise NotFound(_PATH)
    if job.engine not in engines:
        raise InvalidInput("engine.unknown", _PATH, value=job.engine, choices=", ".join(engines))
    return GenerationSpec(
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        engine=job.engine,
        style=job.style,
        ratio=job.ratio,
        width=job.width,
        height=job.height,
        count=len(failed),
        seed=failed[0].seed,
        steps=job.steps,
        guidance=job.guidance,
        price=ENGINES[job.engine].prices[job.operation],
        visibility=job.visibility,
        operation=job.operation,
        made_from=made_from,
        owner=await galleries.still_own(tx, job.user_id, job.gallery_id),
        parent_id=job.id,
        seeds=tuple(slot.seed for slot in failed),
    )
