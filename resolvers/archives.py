"""Archives: asking for one, stopping it, and watching how it is made."""

from collections.abc import AsyncIterable, Sequence
from typing import Annotated
from uuid import UUID

import strawberry

from domain import archives, archives_states, attempts, streams
from domain.archives_states import UNFINISHED
from domain.errors import Missing
from domain.ports import Event
from domain.streams import COMPLETED, job_of
from planner import ref
from resolvers.streams import After, Audience, Place, Watch
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
from schema.context import Context, Info, Services
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


class ArchiveWatch(Watch):
    """The owner of an archive, watching it to its end."""

    __slots__ = ("_key",)

    def __init__(self, context: Context, after: str | None, key: UUID | None) -> None:
        """Watch the archive with this key; None is the key of none."""
        super().__init__(context, after)
        self._key = key

    @property
    def stream(self) -> str:
        """Name of the archive's stream."""
        return streams.of_archive(self._archive_id)

    @property
    def audience(self) -> Audience:
        """Its owner alone."""
        return Audience(self.context.required_viewer_id, self.context.language)

    async def check(self) -> None:
        """Refuse who is not signed in, or not the owner; both are looked at as ``has_ended`` is."""
        await self.has_ended()

    async def has_ended(self) -> bool:
        """Whether nothing is told any more; raises where the viewer may not, or no longer, watch it."""
        await self.context.require_live_session()
        db = self.context.services.db
        state = await db.find(archives_states.states_of, self._key) if self._key else None
        if state is None or state[0] != self.context.required_viewer_id:
            raise Missing("There is no such archive, or it is not yours.")
        return state[1] not in UNFINISHED

    @classmethod
    async def ended(cls, services: Services, streams: Sequence[str]) -> set[str]:
        """Return the streams of archives that are finished."""
        found = {job_of(stream): stream for stream in streams}
        states = await services.db.look_up(lambda tx: archives_states.states_of(tx, found))
        return {found[key] for key, (_, status) in states.items() if status not in UNFINISHED}

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
        return ref(Archive, id=self._archive_id)

    @property
    def _archive_id(self) -> UUID:
        assert self._key, "check has passed"
        return self._key
