"""Generation: what can be asked for, submitting, canceling, looking up and watching jobs."""

from collections.abc import AsyncIterable
from typing import Annotated, Any

import strawberry
from sqlalchemy import Text, and_, any_, cast, func, or_

from db.words import Operation
from domain import catalogue, galleries, generation
from domain.errors import InvalidInput
from domain.generation import GenerationRequest
from domain.operations import Ingredients
from domain.words import Previews
from planner import Ask, Row, connection, ref, sql_of, to_one
from resolvers.galleries import required_owner
from resolvers.job_watch import JobWatch
from resolvers.operations import asset_key, submitted
from resolvers.streams import After
from schema.catalogue import Engine, Style, StyleFilter
from schema.context import Context, Info
from schema.generation import (
    CancelGenerationInput,
    CancelGenerationResult,
    CancelGenerationSuccess,
    GenerationJob,
    GenerationJobConnection,
    GenerationJobFilter,
    SubmitGenerationInput,
    SubmitGenerationResult,
    SubmitGenerationSuccess,
)
from schema.generation_events import GenerationJobEvent
from schema.node import key_of, read_key, required_key


def _with_id(
    _ask: Ask,
    job: Row,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the job.")],  # noqa: A002
) -> Any:  # noqa: ANN401 - a condition
    return job.id == read_key(id, "job")


def _chosen(
    ask: Ask,
    job: Row,
    *,
    filter: Annotated[  # noqa: A002
        GenerationJobFilter | None, strawberry.argument(description="Which jobs; all by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    conditions = [job.user_id == ask.viewer]
    if filter and filter.status is not None:
        statuses = sql_of(filter.status)
        conditions.append(or_(func.cardinality(statuses) == 0, cast(job.status, Text) == any_(statuses)))
    if filter and filter.owner_id is not None:
        conditions.append(job.gallery_id == read_key(filter.owner_id, *galleries.WORDS.values()))
    return and_(*conditions)


def _made_from(info: Info, input: SubmitGenerationInput) -> Ingredients:  # noqa: A002 - the argument's name
    source = input.source
    references = enumerate(input.references or ())
    return Ingredients(
        source_id=asset_key(info, source.asset_id, "source", "assetId") if source else None,
        reference_ids=tuple(asset_key(info, each, "references", str(index)) for index, each in references),
        strength=source.strength if source else input.strength,
    )


def _operation(input: SubmitGenerationInput) -> Operation:  # noqa: A002 - the argument's name
    if input.source and input.references is not None:
        raise InvalidInput("source.and_references", ("input", "references"))
    if input.strength is not None and input.references is None:
        raise InvalidInput("strength.without_references", ("input", "strength"))
    if input.source:
        return Operation.IMAGE_TO_IMAGE
    return Operation.TEXT_TO_IMAGE if input.references is None else Operation.REFERENCES


def request_of(info: Info, input: SubmitGenerationInput) -> GenerationRequest:  # noqa: A002 - the argument's name
    """Return what the input of ``submitGeneration`` asks for.

    Raises:
        Unauthenticated: nobody is signed in.
        InvalidInput: two things are asked for that exclude each other.
        NotFound: an id is that of no image.
    """
    info.context.require_viewer()
    made_from = _made_from(info, input)
    return GenerationRequest(
        prompt=input.prompt,
        negative_prompt=input.negative_prompt,
        engine=input.engine,
        style=input.style,
        ratio=input.ratio,
        count=input.count,
        seed=input.seed,
        steps=input.steps,
        guidance=input.guidance,
        visibility=input.visibility,
        size=(input.size.width, input.size.height) if input.size else None,
        operation=_operation(input),
        made_from=made_from,
        owner=None if input.owner_id is None else required_owner(input.owner_id),
        preset_id=None if input.preset_id is None else required_key("preset", input.preset_id, "presetId"),
    )


@strawberry.type
class GenerationQueries:
    """Root fields about generation."""

    @strawberry.field(description="The engines that paint here; the first is the default.")
    def engines(self, info: Info) -> list[Engine]:
        """Return the engines."""
        return [Engine.of(catalogue.ENGINES[key]) for key in info.context.services.engines]

    @strawberry.field(description="The looks that a picture can have.")
    def styles(
        self,
        info: Info,
        filter: Annotated[  # noqa: A002
            StyleFilter | None, strawberry.argument(description="Which styles; all by default.")
        ] = None,
    ) -> list[Style]:
        """Return the styles."""
        services, language = info.context.services, info.context.language
        if filter and filter.engine is not None and filter.engine not in services.engines:
            return []
        found = catalogue.styles_like(filter.text if filter and filter.text else "")
        return [Style.of(style, services.style_images[style.key], language) for style in found]

    generation_job: GenerationJob | None = to_one(
        "One of the viewer's jobs; null where there is none. Poll it where streams do not work.",
        _with_id,
        check=Context.require_viewer,
    )
    generation_jobs: GenerationJobConnection = connection(
        "The viewer's jobs, newest first.", _chosen, order=("-id",), check=Context.require_viewer
    )


@strawberry.type
class GenerationMutations:
    """Mutations about generation."""

    @strawberry.mutation(description="Ask for images. Their credits are held until each is ready, or comes back.")
    async def submit_generation(
        self,
        info: Info,
        input: Annotated[SubmitGenerationInput, strawberry.argument(description="What to paint.")],  # noqa: A002
    ) -> SubmitGenerationResult:
        """Submit a job."""
        request = request_of(info, input)
        return SubmitGenerationSuccess(**await submitted(info, request, input.idempotency_key))

    @strawberry.mutation(description="Stop a job that waits or runs. Images that are ready stay; all others come back.")
    async def cancel_generation(
        self,
        info: Info,
        input: Annotated[CancelGenerationInput, strawberry.argument(description="Which job.")],  # noqa: A002
    ) -> CancelGenerationResult:
        """Cancel a job."""
        viewer_id = info.context.required_viewer_id
        job_id = required_key("job", input.job_id, "jobId")
        async with info.context.services.db.write() as tx:
            released = await generation.cancel(tx, viewer_id, job_id)
        return CancelGenerationSuccess(job=ref(GenerationJob, id=job_id), released_credits=released)


@strawberry.type
class GenerationSubscriptions:
    """Streams about generation."""

    @strawberry.subscription(
        description="Follow one of the viewer's jobs to its end: a snapshot first, then each event once and in order. "
        "Give the last `cursor` as `after` to go on after a broken connection."
    )
    def generation_job_events(
        self,
        info: Info,
        job_id: Annotated[strawberry.ID, strawberry.argument(description="Id of the job.")],
        after: After = None,
        previews: Annotated[
            Previews, strawberry.argument(description="Whether progress carries small pictures.")
        ] = Previews.LOW,
    ) -> AsyncIterable[GenerationJobEvent]:
        """Follow a job."""
        return JobWatch(info.context, after, key_of("job", job_id), previews)
