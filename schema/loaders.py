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
    from db.tables import (
        Artwork,
        Comment,
        CreditAccount,
        GenerationJob,
        GenerationSlot,
        Hold,
        LedgerEntry,
        MediaAsset,
        Session,
        User,
    )
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
        self.assets: ByKey[MediaAsset] = self._seen(media.find)
        self.artworks: ByKey[Artwork] = self._seen(artworks.find)
        self.artwork_images: ByKey[list[MediaAsset]] = ByKey(db, artworks.images_of)
        self.artwork_tags: ByKey[list[str]] = ByKey(db, artworks.tags_of)
        self.likes: ByKey[bool] = self._own(self._likes)
        self.follows: ByKey[bool] = self._own(self._follows)
        self.jobs: ByKey[GenerationJob] = self._own(generation.find)
        self.slots: ByKey[list[GenerationSlot]] = ByKey(db, generation.slots_of)
        self.holds: ByKey[Hold] = ByKey(db, generation.holds_of)
        self.places: ByKey[PlaceInLine] = ByKey(db, line.places)
        self.single_slots: ByKey[GenerationSlot] = self._own(generation.find_slots)
        self.sessions: ByKey[Session] = self._own(accounts.find_sessions)
        self.credit_accounts: ByKey[CreditAccount] = self._own(credits.find_accounts)
        self.entries: ByKey[LedgerEntry] = self._own(credits.find_entries)
        self.single_comments: ByKey[Comment] = self._seen(artworks.find_comments)
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

    async def _likes(self, tx: AsyncSession, viewer_id: UUID, keys: AbstractSet[UUID]) -> Mapping[UUID, bool]:
        return dict.fromkeys(await artworks.liked_among(tx, viewer_id, keys), True)

    async def _follows(self, tx: AsyncSession, viewer_id: UUID, keys: AbstractSet[UUID]) -> Mapping[UUID, bool]:
        return dict.fromkeys(await accounts.followed_among(tx, viewer_id, keys), True)

    def _seen(
        self, fetch: Callable[[AsyncSession, UUID | None, AbstractSet[UUID]], Awaitable[Mapping[UUID, Found]]]
    ) -> ByKey[Found]:
        """Return a look-up of what the viewer, signed in or not, may see."""

        async def fetch_seen(tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, Found]:
            return await fetch(tx, self._viewer_id, keys)

        return ByKey(self._db, fetch_seen)

    def _own(
        self, fetch: Callable[[AsyncSession, UUID, AbstractSet[UUID]], Awaitable[Mapping[UUID, Found]]]
    ) -> ByKey[Found]:
        """Return a look-up of what is the viewer's; somebody who is not signed in has nothing."""

        async def fetch_own(tx: AsyncSession, keys: AbstractSet[UUID]) -> Mapping[UUID, Found]:
            return await fetch(tx, self._viewer_id, keys) if self._viewer_id else {}

        return ByKey(self._db, fetch_own)
