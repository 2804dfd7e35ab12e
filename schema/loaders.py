"""Batches of look-ups: what one level of a response needs is fetched in one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from strawberry.dataloader import DataLoader

from domain import accounts, artworks, credits, generation, line, media

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from db.tables import Artwork, Comment, GenerationJob, GenerationSlot, Hold, LedgerEntry, MediaAsset, User
    from domain.artworks import Place
    from domain.line import Place as PlaceInLine
    from domain.ports import JobEventLog

Found = TypeVar("Found")


class ByKey(Generic[Found]):
    """Looks values up by key; what is asked in the same moment is fetched together, and nothing is kept."""

    def __init__(
        self,
        db: Database,
        fetch: Callable[[AsyncSession, AbstractSet[UUID]], Awaitable[Mapping[UUID, Found]]],
    ) -> None:
        """Fetch with ``fetch`` in a reading session of ``db``."""
        self._db = db
        self._fetch = fetch
        self._loader: DataLoader[UUID, Found | None] = DataLoader(self._load, cache=False)

    async def get(self, key: UUID) -> Found | None:
        """Return the value of ``key``, None where there is none."""
        return await self._loader.load(key)

    async def get_all(self, keys: Sequence[UUID]) -> list[Found | None]:
        """Return the values of ``keys``, in their order."""
        return await self._loader.load_many(keys)

    async def _load(self, keys: list[UUID]) -> list[Found | None]:
        found = await self._db.look_up(lambda tx: self._fetch(tx, set(keys)))
        return [found.get(key) for key in keys]


class Loaders:
    """All look-ups of one request, as its viewer may see the rows."""

    def __init__(self, db: Database, events: JobEventLog, viewer_id: UUID | None) -> None:
        """Look up in ``db`` and ``events`` for ``viewer_id``."""
        self._db = db
        self._events = events
        self._viewer_id = viewer_id
        self._comments: dict[tuple[Place | None, int], ByKey[list[Comment]]] = {}
        self._user_artworks: dict[tuple[Place | None, int], ByKey[list[Artwork]]] = {}
        self.users: ByKey[User] = ByKey(db, accounts.find)
        self.assets: ByKey[MediaAsset] = ByKey(db, self._assets)
        self.artworks: ByKey[Artwork] = ByKey(db, self._artworks)
        self.artwork_images: ByKey[list[MediaAsset]] = ByKey(db, artworks.images_of)
        self.artwork_tags: ByKey[list[str]] = ByKey(db, artworks.tags_of)
        self.likes: ByKey[bool] = ByKey(db, self._likes)
        self.follows: ByKey[bool] = ByKey(db, self._follows)
        self.jobs: ByKey[GenerationJob] = ByKey(db, self._jobs)
        self.slots: ByKey[list[GenerationSlot]] = ByKey(db, generation.slots_of)
        self.holds: ByKey[Hold] = ByKey(db, generation.holds_of)
        self.places: ByKey[PlaceInLine] = ByKey(db, line.places)
        self.single_slots: ByKey[GenerationSlot] = ByKey(db, self._single_slots)
        self.entries: ByKey[LedgerEntry] = ByKey(db, self._entries)
        self.single_comments: ByKey[Comment] = ByKey(db, self._single_comments)
        self.sequences: DataLoader[UUID, int | None] = DataLoader(self._sequences, cache=False)

    def comments(self, before: Place | None, limit: int) -> ByKey[list[Comment]]:
        """Return the look-up of one page of comments for many artworks."""

        async def fetch(tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, list[Comment]]:
            return await artworks.comments_of(tx, keys, before, limit)

        return self._comments.setdefault((before, limit), ByKey(self._db, fetch))

    def user_artworks(self, before: Place | None, limit: int) -> ByKey[list[Artwork]]:
        """Return the look-up of one page of public artworks for many users."""

        async def fetch(tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, list[Artwork]]:
            return await artworks.latest_of(tx, keys, before, limit)

        return self._user_artworks.setdefault((before, limit), ByKey(self._db, fetch))

    async def _sequences(self, job_ids: list[UUID]) -> list[int | None]:
        """Return the number of each job's newest event, None while the log can not be reached."""
        try:
            return [tip.sequence for tip in await self._events.tips(job_ids)]
        except ConnectionError:
            return [None] * len(job_ids)

    async def _assets(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, MediaAsset]:
        return await media.find(tx, self._viewer_id, keys)

    async def _artworks(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, Artwork]:
        return await artworks.find(tx, self._viewer_id, keys)

    async def _single_comments(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, Comment]:
        return await artworks.find_comments(tx, self._viewer_id, keys)

    async def _likes(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, bool]:
        liked = await artworks.liked_among(tx, self._viewer_id, keys) if self._viewer_id else set()
        return dict.fromkeys(liked, True)

    async def _follows(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, bool]:
        followed = await accounts.followed_among(tx, self._viewer_id, keys) if self._viewer_id else set()
        return dict.fromkeys(followed, True)

    async def _jobs(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, GenerationJob]:
        return await generation.find(tx, self._viewer_id, keys) if self._viewer_id else {}

    async def _single_slots(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, GenerationSlot]:
        return await generation.find_slots(tx, self._viewer_id, keys) if self._viewer_id else {}

    async def _entries(self, tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, LedgerEntry]:
        return await credits.find_entries(tx, self._viewer_id, keys) if self._viewer_id else {}
