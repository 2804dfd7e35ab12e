"""What the watchers of an archive are told."""

from typing import Annotated

import strawberry

from schema.archives import Archive
from schema.generation_events import JobEvent


@strawberry.type(description="The archive as it is now; always the first message. Later events are changes to it.")
class ArchiveSnapshot(JobEvent):
    """The archive as it is now."""

    archive: Archive = strawberry.field(description="The archive.")
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="More images are packed. Told about once a second at most.")
class ArchiveProgress(JobEvent):
    """More images are packed."""

    archive: Archive = strawberry.field(description="The archive, which tells how far it is.")


@strawberry.type(description="The archive has ended; always the last message.")
class ArchiveCompleted(JobEvent):
    """The archive has ended."""

    archive: Archive = strawberry.field(description="The archive: with its `url`, or with its `failure`.")


ArchiveEvent = Annotated[
    ArchiveSnapshot | ArchiveProgress | ArchiveCompleted,
    strawberry.union("ArchiveEvent", description="What the watchers of an archive are told."),
]
