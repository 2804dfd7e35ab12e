"""Generation in the graph: jobs, slots, inputs and results."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import FINAL_SLOT_STATUSES, JobStatus, SlotStatus, Visibility
from domain.messages import message
from domain.words import FailureCode
from schema.connections import Connection
from schema.context import Info
from schema.errors import AlreadyFinished, IdempotencyConflict, InsufficientCredits, InvalidInput, NotFound
from schema.media import MediaAsset
from schema.node import Node, global_id


@strawberry.type(description="Why an image, or a whole job, did not come to be.")
class Failure:
    """Why something did not come to be."""

    code: FailureCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(
        description="Why, and what to change, for people, in the language of the request (Korean or English)."
    )

    @classmethod
    def of(cls, code: str | None, info: Info) -> "Failure | None":
        """Return the failure of a stored code."""
        if code is None:
            return None
        return cls(code=FailureCode(code), message=message(f"failure.{code}", info.context.language))


@strawberry.type(description="Where a waiting job stands in the line.")
class QueuePlace:
    """Where a waiting job stands."""

    position: int = strawberry.field(description="1 for the job that is painted next.")
    ahead: int = strawberry.field(description="How many jobs are painted before it: `position` less 1.")
    eta_seconds: int | None = strawberry.field(
        description="Seconds until painting starts, as measured from recent jobs; null while nothing has been measured."
    )


@strawberry.type(description="One image of a job.")
class GenerationSlot(Node):
    """One image of a job."""

    row: strawberry.Private[tables.GenerationSlot]
    index: int = strawberry.field(description="Its place in the job, from 0.")
    status: SlotStatus = strawberry.field(description="Where it is in its life.")
    seed: int = strawberry.field(description="Its own seed.")

    @classmethod
    def of(cls, row: tables.GenerationSlot) -> "GenerationSlot":
        """Return the object of a row."""
        return cls(id=global_id("slot", row.id), row=row, index=row.index, status=row.status, seed=row.seed)

    @strawberry.field(description="The image, once it is READY.")
    async def image(self, info: Info) -> MediaAsset | None:
        """Return the image."""
        if self.row.asset_id is None or self.row.status is not SlotStatus.READY:
            return None
        asset = await info.context.loaders.assets.get(self.row.asset_id)
        return MediaAsset.of(asset) if asset else None

    @strawberry.field(description="Why there is no image, where there will be none.")
    def failure(self, info: Info) -> Failure | None:
        """Return the failure."""
        return Failure.of(self.row.failure_code, info)


@strawberry.interface(description="Work that runs in the background and can be watched.")
class Job(Node):
    """Work in the background."""

    status: JobStatus = strawberry.field(description="Where it is in its life.")
    progress: float = strawberry.field(description="Share of it that has ended, 0 to 1.")
    queue: QueuePlace | None = strawberry.field(description="Where it stands in the line, while it is QUEUED.")
    cost: int = strawberry.field(description="Credits that were held for it.")
    sequence: int | None = strawberry.field(
        description="Number of the newest event of its stream; 0 where none is kept, null while the stream is away."
    )
    failure: Failure | None = strawberry.field(
        description="Why it ended without what was asked for, where one reason holds for all of it."
    )
    created_at: datetime = strawberry.field(description="When it was submitted.")
    started_at: datetime | None = strawberry.field(description="When a worker took it.")
    finished_at: datetime | None = strawberry.field(description="When it ended.")


async def _progress(root: "GenerationJob", info: Info) -> float:
    return sum(row.status in FINAL_SLOT_STATUSES for row in await root.slot_rows(info)) / root.row.count


async def _queue(root: "GenerationJob", info: Info) -> QueuePlace | None:
    if root.row.status is not JobStatus.QUEUED:
        return None
    place = await info.context.loaders.places.get(root.row.id)
    if place is None:
        return None
    return QueuePlace(position=place.position, ahead=place.position - 1, eta_seconds=place.eta_seconds)


async def _sequence(root: "GenerationJob", info: Info) -> int | None:
    return await info.context.loaders.sequences.load(root.row.id)


def _failure(root: "GenerationJob", info: Info) -> Failure | None:
    return Failure.of(root.row.failure_code, info)


@strawberry.type(description="A request for images.")
class GenerationJob(Job):
    """A request for images."""

    row: strawberry.Private[tables.GenerationJob]
    progress: float = strawberry.field(resolver=_progress, description="Share of its images that have ended, 0 to 1.")
    queue: QueuePlace | None = strawberry.field(
        resolver=_queue, description="Where it stands in the line, while it is QUEUED."
    )
    sequence: int | None = strawberry.field(
        resolver=_sequence,
        description="Number of the newest event of `generationJobEvents`, which are kept for an hour; 0 where there is "
        "none, null while they can not be reached.",
    )
    failure: Failure | None = strawberry.field(
        resolver=_failure,
        description="Why it ended without what was asked for, where one reason holds for all of it.",
    )
    engine: str = strawberry.field(description="Key of the engine.")
    prompt: str = strawberry.field(description="What to paint.")
    negative_prompt: str = strawberry.field(description="What to avoid.")
    style: str = strawberry.field(description="Key of the style.")
    ratio: str = strawberry.field(description="Aspect ratio.")
    width: int = strawberry.field(description="Width of the images in pixels.")
    height: int = strawberry.field(description="Height of the images in pixels.")
    count: int = strawberry.field(description="How many images.")
    seed: int = strawberry.field(description="Seed of the first image; each next one has one more.")
    steps: int = strawberry.field(description="Denoising steps.")
    guidance: float = strawberry.field(description="Guidance scale.")
    visibility: Visibility = strawberry.field(description="Who may see the images before they are published.")

    @classmethod
    def of(cls, row: tables.GenerationJob) -> "GenerationJob":
        """Return the object of a row."""
        return cls(
            id=global_id("job", row.id),
            row=row,
            status=row.status,
            cost=row.price * row.count,
            created_at=row.created_at,
            started_at=row.started_at,
            finished_at=row.finished_at,
            engine=row.engine,
            prompt=row.prompt,
            negative_prompt=row.negative_prompt,
            style=row.style,
            ratio=row.ratio,
            width=row.width,
            height=row.height,
            count=row.count,
            seed=row.seed,
            steps=row.steps,
            guidance=row.guidance,
            visibility=row.visibility,
        )

    @strawberry.field(description="Its images, in order.")
    async def slots(self, info: Info) -> list[GenerationSlot]:
        """Return the slots."""
        return [GenerationSlot.of(row) for row in await self.slot_rows(info)]

    @strawberry.field(description="How many images are ready.")
    async def succeeded_count(self, info: Info) -> int:
        """Return how many slots are READY."""
        return await self._count(info, SlotStatus.READY)

    @strawberry.field(description="How many images failed; blocked ones not counted.")
    async def failed_count(self, info: Info) -> int:
        """Return how many slots are FAILED."""
        return await self._count(info, SlotStatus.FAILED)

    @strawberry.field(description="How many images were blocked by the content guard.")
    async def blocked_count(self, info: Info) -> int:
        """Return how many slots are BLOCKED."""
        return await self._count(info, SlotStatus.BLOCKED)

    @strawberry.field(description="Credits that came back for images that did not come to be.")
    async def released_credits(self, info: Info) -> int:
        """Return what was released of the hold."""
        held = await info.context.loaders.holds.get(self.row.id)
        return held.released if held else 0

    async def slot_rows(self, info: Info) -> list[tables.GenerationSlot]:
        """Return the rows of its slots, in order."""
        return await info.context.loaders.slots.get(self.row.id) or []

    async def _count(self, info: Info, status: SlotStatus) -> int:
        return sum(row.status is status for row in await self.slot_rows(info))


@strawberry.type(description="A page of generation jobs.")
class GenerationJobConnection(Connection[GenerationJob]):
    """A page of generation jobs."""


@strawberry.input(description="Which jobs to list; all of them where nothing is said.")
class GenerationJobFilter:
    """Which jobs to list."""

    status: list[JobStatus] | None = strawberry.field(default=None, description="Jobs in one of these states.")


@strawberry.input(description="What to paint.")
class SubmitGenerationInput:
    """What to paint."""

    prompt: str = strawberry.field(description="What the picture shows, in any language.")
    idempotency_key: str = strawberry.field(
        description="Chosen by the client for one intended job, at most 255 characters. The same key and input again "
        "return the first job and cost nothing; kept for 24 hours."
    )
    negative_prompt: str = strawberry.field(default="", description="What to avoid.")
    engine: str | None = strawberry.field(
        default=None, description="Id of an engine; the first of `engines` by default."
    )
    style: str | None = strawberry.field(default=None, description="Id of a style; `realistic` by default.")
    ratio: str | None = strawberry.field(default=None, description="Aspect ratio; `3:4` by default.")
    count: int | None = strawberry.field(default=None, description="How many images, 1 to 8; 4 by default.")
    seed: int | None = strawberry.field(
        default=None, description="0 to 2147483647. The same seed and input give the same pictures; random by default."
    )
    steps: int | None = strawberry.field(default=None, description="Denoising steps; the engine's own by default.")
    guidance: float | None = strawberry.field(default=None, description="Guidance scale; the engine's own by default.")
    visibility: Visibility = strawberry.field(
        default=Visibility.PRIVATE, description="Who may see the images before they are published."
    )


@strawberry.input(description="Which job to stop.")
class CancelGenerationInput:
    """Which job to stop."""

    job_id: strawberry.ID = strawberry.field(description="Id of the job.")


@strawberry.type(description="The job stands in the line, and its credits are held.")
class SubmitGenerationSuccess:
    """The job stands in the line."""

    job: GenerationJob = strawberry.field(description="The job.")


@strawberry.type(description="The job is stopped.")
class CancelGenerationSuccess:
    """The job is stopped."""

    job: GenerationJob = strawberry.field(description="The job; images that were ready stay.")
    released_credits: int = strawberry.field(description="Credits that came back, for all images that are not ready.")


SubmitGenerationResult = Annotated[
    SubmitGenerationSuccess | InvalidInput | InsufficientCredits | IdempotencyConflict,
    strawberry.union("SubmitGenerationResult", description="Result of `submitGeneration`."),
]
CancelGenerationResult = Annotated[
    CancelGenerationSuccess | NotFound | AlreadyFinished,
    strawberry.union("CancelGenerationResult", description="Result of `cancelGeneration`."),
]
