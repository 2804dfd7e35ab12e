"""Operations on pictures: each a job like any other, submitted with what it is made from."""

import asyncio
from typing import Annotated
from uuid import UUID

import strawberry

from db.words import Operation
from domain import generation, idempotency, reruns
from domain.generation import GenerationRequest, GenerationSpec
from domain.operations import Ingredients
from domain.reruns import Overrides, Rerun
from planner import ref
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


def specified(info: Info, request: GenerationRequest) -> GenerationSpec:
    """Return the specification of what a viewer asks for.

    Raises:
        UserError: nobody is signed in, or it can not be done.
    """
    info.context.require_viewer()
    return generation.check(request, info.context.services.engines)


async def submitted(info: Info, spec: GenerationSpec, key: str) -> GenerationJob:
    """Submit a job for the viewer and return it.

    Raises:
        UserError: it was refused, and nothing was written.
    """
    key = idempotency.checked_key(key)
    async with info.context.services.db.write() as tx:
        return _job(await generation.submit(tx, info.context.required_viewer_id, spec, key))


def asset_key(info: Info, text: str, *path: str) -> UUID:
    """Return the key in the id of an image that somebody who is signed in gave at ``path`` of the input.

    Raises:
        Unauthenticated: nobody is signed in.
        NotFound: it is no id of an image.
    """
    info.context.require_viewer()
    return required_key("asset", text, *path)


def _job(job_id: UUID) -> GenerationJob:
    job: GenerationJob = ref(GenerationJob, id=job_id)
    return job


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
        return InpaintSuccess(job=await submitted(info, specified(info, request), input.idempotency_key))

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
        return OutpaintSuccess(job=await submitted(info, specified(info, request), input.idempotency_key))

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
        return UpscaleSuccess(job=await submitted(info, specified(info, request), input.idempotency_key))

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
        return RestyleSuccess(job=await submitted(info, specified(info, request), input.idempotency_key))

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
        return RemoveBackgroundSuccess(job=await submitted(info, specified(info, request), input.idempotency_key))

    @strawberry.mutation(
        description="Paint an image again with all settings that it was made with, its seed too: the same revision of "
        "the engine then paints the same picture."
    )
    async def rerun_generation(
        self,
        info: Info,
        input: Annotated[RerunGenerationInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> RerunGenerationResult:
        """Paint an image again."""
        viewer_id = info.context.required_viewer_id
        key = idempotency.checked_key(input.idempotency_key)
        given = input.overrides
        rerun = Rerun(
            asset_key(info, input.from_asset_id, "fromAssetId"),
            Overrides(**vars(given)) if given else Overrides(),
        )
        services = info.context.services
        async with services.db.write() as tx:
            job_id = await reruns.submit(tx, viewer_id, rerun, services.engines, key)
        return RerunGenerationSuccess(job=_job(job_id))
