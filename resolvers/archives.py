"""Archives: asking for one, stopping it, and watching how it is made."""

from collections.abc import AsyncIterable
from typing import Annotated

import strawberry

from domain import archives, archives_states, attempts, streams
from domain.ports import Event
from domain.streams import COMPLETED
from planner import ref
from resolvers.own_watch import Kind, OwnWatch
from resolvers.streams import After, Place
from schema.archive_events import ArchiveCompleted, ArchiveEvent, ArchiveProgress, ArchiveSnapshot
from schema.archives import (
    Archive,
    CancelArchiveInput,
    CancelArchiveResult,
    CancelArchiveSuccess,
    RequestArchiveInput,
    RequestArchiveResult,
    RequestArchiveSuccess,
)
from schema.context import Info
from schema.node import key_of, required_key


@strawberry.type
class ArchiveMutations:
    """Mutations about archives."""

    @strawberry.mutation(
        description="Have images packed into one zip file. Asked for again, while it is being made or can be "
        "downloaded, it is the same archive. One may have two unfinished ones, and ask 30 times in an hour."
    )
    async def request_archive(
        self,
        info: Info,
        input: Annotated[RequestArchiveInput, strawberry.argument(description="What to pack.")],  # noqa: A002
    ) -> RequestArchiveResult:
        """Ask for an archive."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        await attempts.count(services.limiter, "request-archive", str(viewer_id), archives.PER_USER)
        folder_id = required_key("folder", input.folder_id, "folderId") if input.folder_id is not None else None
        asset_ids = input.asset_ids
        keys = None
        if asset_ids is not None:
            keys = [required_key("asset", each, "assetIds", str(index)) for index, each in enumerate(asset_ids)]
        async with services.db.write() as tx:
            archive_id = await archives.request(tx, viewer_id, keys, folder_id)
        return RequestArchiveSuccess(archive=ref(Archive, id=archive_id))

    @strawberry.mutation(description="Stop an archive that is not finished; nothing of it is kept.")
    async def cancel_archive(
        self,
        info: Info,
        input: Annotated[CancelArchiveInput, strawberry.argument(description="Which archive.")],  # noqa: A002
    ) -> CancelArchiveResult:
        """Stop an archive."""
        viewer_id = info.context.required_viewer_id
        archive_id = required_key("archive", input.archive_id, "archiveId")
        async with info.context.services.db.write() as tx:
            await archives.cancel(tx, viewer_id, archive_id)
        return CancelArchiveSuccess(archive=ref(Archive, id=archive_id))


@strawberry.type
class ArchiveSubscriptions:
    """Streams about archives."""

    @strawberry.subscription(
        description="Follow one of the viewer's archives to its end: a snapshot first, then its progress. Give the "
        "last `cursor` as `after` to go on after a broken connection."
    )
    def archive_events(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the archive.")],  # noqa: A002
        after: After = None,
    ) -> AsyncIterable[ArchiveEvent]:
        """Follow an archive."""
        return ArchiveWatch(info.context, after, key_of("archive", id))


class ArchiveWatch(OwnWatch):
    """The owner of an archive, watching it to its end."""

    __slots__ = ()
    kind = Kind("archive", streams.of_archive, archives_states.states_of)

    def snapshot(self, place: Place, *, resumed: bool) -> ArchiveSnapshot:
        """Return the archive as it is now."""
        return ArchiveSnapshot(**place, archive=self._archive, resumed=resumed)

    def event(self, event: Event, place: Place) -> ArchiveSnapshot | ArchiveProgress | ArchiveCompleted:
        """Return what is told of an event; where it is taken or given back, the archive as it is now."""
        if event.kind == "progress":
            return ArchiveProgress(**place, archive=self._archive)
        if event.kind == COMPLETED:
            return ArchiveCompleted(**place, archive=self._archive)
        return self.snapshot(place, resumed=True)

    @property
    def _archive(self) -> Archive:
        return ref(Archive, id=self.key)
