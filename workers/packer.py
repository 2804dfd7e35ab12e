"""The packer: claims archives and streams their pictures into the store, one at a time, beside the painter."""

from __future__ import annotations

import asyncio
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import structlog
from anyio import to_thread

from db.session import AWAY
from domain import archives_packing
from domain.archives_packing import Count
from domain.ports import StorageUnavailable
from domain.rendering import LeaseLost
from domain.variants import object_key
from domain.words import FailureCode, ImageVariant
from workers.in_hand import Stopping
from workers.zip_stream import ZipStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from domain.archives_packing import Claim
    from domain.ports import ObjectStore

    Ending = Callable[[AsyncSession, Claim], Awaitable[None]]
    """What is written of an archive that is in hand no longer."""

BEAT_S: Final = 1.0
"""How often a lease is renewed and progress is told, at most."""
_PAUSE_S: Final = 0.2

logger = structlog.get_logger()


class NothingToPack(Exception):
    """None of the pictures is there any more."""


class Packer:
    """Packs archive after archive. One picture at a time is in memory, and what waits to be stored."""

    def __init__(self, db: Database, store: ObjectStore, lease: timedelta) -> None:
        """Pack what is in ``store``; a claimed archive is ours for ``lease`` and as long as it is renewed."""
        self._db = db
        self._store = store
        self._lease = lease
        self._beat_s = min(BEAT_S, lease.total_seconds() / 4)
        self._is_stopping = False
        self._is_draining = False

    def drain(self, is_draining: bool) -> None:  # noqa: FBT001 - a state, not an option
        """Claim no more and finish what is in hand, or claim again; from any thread."""
        self._is_draining = is_draining

    def stop(self) -> None:
        """Claim no more, and give back what is in hand after the present picture; from any thread."""
        self._is_stopping = True

    async def pack_waiting(self) -> None:
        """Pack archive after archive until none waits. Who is rung for nothing finds nothing and returns."""
        while not (self._is_stopping or self._is_draining) and (claim := await self._claim()):
            await self._pack(claim)

    async def _claim(self) -> Claim | None:
        try:
            async with self._db.write() as tx:
                return await archives_packing.claim(tx, self._lease)
        except AWAY as error:
            logger.warning("database away, claiming no archive", error=type(error).__name__)
            return None

    async def _pack(self, claim: Claim) -> None:
        """See a claimed archive to an end: complete, failed, to be tried again, or not ours any more."""
        log = logger.bind(archive_id=str(claim.archive_id), claim=claim.number)
        log.info("archive claimed", images=len(claim.items))
        work = _Work(self._db, self._store, claim)
        try:
            await self._end(claim, await self._outcome(claim, work, log))
        except LeaseLost:
            log.info("archive not wanted any more, or its lease lost")
            await self._discard(claim)
        except AWAY as error:  # whether the end is written is not known: what is stored stays, the sweeper looks at it
            log.warning("database away, archive left", error=type(error).__name__)

    async def _outcome(self, claim: Claim, work: _Work, log: Any) -> Ending:  # noqa: ANN401 - a bound logger
        """Write the archive and return what to say of it.

        Raises:
            LeaseLost: nothing.
        """
        writing = asyncio.create_task(work.write())
        await self._keep(claim, work, writing)
        try:
            size = await writing
        except LeaseLost:
            raise
        except Stopping:
            return archives_packing.let_go
        except NothingToPack:
            return partial(archives_packing.fail, code=FailureCode.NOTHING_TO_PACK)
        except StorageUnavailable as error:
            log.warning("archive not stored", reason=str(error))
            return partial(archives_packing.lose, code=FailureCode.ARCHIVE_NOT_STORED)
        except Exception:  # whatever it is, the next archives are packed
            log.exception("packing raised")
            return partial(archives_packing.lose, code=FailureCode.PACKER_LOST)
        return partial(archives_packing.complete, count=work.count, byte_size=size)

    async def _keep(self, claim: Claim, work: _Work, writing: asyncio.Task[int]) -> None:
        """Renew the lease while an archive is written; where it must not go on, say so and wait until it stops."""
        clock = asyncio.get_running_loop().time
        renewed_at = clock()
        while not (await asyncio.wait({writing}, timeout=self._beat_s))[0]:
            if self._is_stopping:
                work.stop(Stopping())
            try:
                async with self._db.write() as tx:
                    await archives_packing.renew(tx, claim, self._lease, work.count)
                renewed_at = clock()
            except LeaseLost as lost:
                work.stop(lost)
            except AWAY:
                if clock() - renewed_at > self._lease.total_seconds():
                    work.stop(LeaseLost())

    async def _end(self, claim: Claim, ending: Ending) -> None:
        """Write the end of an archive, again and again while PostgreSQL is away and the lease lasts."""
        clock = asyncio.get_running_loop().time
        deadline = clock() + self._lease.total_seconds()
        while True:
            try:
                async with self._db.write() as tx:
                    return await ending(tx, claim)
            except AWAY:
                if clock() > deadline:
                    raise
                await asyncio.sleep(_PAUSE_S)

    async def _discard(self, claim: Claim) -> None:
        """Remove what was stored of an archive that nobody wants; where that fails, the sweeper does it later."""
        try:
            await self._store.discard(claim.key)
        except StorageUnavailable as error:
            logger.warning("archive not removed", key=claim.key, reason=str(error))


class _Work:
    """One archive that is being written."""

    def __init__(self, db: Database, store: ObjectStore, claim: Claim) -> None:
        self.count = Count()
        self._db = db
        self._store = store
        self._claim = claim
        self._reason: Exception | None = None

    def stop(self, reason: Exception) -> None:
        """Let it end with ``reason`` after the present picture; the first one counts.

        It is not cancelled: a thread that writes could not be, and would go on behind our back.
        """
        self._reason = self._reason or reason

    async def write(self) -> int:
        """Store the archive and return its size in bytes; whatever is raised, nothing of it is stored.

        Raises:
            NothingToPack: there was nothing to pack.
            StorageUnavailable: as the store says.
            Exception: the reason that ``stop`` was given.
        """
        for key in self._claim.earlier_keys:
            await self._store.discard(key)
        with closing(ZipStream()) as zipped:
            await self._write_to(zipped)
            return zipped.size

    async def _write_to(self, zipped: ZipStream) -> None:
        async with self._store.writing(self._claim.key, "application/zip") as file:
            for item in self._claim.items:
                self._check()
                data = await self._original(item.asset_id)
                if data is None:
                    self.count = Count(self.count.packed, self.count.skipped + 1)
                    continue
                await file.write(await to_thread.run_sync(zipped.add, item.name, item.made_at, data))
                self.count = Count(self.count.packed + 1, self.count.skipped)
            self._check()
            if not self.count.packed:
                raise NothingToPack
            await file.write(zipped.end())

    async def _original(self, asset_id: UUID) -> bytes | None:
        """Return the file of a picture, None where it was deleted meanwhile."""
        if not await self._db.look_up(lambda tx: archives_packing.is_there(tx, asset_id)):
            return None
        try:
            return await self._store.get(object_key(asset_id, ImageVariant.ORIGINAL))
        except KeyError:
            return None

    def _check(self) -> None:
        if self._reason:
            raise self._reason
