"""What all streams of the graph share."""

import strawberry

from schema.scalars import Cursor


@strawberry.interface(description="Something that is told by a stream.")
class StreamEvent:
    """Something that is told by a stream."""

    cursor: Cursor = strawberry.field(description="Give it as `after` to go on behind this event.")
    sequence: int = strawberry.field(
        description="Number of the event within its stream: grows with every event, and starts over only with a "
        "snapshot. Numbers of events that were not asked for are left out."
    )
