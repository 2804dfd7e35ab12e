"""Generation: what can be asked for, submitting, canceling, looking up and watching jobs."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import Text, and_, any_, cast, func, or_

from db.session import AWAY
from db.words import JobStatus
from domain import catalogue, generation, idempotency, watching
from domain.errors import Missing
from domain.generation import GenerationRequest
from domain.ports import JobEvent as Event
from domain.watching import Snapshot
from domain.words import Previews
from planner import Ask, Row, connection, ref, to_one
from schema.catalogue import Engine, Style
from schema.context import Context, Info
from schema.generation import (
    CancelGenerationInput,
    CancelGenerationResult,
    CancelGenerationSuccess,
    GenerationJob,
    GenerationJobConnection,
    GenerationJobFilter,
    GenerationSlot,
    SubmitGenerationInput,
    SubmitGenerationResult,
    SubmitGenerationSuccess,
)
from schema.generation_events import (
    GenerationCompleted,
    GenerationImageFailed,
    GenerationImageReady,
    GenerationJobEvent,
    GenerationProgress,
    GenerationQueueMoved,
    GenerationSnapshot,
    GenerationStarted,
)
from schema.node import key_of, read_key, required_key
from schema.scalars import URL, Cursor


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
    mine = job.user_id == ask.viewer
    if filter is None or filter.status is None:
        return mine
    statuses = filter.status.__clause_element__()
    return and_(mine, or_(func.cardinality(statuses) == 0, cast(job.status, Text) == any_(statuses)))


@strawberry.type
class GenerationQueries:
    """Root fields about generation."""

    @strawberry.field(description="The engines that paint here; the first is the default.")
    def engines(self, info: Info) -> list[Engine]:
        """Return the engines."""
        return [Engine.of(catalogue.ENGINES[key]) for key in info.context.services.engines]

    @strawberry.field(description="The looks that a picture can have.")
    def styles(self, info: Info) -> list[Style]:
        """Return the styles."""
        korean = info.context.language == "ko"
        return [
            Style(id=strawberry.ID(style.key), name=style.name_ko if korean else style.name_en)
            for style in catalogue.STYLES.values()
        ]

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
        viewer_id = info.context.required_viewer_id
        key = idempotency.checked_key(input.idempotency_key)
        request = GenerationRequest(
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
        )
        spec = generation.check(request, info.context.services.engines)
        async with info.context.services.db.write() as tx:
            job_id = await generation.submit(tx, viewer_id, spec, key)
        return SubmitGenerationSuccess(job=ref(GenerationJob, id=job_id))

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
    async def generation_job_events(
        self,
        info: Info,
        job_id: Annotated[strawberry.ID, strawberry.argument(description="Id of the job.")],
        after: Annotated[
            Cursor | None, strawberry.argument(description="Cursor of the last event that arrived.")
        ] = None,
        previews: Annotated[
            Previews, strawberry.argument(description="Whether progress carries small pictures.")
        ] = Previews.LOW,
    ) -> AsyncGenerator[GenerationJobEvent, None]:
        """Follow a job."""
        watch = _Watch(info, key_of("job", job_id), previews)
        await watch.has_ended()
        position, was_last = watching.position_of(watch.job_id, after) if after is not None else (None, False)
        if position and was_last:
            yield await watch.snapshot(Snapshot(position, resumed=True))
            return
        follow = watching.follow(info.context.services.events, watch.job_id, position, watch.is_over)
        async with aclosing(follow) as steps:
            async for step in steps:
                yield await (watch.snapshot(step) if isinstance(step, Snapshot) else watch.event(step))


@dataclass(frozen=True, slots=True)
class _Watch:
    """One viewer watching one job: turns what happened into what the graph says of it."""

    info: Info
    key: UUID | None
    previews: Previews

    @property
    def job_id(self) -> UUID:
        assert self.key
        return self.key

    async def has_ended(self) -> bool:
        """Whether the job is final; raises where the viewer may not, or no longer, watch it."""
        await self.info.context.require_live_session()
        status = await self._status(self.key) if self.key else None
        if status is None:
            raise Missing("There is no such job, or it is not yours.")
        return status.is_final

    async def _status(self, job_id: UUID) -> JobStatus | None:
        context = self.info.context
        user_id = context.required_viewer_id
        return await context.services.db.look_up(lambda tx: generation.status_of(tx, user_id, job_id))

    async def is_over(self) -> bool:
        """Look as ``has_ended`` does; while PostgreSQL is away, nothing ends."""
        try:
            return await self.has_ended()
        except AWAY:
            return False

    async def snapshot(self, step: Snapshot) -> GenerationSnapshot:
        cursor = Cursor(watching.cursor_of(self.job_id, step.position))
        job = ref(GenerationJob, id=self.job_id)
        return GenerationSnapshot(cursor=cursor, sequence=step.position.sequence, job=job, resumed=step.resumed)

    async def event(self, event: Event) -> Any:  # noqa: ANN401 - a member of GenerationJobEvent
        """Return what the graph says of an event; of one that it has no word for, the job as it is now."""
        is_last = event.kind == watching.COMPLETED
        place = {
            "cursor": Cursor(watching.cursor_of(self.job_id, event.position, is_last=is_last)),
            "sequence": event.position.sequence,
        }
        tell = getattr(self, f"_{event.kind}", self._changed)
        return await tell(event.data, place)

    async def _progress(self, data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationProgress:
        preview = data["preview"] if self.previews is Previews.LOW else None
        return GenerationProgress(
            **place,
            slot_index=data["slot"],
            step=data["step"],
            total_steps=data["total"],
            preview=URL(preview) if preview else None,
        )

    async def _queue_moved(self, data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationQueueMoved:
        position = data["position"]
        return GenerationQueueMoved(**place, position=position, ahead=position - 1, eta_seconds=data["eta"])

    async def _started(self, _data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationStarted:
        return GenerationStarted(**place, job=ref(GenerationJob, id=self.job_id))

    async def _image_ready(self, data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationImageReady:
        return GenerationImageReady(**place, slot=self._slot(data["slot"]))

    async def _image_failed(self, data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationImageFailed:
        slot = self._slot(data["slot"])
        return GenerationImageFailed(**place, slot=slot, released_credits=data["released"])

    async def _completed(self, _data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationCompleted:
        return GenerationCompleted(**place, job=ref(GenerationJob, id=self.job_id))

    async def _changed(self, _data: Mapping[str, Any], place: Mapping[str, Any]) -> GenerationSnapshot:
        return GenerationSnapshot(**place, job=ref(GenerationJob, id=self.job_id), resumed=True)

    def _slot(self, index: int) -> GenerationSlot:
        return ref(GenerationSlot, job_id=self.job_id, index=index)
