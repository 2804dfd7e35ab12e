"""Operations on pictures: each a job like any other, submitted with what it is made from."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from db.words import Operation
from domain import attempts, generation, guard, idempotency, line_crew, operations, presets_settings, prompts, reruns
from domain.errors import InvalidInput, NotFound
from domain.generation import GenerationRequest, GenerationSpec
from domain.guard import Ruling
from domain.operations import Ingredients
from domain.prompts import ToldPrompt
from domain.reruns import Overrides, Rerun
from domain.warnings import warnings_for, warnings_of_wait
from planner import ref
from resolvers.guarding import keeping_blocks
from schema.context import Info
from schema.generation import GenerationJob
from schema.node import required_key
from schema.operations import (
    InpaintInput,
    InpaintResult,
    InpaintSuccess,
    OutpaintInput,
    OutpaintResult,
    OutpaintSuccess,
    RemoveBackgroundInput,
    RemoveBackgroundResult,
    RemoveBackgroundSuccess,
    RerunGenerationInput,
    RerunGenerationResult,
    RerunGenerationSuccess,
    RestyleInput,
    RestyleResult,
    RestyleSuccess,
    UpscaleInput,
    UpscaleResult,
    UpscaleSuccess,
)
from schema.warnings import GenerationWarning

NOTHING_KNOWN: Mapping[str, str] = MappingProxyType({})
Submit = Callable[[AsyncSession, str, ToldPrompt], Awaitable[UUID]]
"""Submits a job in a transaction, under a key, with what the engine is told; returns its id."""


async def submitted(info: Info, request: GenerationRequest, key: str) -> dict[str, Any]:
    """Submit a job for the viewer; return the fields of its success: the job, and what may turn out otherwise.

    Raises:
        UserError: it was refused, and nothing was written.
    """
    viewer_id, services = info.context.required_viewer_id, info.context.services
    key = idempotency.checked_key(key)
    spec = generation.check(await filled(info, request, key), services.engines)

    async def submit(tx: AsyncSession, key: str, told: ToldPrompt) -> UUID:
        return await generation.submit(tx, viewer_id, spec, key, told, services.daily_images)

    words = spec.prompt
    if not words:
        words = await services.db.look_up(lambda tx: operations.words_of(tx, viewer_id, spec))
    await count_submission(info, key, spec.asked or spec)
    return await _accepted(info, replace(spec, prompt=words), key, submit)


async def count_submission(info: Info, key: str, asked: object) -> None:
    """Count that the viewer submits a job for what was ``asked``; the same again under its key is none.

    Raises:
        TooManyAttempts: they have submitted too many of late.
        IdempotencyConflict: the key belongs to another request.
    """
    viewer_id, services = info.context.required_viewer_id, info.context.services
    if await services.db.look_up(lambda tx: generation.first_job(tx, viewer_id, key, asked)) is None:
        await attempts.count(services.limiter, "submit", str(viewer_id), generation.SUBMITS_PER_USER)


async def filled(info: Info, request: GenerationRequest, key: str | None = None) -> GenerationRequest:
    """Return a request of the viewer with what it leaves out taken from its preset, where it names one.

    Raises:
        NotFound: the viewer may not load the preset.
        EngineGone: its engine does not run here any more.
        IdempotencyConflict: the key belongs to another request.
    """
    if request.preset_id is None:
        return request
    viewer_id, services = info.context.required_viewer_id, info.context.services
    return await services.db.look_up(lambda tx: presets_settings.filled(tx, viewer_id, request, services.engines, key))


async def _accepted(
    info: Info, spec: GenerationSpec, key: str, submit: Submit, known: Mapping[str, str] = NOTHING_KNOWN
) -> dict[str, Any]:
    """Find out what to tell the engine, then submit in one transaction, under a key that was checked."""
    services = info.context.services
    told = await prompts.told(services.language, spec.engine, spec.style, spec.prompt, spec.negative_prompt, known)
    ruling = await _ruling(info, spec, told)
    awaited = await services.db.look_up(lambda tx: line_crew.awaited(tx, spec.engine))
    async with keeping_blocks(info, ruling), services.db.write() as tx:
        job_id = await submit(tx, key, replace(told, ruling=ruling))
    found = (*warnings_of_wait(awaited), *warnings_for(spec), *told.warnings, *ruling.warnings)
    return {
        "job": ref(GenerationJob, id=job_id),
        "warnings": [GenerationWarning.of(each, info.context.language) for each in found],
    }


async def _ruling(info: Info, spec: GenerationSpec, told: ToldPrompt) -> Ruling:
    """Return what the content guard says about a prompt, and what the engine is told of it, or about the source's."""
    services, viewer_id = info.context.services, info.context.required_viewer_id
    if spec.prompt or spec.made_from.source_id is None:
        return await guard.rule(services.guard, spec.prompt, told.prompt)
    words = await services.db.look_up(lambda tx: operations.words_of_source(tx, viewer_id, spec))
    return await guard.rule(services.guard, words)


def asset_key(info: Info, text: str, *path: str) -> UUID:
    """Return the key in the id of an image that somebody who is signed in gave at ``path`` of the input.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: it is no id of an image.
    """
    info.context.require_viewer()
    return required_key("asset", text, *path)


@strawberry.type
class OperationMutations:
    """Mutations that make pictures out of pictures."""

    @strawberry.mutation(description="Paint a part of an image anew; all else stays as it is.")
    async def inpaint(
        self,
        info: Info,
        input: Annotated[InpaintInput, strawberry.argument(description="Which part.")],  # noqa: A002
    ) -> InpaintResult:
        """Paint a part anew."""
        source_id = asset_key(info, input.asset_id, "assetId")
        mask = await asyncio.to_thread(input.mask.checked)
        request = GenerationRequest(
            prompt=input.prompt,
            negative_prompt=input.negative_prompt,
            engine=input.engine,
            style=input.style,
            count=input.count,
            seed=input.seed,
            operation=Operation.INPAINT,
            made_from=Ingredients(source_id, mask=mask, strength=input.strength),
        )
        return InpaintSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(description="Go on with an image beyond its edges; what is there stays as it is.")
    async def outpaint(
        self,
        info: Info,
        input: Annotated[OutpaintInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> OutpaintResult:
        """Paint beyond the edges."""
        source_id = asset_key(info, input.asset_id, "assetId")
        request = GenerationRequest(
            prompt=input.prompt,
            negative_prompt=input.negative_prompt,
            engine=input.engine,
            style=input.style,
            count=input.count,
            seed=input.seed,
            operation=Operation.OUTPAINT,
            made_from=Ingredients(source_id, margins=input.margins.checked()),
        )
        return OutpaintSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(description="Make an image larger.")
    async def upscale(
        self,
        info: Info,
        input: Annotated[UpscaleInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> UpscaleResult:
        """Make an image larger."""
        source_id = asset_key(info, input.asset_id, "assetId")
        request = GenerationRequest(
            prompt="",
            engine=input.engine,
            count=1,
            operation=Operation.UPSCALE,
            made_from=Ingredients(source_id, factor=input.factor),
        )
        return UpscaleSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(description="Give an image another style.")
    async def restyle(
        self,
        info: Info,
        input: Annotated[RestyleInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> RestyleResult:
        """Give an image another style."""
        source_id = asset_key(info, input.asset_id, "assetId")
        request = GenerationRequest(
            prompt=input.prompt,
            negative_prompt=input.negative_prompt,
            engine=input.engine,
            style=input.style,
            count=input.count,
            seed=input.seed,
            operation=Operation.RESTYLE,
            made_from=Ingredients(source_id, strength=input.strength),
        )
        return RestyleSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(description="Make transparent what is behind the subject of an image.")
    async def remove_background(
        self,
        info: Info,
        input: Annotated[RemoveBackgroundInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> RemoveBackgroundResult:
        """Cut out the subject."""
        source_id = asset_key(info, input.asset_id, "assetId")
        request = GenerationRequest(
            prompt="",
            engine=input.engine,
            count=1,
            operation=Operation.REMOVE_BACKGROUND,
            made_from=Ingredients(source_id),
        )
        return RemoveBackgroundSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(
        description="Paint an image again with all settings that it was made with, its seed too: the same revision of "
        "the engine then paints the same picture. It joins the gallery that its job was for, if that is still there."
    )
    async def rerun_generation(
        self,
        info: Info,
        input: Annotated[RerunGenerationInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> RerunGenerationResult:
        """Paint an image again."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        asset_id, given = asset_key(info, input.from_asset_id, "fromAssetId"), input.overrides
        rerun = Rerun(asset_id, Overrides(**vars(given)) if given else Overrides())
        key = idempotency.checked_key(input.idempotency_key)
        try:
            spec, known = await services.db.look_up(lambda tx: reruns.specified(tx, viewer_id, rerun, services.engines))
        except (NotFound, InvalidInput):
            first = await services.db.look_up(lambda tx: generation.first_job(tx, viewer_id, key, rerun))
            if first is None:
                raise
            return RerunGenerationSuccess(job=ref(GenerationJob, id=first), warnings=[])

        async def submit(tx: AsyncSession, key: str, told: ToldPrompt) -> UUID:
            return await reruns.submit(tx, viewer_id, spec, key, told, services.daily_images)

        await count_submission(info, key, rerun)
        return RerunGenerationSuccess(**await _accepted(info, spec, key, submit, known))
