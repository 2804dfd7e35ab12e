"""Painting a picture again: all settings that it was made with, but for those that shall be others."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db.tables import GenerationJob, MediaAsset
from db.words import AssetStatus
from domain import galleries, generation, operations
from domain.bounds import INPUT
from domain.errors import ContentBlocked, InvalidInput, NotFound, OwnerBusy
from domain.generation import GenerationRequest
from domain.operations import SHAPED_BY_SOURCE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.generation import GenerationSpec
    from domain.prompts import ToldPrompt

_PATH: Final = (*INPUT, "fromAssetId")


@dataclass(frozen=True, slots=True)
class Overrides:
    """What shall be another than it was; None where nothing shall."""

    prompt: str | None = None
    negative_prompt: str | None = None
    engine: str | None = None
    style: str | None = None
    count: int | None = None
    seed: int | None = None
    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None


@dataclass(frozen=True, slots=True)
class Rerun:
    """One of the user's pictures, and what shall be another this time."""

    asset_id: UUID
    overrides: Overrides


async def specified(
    tx: AsyncSession, user_id: UUID, rerun: Rerun, engines: Sequence[str]
) -> tuple[GenerationSpec, Mapping[str, str]]:
    """Return the specification of the same picture, and how its words were put into English the first time.

    It joins the gallery that its job's pictures joined, where that is still there.

    Raises:
        NotFound: the user has no such picture that is READY and that a job painted, or what it was made from is gone.
        InvalidInput: naming an override that is not acceptable.
    """
    request, known = await _request_of(tx, user_id, rerun)
    return replace(generation.check(request, engines, (*INPUT, "overrides")), asked=rerun), known


async def submit(
    tx: AsyncSession,
    user_id: UUID,
    spec: GenerationSpec,
    key: str,
    told: ToldPrompt,
    daily_limit: int | None = None,
) -> UUID:
    """Put a job for the same picture in the line; return its id. See ``generation.submit``.

    Raises:
        NotFound: what it was made from is gone.
        InvalidInput: a setting does not suit it.
        OwnerBusy: a job for the same gallery has not ended.
        DailyLimitReached: the images are more than is left of the day's.
        InsufficientCredits: the job costs more than is available.
        IdempotencyConflict: the key belongs to another request.
        ContentBlocked: the content guard blocks the prompt.
    """
    if spec.owner and not await galleries.still_own(tx, user_id, spec.owner.id):
        spec = replace(spec, owner=None)
    try:
        return await generation.submit(tx, user_id, spec, key, told, daily_limit)
    except NotFound:
        raise NotFound(_PATH) from None
    except OwnerBusy as refusal:
        raise OwnerBusy(refusal.job_id, _PATH) from None
    except ContentBlocked as refusal:
        raise ContentBlocked(refusal.finding, _PATH) from None
    except InvalidInput as refusal:
        raise InvalidInput(refusal.reason, _PATH, **refusal.values) from None


async def _request_of(tx: AsyncSession, user_id: UUID, rerun: Rerun) -> tuple[GenerationRequest, Mapping[str, str]]:
    query = (
        select(GenerationJob, col(MediaAsset.seed))
        .join(MediaAsset, col(MediaAsset.job_id) == col(GenerationJob.id))
        .where(
            col(MediaAsset.id) == rerun.asset_id,
            col(MediaAsset.owner_id) == user_id,
            col(MediaAsset.status) == AssetStatus.READY,
        )
    )
    found = (await tx.execute(query)).one_or_none()
    if found is None:
        raise NotFound(_PATH)
    job, seed = found
    made_from = await operations.ingredients_of(tx, job)
    if operations.lacks_pictures(job.operation, made_from):
        raise NotFound(_PATH)
    request = GenerationRequest(
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        engine=job.engine,
        style=job.style,
        count=1,
        seed=seed,
        steps=job.steps,
        guidance=job.guidance,
        visibility=job.visibility,
        size=None if job.operation in SHAPED_BY_SOURCE else (job.width, job.height),
        operation=job.operation,
        made_from=made_from,
        owner=await galleries.still_own(tx, user_id, job.gallery_id),
    )
    given = {name: value for name, value in asdict(rerun.overrides).items() if value is not None}
    strength = given.pop("strength", made_from.strength)
    told = {job.prompt: job.effective_prompt, job.negative_prompt: job.effective_negative_prompt}
    known = {text: english for text, english in told.items() if english is not None}
    return replace(request, made_from=replace(made_from, strength=strength), **given), known
