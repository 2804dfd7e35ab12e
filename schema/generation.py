"""Generation in the graph: jobs, slots, inputs and results."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry
from sqlalchemy import and_, func

from db import tables
from db.words import ContentLevel, JobStatus, Operation, SlotStatus, Visibility
from domain import generation, line, operations, streams
from domain.messages import message
from domain.words import REMEDIES, EtaConfidence, FailureCode, Remedy, WaitingFor
from planner import Connection, batch, column, computed, expression, one_of, part, planned, to_many, to_one
from schema.context import Context
from schema.errors import (
    AlreadyFinished,
    ContentBlocked,
    DailyLimitReached,
    EngineGone,
    IdempotencyConflict,
    InsufficientCredits,
    InvalidInput,
    NotFound,
    OwnerBusy,
    Restricted,
    TooManyAttempts,
)
from schema.media import MediaAsset, MediaOwner
from schema.node import Node, identity
from schema.warnings import GenerationWarning

if TYPE_CHECKING:
    from schema.presets import PromptPreset


def _failure_message(context: Context, code: str) -> str:
    return message(f"failure.{code}", context.language)


def _remedy(_context: Context, code: str) -> str:
    return REMEDIES[FailureCode(code)]


def _advice(context: Context, code: str) -> str:
    return message(f"remedy.{REMEDIES[FailureCode(code)]}", context.language)


@strawberry.type(description="Why an image, or a whole job, did not come to be.")
@planned()
class Failure:
    """Why something did not come to be: a part of its row."""

    code: FailureCode = column("Why, for programs.", "failure_code")
    message: str = computed(
        "Why, and what to change, for people, in the language of the request (Korean or English).",
        _failure_message,
        "failure_code",
    )
    remedy: Remedy = computed("What to change, for programs.", _remedy, "failure_code")
    advice: str = computed(
        "What to change, for people: the part of `message` that a button or a hint can say alone.",
        _advice,
        "failure_code",
    )


@strawberry.type(description="Where a waiting job stands in the line.")
@planned(line.placed())
class QueuePlace:
    """Where a waiting job stands."""

    position: int = column("1 for the job that is painted next.", "place")
    ahead: int = column("How many jobs are painted before it: `position` less 1.")
    eta_seconds: int | None = column(
        "Seconds until painting starts, as measured from recent jobs of the engine and size; null while nothing has "
        "been measured, and while `waitingFor` is not TURN."
    )
    eta_confidence: EtaConfidence | None = column(
        "How far `etaSeconds` can be trusted, by how good earlier ones were; null where it is."
    )
    waiting_for: WaitingFor = column("What it waits for.")


@strawberry.type(description="One image of a job.")
@planned(tables.GenerationSlot, visible_to=lambda ask, slot: generation.is_slot_of(slot, ask.viewer))
class GenerationSlot(Node):
    """One image of a job."""

    id: strawberry.ID = identity("slot")
    index: int = column("Its place in the job, from 0.")
    status: SlotStatus = column("Where it is in its life.")
    seed: int = column("Its own seed.")
    image: MediaAsset | None = to_one(
        "The image, once it is READY.",
        lambda _ask, slot, asset: (slot.status == SlotStatus.READY) & (asset.id == slot.asset_id),
        unique=True,
    )
    failure: Failure | None = part("Why there is no image, where there will be none.", present="failure_code")


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


async def sequences_of(context: Context, names: Sequence[str]) -> list[int | None]:
    """Return the number of each stream's newest event, None while the log can not be reached."""
    try:
        return [tip.sequence for tip in await context.services.events.tips(names)]
    except ConnectionError:
        return [None] * len(names)


async def _sequences(context: Context, jobs: Sequence[tuple[str]]) -> list[int | None]:
    return await sequences_of(context, [streams.of_job(UUID(job_id)) for (job_id,) in jobs])


@strawberry.type(description="The picture that a job starts from.")
@planned()
class GenerationSource:
    """The picture that a job starts from: a part of its row."""

    image: MediaAsset | None = to_one("The picture; null where it was deleted.", by="source_asset_id")
    strength: float | None = column("How far it may be left, over 0 to 1; null where that has no meaning.")


@strawberry.type(description="Pixels that a job adds to its source on each side.")
@planned()
class Margins:
    """What a job adds to its source: a part of its row."""

    left: int = column("Pixels.", "margin_left")
    top: int = column("Pixels.", "margin_top")
    right: int = column("Pixels.", "margin_right")
    bottom: int = column("Pixels.", "margin_bottom")


@strawberry.type(description="A request for images.")
@planned(tables.GenerationJob, visible_to=lambda ask, job: job.user_id == ask.viewer)
class GenerationJob(Job):
    """A request for images."""

    id: strawberry.ID = identity("job")
    status: JobStatus = column("Where it is in its life.")
    progress: float = expression(
        "Share of its images that have ended, 0 to 1.", lambda _ask, job: generation.progress(job)
    )
    queue: QueuePlace | None = to_one(
        "Where it stands in the line, while it is QUEUED.",
        lambda _ask, job, place: (place.id == job.id) & (job.status == JobStatus.QUEUED),
        unique=True,
    )
    cost: int = expression("Credits that were held for it.", lambda _ask, job: job.price * job.count)
    sequence: int | None = batch(
        "Number of the newest event of `generationJobEvents`, which are kept for an hour; 0 where there is none, null "
        "while they can not be reached.",
        _sequences,
        "id",
    )
    failure: Failure | None = part(
        "Why it ended without what was asked for, where one reason holds for all of it.", present="failure_code"
    )
    created_at: datetime = column("When it was submitted.")
    started_at: datetime | None = column("When a worker took it.")
    finished_at: datetime | None = column("When it ended.")
    operation: Operation = column("What it does.")
    owner: MediaOwner | None = one_of(
        "Whose gallery its images join; null where they join none.",
        Character=lambda _ask, job, owner: owner.id == job.gallery_id,
        Story=lambda _ask, job, owner: owner.id == job.gallery_id,
        OrigChat=lambda _ask, job, owner: owner.id == job.gallery_id,
        User=lambda _ask, job, owner: owner.id == job.gallery_id,
    )
    source: GenerationSource | None = part(
        "What it starts from; null for what is painted from words or references, and where the picture is gone.",
        present="source_asset_id",
    )
    references: list[MediaAsset] = to_many(
        "What it paints something similar to, in order; four at most.",
        lambda _ask, job, asset, link: and_(link.job_id == job.id, asset.id == link.asset_id),
        through=tables.GenerationReference,
        order=lambda _asset, link: [link.position],
        limit=operations.MAXIMUM_REFERENCES,
    )
    margins: Margins | None = part("What OUTPAINT adds.", present="margin_left")
    factor: int | None = column("How many times larger UPSCALE makes its source.")
    engine: str = column("Key of the engine.")
    prompt: str = column("What to paint, as it was asked for.")
    effective_prompt: str = expression(
        "What the engine is told: `prompt`, or its translation where the engine does not speak its language.",
        lambda _ask, job: func.coalesce(job.effective_prompt, job.prompt),
    )
    negative_prompt: str = column("What to avoid.")
    style: str = column("Key of the style.")
    ratio: str = column("Aspect ratio, such as `3:4`; of any other size, its reduced fraction.")
    parent: "GenerationJob | None" = to_one(
        "The job whose failed images it paints again; null for all others.", by="parent_id"
    )
    preset: Annotated["PromptPreset", strawberry.lazy("schema.presets")] | None = to_one(
        "The preset that it was filled from; null for all others, and where the viewer may not load it any more.",
        by="preset_id",
    )
    width: int = column("Width of the images in pixels.")
    height: int = column("Height of the images in pixels.")
    count: int = column("How many images.")
    seed: int = column(
        "Seed of the first image; each next one has one more, but for a retry, whose `slots` have their own."
    )
    steps: int = column("Denoising steps.")
    guidance: float = column("Guidance scale.")
    visibility: Visibility = column("Who may see the images before they are published.")
    content_level: ContentLevel = column(
        "For whom its images are suitable at least, by its prompt and what they are made from."
    )
    slots: list[GenerationSlot] = to_many(
        "Its images, in order.", by="job_id", order=("index",), limit=generation.MAXIMUM_COUNT, seen=True
    )
    succeeded_count: int = expression(
        "How many images are ready.", lambda _ask, job: generation.counted(job, SlotStatus.READY)
    )
    failed_count: int = expression(
        "How many images failed; blocked ones not counted.",
        lambda _ask, job: generation.counted(job, SlotStatus.FAILED),
    )
    blocked_count: int = expression(
        "How many images were blocked by the content guard.",
        lambda _ask, job: generation.counted(job, SlotStatus.BLOCKED),
    )
    skipped_count: int = expression(
        "How many images were never finished, because the job was canceled or expired. With `succeededCount`, "
        "`failedCount` and `blockedCount` it makes `count` once the job has ended.",
        lambda _ask, job: generation.counted(job, SlotStatus.SKIPPED),
    )
    released_credits: int = expression(
        "Credits that came back for images that did not come to be.", lambda _ask, job: generation.released(job)
    )


@strawberry.type(description="A page of generation jobs.")
class GenerationJobConnection(Connection[GenerationJob]):
    """A page of generation jobs."""


@strawberry.input(description="Which jobs to list; all of them where nothing is said.")
class GenerationJobFilter:
    """Which jobs to list."""

    status: list[JobStatus] | None = strawberry.field(default=None, description="Jobs in one of these states.")
    owner_id: strawberry.ID | None = strawberry.field(
        default=None, description="Jobs that paint for this character, story, chat or user."
    )


@strawberry.input(description="A picture to start from.")
class GenerationSourceInput:
    """A picture to start from."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images, which must be READY.")
    strength: float | None = strawberry.field(
        default=None, description="How far the result may leave it, 0.05 to 1; 0.6 by default."
    )


@strawberry.input(description="A size in pixels, within the engine's limits and in multiples of 8.")
class ImageSizeInput:
    """A size in pixels."""

    width: int = strawberry.field(description="Pixels.")
    height: int = strawberry.field(description="Pixels.")


@strawberry.input(description="What to paint.")
class SubmitGenerationInput:
    """What to paint."""

    prompt: str = strawberry.field(
        default="", description="What the picture shows, in any language. Only with a preset may it be left out."
    )
    idempotency_key: str = strawberry.field(
        description="Chosen by the client for one intended job, at most 255 characters. The same key and input again "
        "return the first job and cost nothing; kept for 24 hours."
    )
    preset_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of a preset that the viewer may load: what is left out here, or null, is taken from it. Where "
        "another engine is named, the preset's steps, guidance and size are left out too.",
    )
    negative_prompt: str | None = strawberry.field(default=None, description="What to avoid; nothing by default.")
    engine: str | None = strawberry.field(
        default=None, description="Id of an engine; the first of `engines` by default."
    )
    style: str | None = strawberry.field(
        default=None, description="Id of a style; the source's where there is one, otherwise `realistic` by default."
    )
    ratio: str | None = strawberry.field(
        default=None, description="Aspect ratio; the source's where there is one, otherwise `3:4` by default."
    )
    size: ImageSizeInput | None = strawberry.field(default=None, description="Size, in place of a ratio.")
    source: GenerationSourceInput | None = strawberry.field(
        default=None, description="A picture to paint anew: a variation. Not together with `references`."
    )
    references: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="1 to 4 of the viewer's images, to paint something similar to. Not together with `source`.",
    )
    strength: float | None = strawberry.field(
        default=None,
        description="How far the result may leave the `references`, 0.05 to 1; 0.8 by default. Only with them: a "
        "`source` has its own.",
    )
    count: int | None = strawberry.field(default=None, description="How many images, 1 to 8; 4 by default.")
    seed: int | None = strawberry.field(
        default=None, description="0 to 2147483647. The same seed and input give the same pictures; random by default."
    )
    steps: int | None = strawberry.field(default=None, description="Denoising steps; the engine's own by default.")
    guidance: float | None = strawberry.field(default=None, description="Guidance scale; the engine's own by default.")
    visibility: Visibility = strawberry.field(
        default=Visibility.PRIVATE, description="Who may see the images before they are published."
    )
    owner_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of one of the viewer's characters, stories or chats, or of the viewer, whose gallery the "
        "images join in order; the first stands for it where none does so far.",
    )


@strawberry.input(description="Which job to stop.")
class CancelGenerationInput:
    """Which job to stop."""

    job_id: strawberry.ID = strawberry.field(description="Id of the job.")


@strawberry.type(description="The job stands in the line, and its credits are held.")
class SubmitGenerationSuccess:
    """The job stands in the line."""

    job: GenerationJob = strawberry.field(description="The job.")
    warnings: list[GenerationWarning] = strawberry.field(
        description="Why the pictures may turn out otherwise than expected; empty where nothing speaks for that."
    )


@strawberry.type(description="The job is stopped.")
class CancelGenerationSuccess:
    """The job is stopped."""

    job: GenerationJob = strawberry.field(description="The job; images that were ready stay.")
    released_credits: int = strawberry.field(description="Credits that came back, for all images that are not ready.")


NotSubmitted = (
    NotFound
    | InvalidInput
    | ContentBlocked
    | TooManyAttempts
    | InsufficientCredits
    | DailyLimitReached
    | IdempotencyConflict
    | Restricted
)
"""Why whatever makes a job may make none."""

SubmitGenerationResult = Annotated[
    SubmitGenerationSuccess | NotSubmitted | OwnerBusy | EngineGone,
    strawberry.union("SubmitGenerationResult", description="Result of `submitGeneration`."),
]
CancelGenerationResult = Annotated[
    CancelGenerationSuccess | NotFound | AlreadyFinished,
    strawberry.union("CancelGenerationResult", description="Result of `cancelGeneration`."),
]
