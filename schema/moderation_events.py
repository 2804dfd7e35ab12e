"""What moderators who follow their queue are told."""

from typing import Annotated

import strawberry

from planner import root_page
from schema.moderation import ModerationCase, ModerationCaseConnection
from schema.stream_events import StreamEvent


@strawberry.type(description="The cases that wait, as they are now; the first message. Later events are changes.")
class ModerationQueueSnapshot(StreamEvent):
    """The cases that wait."""

    queue: ModerationCaseConnection = root_page(
        "A page of those that wait; its cursors are those of `moderationQueue`.", "moderationQueue"
    )
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="A case is new, or has changed: its `status` says whether it still waits.")
class ModerationCaseChanged(StreamEvent):
    """A case is new, or has changed."""

    case: ModerationCase | None = strawberry.field(
        description="The case; null where it is about the viewer, who does not see it."
    )


ModerationQueueEvent = Annotated[
    ModerationQueueSnapshot | ModerationCaseChanged,
    strawberry.union("ModerationQueueEvent", description="What moderators who follow their queue are told."),
]
