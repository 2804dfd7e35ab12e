"""The sweeper: finds what fell between two stools, and sets it going again or ends it with a refund."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain import (
    archives_packing,
    artwork_news,
    counters,
    credits,
    housekeeping,
    line,
    notifications_keeping,
    popularity,
    removing,
    rendering,
    saved_searches,
    search_index,
    trash,
    trends,
    uploads,
    uploads_checking,
    workers,
)
from domain.archives_states import object_key as archive_key
from domain.ports import StorageUnavailable
from domain.variants import object_key
from domain.words import ImageVariant
from workers.broker import ARCHIVE_QUEUE
from workers.recommender import Recommender

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from domain.ports import ObjectStore
    from workers.broker import Bell

SWEEP_S: Final = 2.0
TIDY_S: Final = 10.0
REMOVALS: Final = 10
"""Transactions in which one sweep removes artworks."""
_SEARCH_BATCHES: Final = 20

logger = structlog.get_logger()


class Sweeper:
    """Sweeps every two seconds, and tidies every ten. Several may run: every change locks and looks again."""

    def __init__(self, db: Database, bell: Bell, store: ObjectStore, patience: timedelta, grace: timedelta) -> None:
        """Give up jobs that wait longer than ``patience``, and pictures unfinished for longer than ``grace``."""
        self._db = db
        self._bell = bell
        self._store = store
        self._patience = patience
        self._grace = grace
        self.recommender = Recommender(db)

    async def run(self) -> None:
        """Work until cancelled; a fault of one errand does not keep the others from being done."""
        waited_for = (
            *(self.rescue_lost, self.expire_overdue, self.ring_for_waiting, self.forget_workers, self.fold_counts),
            *(self.expire_credits, self.score_anew, self.remove_artworks, self.recommender.recommend),
            *(self.look_for_search, self.tell_searchers),
            *(self.rescue_archives, self.expire_archives, self.ring_for_archives),
        )
        tidying = (
            *(self.tidy_line, self.remove_abandoned, self.forget_uploads, self.empty_trash),
            *(self.forget, self.clear_archives, self.forget_notifications, self.trim_notifications),
            *(self.recommender.notice, self.recommender.renew_everybodys, self.recommender.forget),
            self.measure_trends,
        )
        clock, tidy_at = asyncio.get_running_loop().time, 0.0
        while True:
            if clock() >= tidy_at:
                tidy_at = clock() + TIDY_S
                await _do(tidying)
            await _do(waited_for)
            await asyncio.sleep(SWEEP_S)

    async def rescue_lost(self) -> None:
        """Put jobs back in the line whose worker is gone."""
        await self._each(rendering.lost, rendering.rescue)

    async def expire_overdue(self) -> None:
        """End jobs that waited too long."""

        async def overdue(tx: AsyncSession) -> Sequence[UUID]:
            return await rendering.overdue(tx, self._patience)

        await self._each(overdue, rendering.expire)

    async def expire_credits(self) -> None:
        """Take back credits whose time has run out."""
        await self._each(credits.expiring, credits.expire)

    async def ring_for_waiting(self) -> None:
        """Ring again where work waits and no ring does: messages may be lost, rows are not."""
        async with self._db.read() as tx:
            waits = await line.is_anyone_waiting(tx)
        if waits and not await asyncio.to_thread(self._bell.is_unanswered):
            await asyncio.to_thread(self._bell.ring)

    async def remove_abandoned(self) -> None:
        """Delete the objects of pictures that will never be shown."""
        async with self._db.read() as tx:
            assets = await housekeeping.abandoned_assets(tx, self._grace)
        for asset_id in assets:
            await self._remove_objects(asset_id)
            async with self._db.write() as tx:
                await housekeeping.give_up_asset(tx, asset_id)

    async def tidy_line(self) -> None:
        """Keep the counts of the line short."""
        async with self._db.write() as tx:
            await line.tidy(tx)

    async def forget_workers(self) -> None:
        """Count on those no more that were not seen for long. Their jobs are rescued by their leases, not by this."""
        async with self._db.write() as tx:
            for worker_id in await workers.forget(tx):
                logger.warning("worker forgotten", worker_id=str(worker_id))

    async def fold_counts(self) -> None:
        """Add to counts what many have changed at once."""
        async with self._db.read() as tx:
            found = await counters.waiting(tx)
        for name, keys in found.items():
            async with self._db.write() as tx:
                folded = await counters.fold(tx, name, keys)
                if name == counters.ARTWORK_LIKES.name:
                    artwork_news.likes_folded(tx, folded)

    async def look_for_search(self) -> None:
        """Let search know of artworks that were changed: of so many at once that other errands do not wait for long."""
        for _ in range(_SEARCH_BATCHES):
            async with self._db.write() as tx:
                if not await search_index.sweep(tx):
                    return

    async def tell_searchers(self) -> None:
        """Tell those who saved a search of new artworks that match it."""
        for _ in range(_SEARCH_BATCHES):
            async with self._db.write() as tx:
                if not await saved_searches.tell(tx):
                    return

    async def measure_trends(self) -> None:
        """Look which tags are used more than usual."""
        async with self._db.write() as tx:
            await trends.measure(tx)

    async def empty_trash(self) -> None:
        """Take for good what was deleted long ago: first nobody can restore it any more, then its objects go."""
        async with self._db.write() as tx:
            assets = await trash.purge_overdue(tx)
        for asset_id in assets:
            await self._remove_objects(asset_id)
            async with self._db.write() as tx:
                await trash.forget_objects(tx, asset_id)

    async def remove_artworks(self) -> None:
        """Remove artworks that their authors have deleted, with their likes and comments, some at a time."""
        for _ in range(REMOVALS):
            async with self._db.write() as tx:
                if not await removing.remove_some(tx):
                    return

    async def forget_uploads(self) -> None:
        """Delete files that were announced and never confirmed, and those that came after they were."""
        async with self._db.read() as tx:
            found = await uploads.overdue(tx, self._grace)
        for upload in found:
            await uploads_checking.give_up(self._db, self._store, upload.id)

    async def forget(self) -> None:
        """Delete keys and sessions that have run out."""
        async with self._db.write() as tx:
            await housekeeping.forget_expired(tx)

    async def score_anew(self) -> None:
        """Give artworks that got likes or comments their new place among what is popular, every half minute."""
        async with self._db.write() as tx:
            await popularity.score_anew(tx)

    async def rescue_archives(self) -> None:
        """Let archives be packed again whose worker is gone."""
        await self._each(archives_packing.lost, archives_packing.rescue)

    async def expire_archives(self) -> None:
        """Let finished archives go after their day."""
        await self._each(archives_packing.overdue, archives_packing.expire)

    async def ring_for_archives(self) -> None:
        """Ring again where archives wait and no ring does."""
        async with self._db.read() as tx:
            waits = await archives_packing.is_anyone_waiting(tx)
        if waits and not await asyncio.to_thread(self._bell.is_unanswered, ARCHIVE_QUEUE):
            await asyncio.to_thread(self._bell.ring, ARCHIVE_QUEUE)

    async def clear_archives(self) -> None:
        """Remove what is stored of archives that nobody can download any more, or never could."""
        async with self._db.read() as tx:
            found = await archives_packing.uncleared(tx, self._grace)
        for archive_id, claims in found:
            for number in range(1, claims + 1):
                await self._store.discard(archive_key(archive_id, number))
            async with self._db.write() as tx:
                await archives_packing.cleared(tx, archive_id)

    async def forget_notifications(self) -> None:
        """Delete notifications after their time, and places that no page needs any more."""
        async with self._db.write() as tx:
            await notifications_keeping.forget(tx)
        async with self._db.write() as tx:
            await notifications_keeping.forget_places(tx)

    async def trim_notifications(self) -> None:
        """Delete the oldest notifications of those who have too many."""
        async with self._db.read() as tx:
            found = await notifications_keeping.full(tx)
        for user_id in found:
            async with self._db.write() as tx:
                await notifications_keeping.trim(tx, user_id)

    async def _remove_objects(self, asset_id: UUID) -> None:
        for variant in ImageVariant:
            await self._store.delete(object_key(asset_id, variant))

    async def _each(
        self,
        find: Callable[[AsyncSession], Awaitable[Sequence[UUID]]],
        mend: Callable[[AsyncSession, UUID], Awaitable[None]],
    ) -> None:
        async with self._db.read() as tx:
            found = await find(tx)
        for key in found:
            async with self._db.write() as tx:
                await mend(tx, key)
            logger.info("swept", key=str(key), by=mend.__name__)


async def _do(errands: Sequence[Callable[[], Awaitable[None]]]) -> None:
    for errand in errands:
        try:
            await errand()
        except (SQLAlchemyError, OSError, StorageUnavailable) as error:
            logger.warning("sweep failed", errand=errand.__name__, error=type(error).__name__)
