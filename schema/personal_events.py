"""What a user is told of their own affairs."""

from typing import Annotated

import strawberry

from schema.accounts import Viewer
from schema.credits import CreditAccount, LedgerEntry
from schema.generation import GenerationJob, GenerationSlot
from schema.stream_events import StreamEvent


@strawberry.type(description="The viewer as they are now; the first message. Later events are changes to it.")
class MyEventsSnapshot(StreamEvent):
    """The viewer as they are now."""

    viewer: Viewer = strawberry.field(description="The viewer.")
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="A job of the viewer stands in the line: it was submitted, or its worker was lost.")
class MyJobQueued(StreamEvent):
    """A job stands in the line."""

    job: GenerationJob = strawberry.field(description="The job as it is now.")


@strawberry.type(description="A job of the viewer is being painted.")
class MyJobStarted(StreamEvent):
    """A job is being painted."""

    job: GenerationJob = strawberry.field(description="The job as it is now.")


@strawberry.type(description="An image of a job of the viewer is ready.")
class MyImageReady(StreamEvent):
    """An image is ready."""

    job: GenerationJob = strawberry.field(description="The job as it is now.")
    slot: GenerationSlot = strawberry.field(description="The slot of the image.")


@strawberry.type(description="A job of the viewer has ended.")
class MyJobCompleted(StreamEvent):
    """A job has ended."""

    job: GenerationJob = strawberry.field(
        description="The job as it will stay; `releasedCredits` tells all credits that came back for it."
    )


@strawberry.type(description="The viewer's credits as they are now; the first message.")
class CreditSnapshot(StreamEvent):
    """The viewer's credits as they are now."""

    account: CreditAccount = strawberry.field(description="The viewer's account.")
    resumed: bool = strawberry.field(
        description="Whether all changes after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="Credits of the viewer moved.")
class CreditBalanceChanged(StreamEvent):
    """Credits moved."""

    account: CreditAccount = strawberry.field(description="The viewer's account as it is now.")
    entry: LedgerEntry = strawberry.field(
        description="What changed it: how many credits, why, for which job, and what there was after it."
    )


@strawberry.type(
    description="The viewer's balance fell below `lowMark`. Told once each time it does: again only after it was that "
    "high again."
)
class CreditsLow(StreamEvent):
    """The balance fell below the mark."""

    account: CreditAccount = strawberry.field(description="The viewer's account as it is now.")
    entry: LedgerEntry = strawberry.field(description="The movement with which it fell.")


CreditEvent = Annotated[
    CreditSnapshot | CreditBalanceChanged,
    strawberry.union("CreditEvent", description="What the owner of credits is told."),
]
MyEvent = Annotated[
    MyEventsSnapshot | MyJobQueued | MyJobStarted | MyImageReady | MyJobCompleted | CreditBalanceChanged | CreditsLow,
    strawberry.union("MyEvent", description="What the viewer is told of their own affairs."),
]
