"""What the watchers of a feed are told."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from planner import root_page
from schema.feeds import FeedConnection, FeedEdge
from schema.stream_events import StreamEvent


@strawberry.type(description="The feed as it is now; the first message. Later events are changes to it.")
class FeedSnapshot(StreamEvent):
    """The feed as it is now."""

    feed: FeedConnection = root_page("A page of the feed; its cursors are those of `feed`.", "feed", "asked")
    asked: strawberry.Private[Mapping[str, Any]]
    """What `feed` is asked for with."""
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="An artwork stands in the feed from now on.")
class FeedEdgeAdded(StreamEvent):
    """An artwork stands in the feed."""

    edge: FeedEdge | None = strawberry.field(
        description="The artwork, with the cursor that it has in `feed`; null where it has left the feed already."
    )


@strawberry.type(description="An artwork does not stand in the feed any more.")
class FeedEdgeRemoved(StreamEvent):
    """An artwork has left the feed."""

    node_id: strawberry.ID = strawberry.field(description="Id of the artwork.")


FeedEvent = Annotated[
    FeedSnapshot | FeedEdgeAdded | FeedEdgeRemoved,
    strawberry.union("FeedEvent", description="What the watchers of a feed are told."),
]
