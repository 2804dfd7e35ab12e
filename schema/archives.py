"""Archives in the graph: jobs that pack images into one file."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

import strawberry
from sqlalchemy import Integer, cast, false, literal

from db import tables
from db.words import JobStatus
from domain import archives
from domain.archives_states import DOWNLOADABLE, object_key
from domain.streams import of_archive
from planner import Connection, batch, column, computed, expression, part, planned, to_one
from schema.context import Context
from schema.errors import AlreadyFinished, InvalidInput, NotFound, TooManyArchives, TooManyAttempts
from schema.folders import Folder
from schema.generation import Failure, Job, QueuePlace, sequences_of
from schema.node import identity
from schema.scalars import URL

LINK_LIFE: Final = timedelta(minutes=15)


async def _sequences(context: Context, rows: Sequence[tuple[str]]) -> list[int | None]:
    return await sequences_of(context, [of_archive(UUID(archive_id)) for (archive_id,) in rows])


def _url(context: Context, archive_id: str, status: str, claims: int, name: str) -> str | None:
    if status not in DOWNLOADABLE:
        return None
    return context.services.store.url(object_key(archive_id, claims), LINK_LIFE, name)


@strawberry.type(description="Images of the viewer's in one zip file: packed in the background, kept for a day.")
@planned(tables.Archive, visible_to=lambda ask, archive: archive.user_id == ask.viewer)
class Archive(Job):
    """Images in one zip file."""

    id: strawberry.ID = identity("archive")
    status: JobStatus = column("Where it is in its life. PARTIAL where images were skipped.")
    progress: float = expression(
        "Share of its images that are packed or skipped, 0 to 1.", lambda _ask, archive: archives.progress(archive)
    )
    queue: QueuePlace | None = to_one(
        "Always null: archives stand in no line before an engine.",
        lambda _ask, _archive, _place: false(),
        unique=True,
    )
    cost: int = expression("Always 0: archives cost no credits.", lambda _ask, _archive: cast(literal(0), Integer))
    sequence: int | None = batch(
        "Number of the newest event of `archiveEvents`, which are kept for an hour; 0 where there is none, null while "
        "they can not be reached.",
        _sequences,
        "id",
    )
    failure: Failure | None = part("Why there is no file, where there will be none.", present="failure_code")
    created_at: datetime = column("When it was asked for.")
    started_at: datetime | None = column("When a worker last took it.")
    finished_at: datetime | None = column("When it ended.")
    name: str = column("Name of the file.")
    folder: Folder | None = to_one(
        "The folder that is packed; null for a selection, and where the folder was deleted.", by="folder_id"
    )
    image_count: int = column("How many images it was asked for.")
    packed_count: int = column("How many are packed so far.")
    skipped_count: int = column("How many were deleted before they could be packed.")
    byte_size: int | None = column("Size of the file in bytes; null until it is finished.")
    expires_at: datetime | None = column("Until when the file is kept; null until it is finished.")
    url: URL | None = computed(
        "Where to download the file: signed, good for a quarter of an hour, and made anew each time this is read. A "
        "download that broke off goes on with `Range`, also at a newer link. Null while there is no file.",
        _url,
        *("id", "status", "claims", "name"),
    )


@strawberry.type(description="A page of archives.")
class ArchiveConnection(Connection[Archive]):
    """A page of archives."""


@strawberry.input(description="What to pack: images, or a folder with all folders in it; one of the two.")
class RequestArchiveInput:
    """What to pack."""

    asset_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="1 to 1,000 of the viewer's own READY images, 2 GB at most."
    )
    folder_id: strawberry.ID | None = strawberry.field(
        default=None, description="One of the viewer's folders, which may hold as much."
    )


@strawberry.type(description="The archive is being made, or the same one was made or asked for before.")
class RequestArchiveSuccess:
    """The archive is being made."""

    archive: Archive = strawberry.field(description="The archive.")


@strawberry.input(description="Which archive to stop.")
class CancelArchiveInput:
    """Which archive to stop."""

    archive_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's archives.")


@strawberry.type(description="The archive is stopped, and nothing of it is kept.")
class CancelArchiveSuccess:
    """The archive is stopped."""

    archive: Archive = strawberry.field(description="The archive.")


RequestArchiveResult = Annotated[
    RequestArchiveSuccess | InvalidInput | NotFound | TooManyArchives | TooManyAttempts,
    strawberry.union("RequestArchiveResult", description="Result of `requestArchive`."),
]
CancelArchiveResult = Annotated[
    CancelArchiveSuccess | NotFound | AlreadyFinished,
    strawberry.union("CancelArchiveResult", description="Result of `cancelArchive`."),
]
