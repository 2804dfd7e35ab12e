"""What the watchers of a generation job are told."""

from typing import Annotated

import strawberry

from domain.words import EtaConfidence, WaitingFor
from schema.generation import GenerationJob, GenerationSlot
from schema.scalars import URL, Cursor
from schema.stream_events import StreamEvent


@strawberry.interface(description="Something that happened to a job.")
class JobEvent(StreamEvent):
    """Something that happened to a job."""

    cursor: Cursor = strawberry.field(description="Give it as `after` to go on behind this event.")
    sequence: int = strawberry.field(
        description="Number of the event within its job; grows by one, and starts over only with a snapshot."
    )


@strawberry.type(description="The job as it is now; always the first message. Later events are changes to it.")
class GenerationSnapshot(JobEvent):
    """The job as it is now."""

    job: GenerationJob = strawberry.field(description="The job.")
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="The job stands elsewhere in the line.")
class GenerationQueueMoved(JobEvent):
    """The job stands elsewhere in the line."""

    position: int = strawberry.field(description="1 for the job that is painted next; 1 too after a worker was lost.")
    ahead: int = strawberry.field(description="How many jobs are painted before it.")
    eta_seconds: int | None = strawberry.field(
        description="Seconds until painting starts, where it has been measured; null while `waitingFor` is not TURN."
    )
    eta_confidence: EtaConfidence | None = strawberry.field(
        description="How far `etaSeconds` can be trusted, by how good earlier ones were; null where it is."
    )
    waiting_for: WaitingFor = strawberry.field(description="What it waits for.")


@strawberry.type(description="A worker has taken the job and the engine is ready.")
class GenerationStarted(JobEvent):
    """Painting starts."""

    job: GenerationJob = strawberry.field(description="The job.")


@strawberry.type(description="One more step of an image is done.")
class GenerationProgress(JobEvent):
    """One more step is done."""

    slot_index: int = strawberry.field(description="Which image, from 0.")
    step: int = strawberry.field(description="Steps done.")
    total_steps: int = strawberry.field(description="Steps in all.")
    preview: URL | None = strawberry.field(description="How it looks now: a small picture as `data:` URL.")


@strawberry.type(description="An image is ready to be seen.")
class GenerationImageReady(JobEvent):
    """An image is ready."""

    slot: GenerationSlot = strawberry.field(description="Its slot, with the image.")


@strawberry.type(description="An image failed or was blocked.")
class GenerationImageFailed(JobEvent):
    """An image will not come."""

    slot: GenerationSlot = strawberry.field(description="Its slot, with the failure.")
    released_credits: int = strawberry.field(description="Credits that came back for it.")


@strawberry.type(
    description="The owner has canceled a job that is being painted: all images that were not ready are given up, and "
    "their credits are back. It ends when the GPU has let go."
)
class GenerationCanceling(JobEvent):
    """The job is being canceled."""

    job: GenerationJob = strawberry.field(description="The job.")
    released_credits: int = strawberry.field(description="All credits that came back for it so far.")


@strawberry.type(description="The job has ended; always the last message.")
class GenerationCompleted(JobEvent):
    """The job has ended."""

    job: GenerationJob = strawberry.field(
        description="The job as it will stay; `releasedCredits` tells all credits that came back for it."
    )


GenerationJobEvent = Annotated[
    GenerationSnapshot
    | GenerationQueueMoved
    | GenerationStarted
    | GenerationProgress
    | GenerationImageReady
    | GenerationImageFailed
    | GenerationCanceling
    | GenerationCompleted,
    strawberry.union("GenerationJobEvent", description="What the watchers of a job are told."),
]
