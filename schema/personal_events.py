"""What a user is told of their own affairs."""

from typing import Annotated

import strawberry

from planner import root_page
from schema.accounts import Viewer
from schema.credits import CreditAccount, LedgerEntry
from schema.generation import GenerationJob, GenerationSlot
from schema.notifications import NotificationGroup, NotificationGroupConnection
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


@strawberry.type(description="A group of notifications is new, or has grown.")
class NotificationReceived(StreamEvent):
    """A group of notifications is new, or has grown."""

    notification: NotificationGroup | None = strawberry.field(
        description="The group as it is now: the first of `notifications`. Null where it is not shown any more."
    )
    viewer: Viewer = strawberry.field(description="The viewer, with the number of unread groups.")


@strawberry.type(description="A group of notifications tells of less: somebody took back what they did.")
class NotificationShrank(StreamEvent):
    """A group of notifications tells of less."""

    notification: NotificationGroup | None = strawberry.field(
        description="The group as it is now, where it was before. Null where it is not shown any more."
    )


@strawberry.type(description="A group of notifications is gone: all that it told of was taken back.")
class NotificationWithdrawn(StreamEvent):
    """A group of notifications is gone."""

    notification_id: strawberry.ID = strawberry.field(description="Id that the group had.")
    viewer: Viewer = strawberry.field(description="The viewer, with the number of unread groups.")


@strawberry.type(description="The viewer has read notifications, on whichever device.")
class NotificationsRead(StreamEvent):
    """The viewer has read notifications."""

    notification_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of the groups that are read from now on, the newest first, a hundred at most."
    )
    marked_count: int = strawberry.field(description="How many there are: where more, look at the list anew.")
    viewer: Viewer = strawberry.field(description="The viewer, with the number of unread groups.")


@strawberry.type(description="The viewer's notifications as they are now; the first message.")
class NotificationSnapshot(StreamEvent):
    """The viewer's notifications as they are now."""

    notifications: NotificationGroupConnection = root_page(
        "A page of the list; its cursors are those of `notifications`.", "notifications"
    )
    viewer: Viewer = strawberry.field(description="The viewer, with the number of unread groups.")
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


NotificationEvent = Annotated[
    NotificationSnapshot | NotificationReceived | NotificationShrank | NotificationWithdrawn | NotificationsRead,
    strawberry.union("NotificationEvent", description="What the viewer is told of their notifications."),
]
CreditEvent = Annotated[
    CreditSnapshot | CreditBalanceChanged,
    strawberry.union("CreditEvent", description="What the owner of credits is told."),
]
MyEvent = Annotated[
    MyEventsSnapshot
    | MyJobQueued
    | MyJobStarted
    | MyImageReady
    | MyJobCompleted
    | CreditBalanceChanged
    | CreditsLow
    | NotificationReceived
    | NotificationShrank
    | NotificationWithdrawn
    | NotificationsRead,
    strawberry.union("MyEvent", description="What the viewer is told of their own affairs."),
]
