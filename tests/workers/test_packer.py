"""The packer: archives are packed whole, in bounded memory, and whatever breaks, nothing of a bad one stays."""

from __future__ import annotations

import asyncio
import tracemalloc
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from adapters.storage.folder import FolderStore
from archiving import picture, requested, rows, unpacked
from db.session import Database
from domain import archives, archives_packing, trash
from domain.archives_states import object_key
from domain.ports import StorageUnavailable
from domain.rendering import LeaseLost
from domain.streams import of_archive
from stored import sql
from waiting import until
from workers.packer import Packer
from workshop import LEASE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.ports import ObjectWriter
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class WatchedStore(FolderStore):
    """The real store, with something that happens before an original is read, and before an archive is there."""

    def __init__(
        self,
        shop: Workshop,
        before_get: Callable[[str], Awaitable[None]] | None = None,
        before_end: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        super().__init__(shop.media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
        self._before_get, self._before_end = before_get, before_end

    async def get(self, key: str) -> bytes:
        if self._before_get:
            await self._before_get(key)
        return await super().get(key)

    @asynccontextmanager
    async def writing(self, key: str, content_type: str) -> AsyncIterator[ObjectWriter]:
        async with super().writing(key, content_type) as file:
            yield file
            if self._before_end:
                await self._before_end()


class CountedDatabase(Database):
    """The real database, which counts what is written."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.writes = 0
        self.refused = asyncio.Event()
        """Set when a write finds that an archive is not its worker's any more."""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        try:
            async with super().write() as tx:
                yield tx
        except LeaseLost:
            self.refused.set()
            raise
        self.writes += 1

    async def beats(self) -> None:
        """Wait until whatever writes by itself has begun and ended to do so once more."""
        seen = self.writes
        await until(lambda: self.writes > seen + 1)


@pytest.fixture
async def counted(shop: Workshop) -> AsyncIterator[CountedDatabase]:
    db = CountedDatabase(shop.database_url)
    yield db
    await db.close()


def packed(shop: Workshop) -> set[str]:
    """Return the keys of all archives that are stored, and of what writers left."""
    return {key for key in shop.stored() if key.startswith("archives/")}


async def events_of(shop: Workshop, archive: UUID) -> list[str]:
    """Return what the watchers of an archive were told, but for progress: that depends on how fast the machine is."""
    while await shop.relay().empty_once():
        pass
    tip = await shop.log.tip(of_archive(archive))
    found = await shop.log.read_after(of_archive(archive), tip._replace(stamp=(0, 0), sequence=0))
    return [event.kind for event in found or () if event.kind != "progress"]


async def cancel(shop: Workshop, user: UUID, archive: UUID) -> None:
    async with shop.db.write() as tx:
        await archives.cancel(tx, user, archive)


async def test_a_selection_is_packed_in_its_order_and_told(shop: Workshop) -> None:
    user = await shop.user()
    first, second = await picture(shop, user, b"one", shows="a cat"), await picture(shop, user, b"two", shows="a cat")
    archive = await requested(shop, user, [second, first])

    await shop.packer().pack_waiting()

    data = await shop.store.get(object_key(archive, 1))
    assert unpacked(data) == {"a cat.png": b"two", "a cat (2).png": b"one"}
    assert rows(shop.database_url) == [("SUCCEEDED", 2, 0, None)]
    kept = "SELECT byte_size, extract(epoch FROM expires_at - finished_at)::int, lease_owner FROM archives"
    assert sql(shop.database_url, kept) == [(len(data), 86_400, None)]
    assert await events_of(shop, archive) == ["started", "completed"]


async def test_the_relay_rings_for_an_archive_once_it_is_committed(shop: Workshop) -> None:
    user = await shop.user()
    await requested(shop, user, [await picture(shop, user)])
    assert await shop.redis.llen("dramatiq:archives") == 0

    await shop.relay().empty_once()

    assert (await shop.redis.llen("dramatiq:archives"), await shop.redis.llen("dramatiq:gpu")) == (1, 0)


async def test_several_archives_are_packed_and_two_packers_never_pack_the_same(shop: Workshop) -> None:
    made = []
    for _ in range(6):
        user = await shop.user()
        made.append(await requested(shop, user, [await picture(shop, user)]))

    await asyncio.gather(*(shop.packer().pack_waiting() for _ in range(3)))

    assert rows(shop.database_url) == [("SUCCEEDED", 1, 0, None)] * 6
    assert packed(shop) == {object_key(archive, 1) for archive in made}


async def test_memory_does_not_grow_with_the_number_of_pictures(shop: Workshop) -> None:
    user, original = await shop.user(), bytes(2**19)

    async def peak(count: int) -> int:
        await requested(shop, user, [await picture(shop, user, original) for _ in range(count)])
        tracemalloc.start()
        await shop.packer().pack_waiting()
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few, many = await peak(5), await peak(50)
    assert rows(shop.database_url) == [("SUCCEEDED", 5, 0, None), ("SUCCEEDED", 50, 0, None)]
    assert many < few + len(original), (few, many)


async def test_what_is_deleted_meanwhile_is_skipped_and_counted(shop: Workshop) -> None:
    # given one picture that its owner deletes, one that moderation hides, one whose object is gone, and a good one
    user = await shop.user()
    deleted, hidden, gone, good = [await picture(shop, user, shows=str(number)) for number in range(4)]
    archive = await requested(shop, user, [deleted, hidden, gone, good])
    async with shop.db.write() as tx:
        await trash.delete(tx, user, deleted)
    sql(shop.database_url, "UPDATE media_assets SET status = 'HIDDEN' WHERE id = %s", hidden)
    await shop.store.delete(f"assets/{gone}/original.png")

    await shop.packer().pack_waiting()

    assert rows(shop.database_url) == [("PARTIAL", 1, 3, None)]
    assert list(unpacked(await shop.store.get(object_key(archive, 1)))) == ["3.png"]


async def test_an_archive_of_nothing_fails_and_leaves_nothing(shop: Workshop) -> None:
    user = await shop.user()
    only = await picture(shop, user)
    archive = await requested(shop, user, [only])
    async with shop.db.write() as tx:
        await trash.delete(tx, user, only)

    await shop.packer().pack_waiting()

    assert rows(shop.database_url) == [("FAILED", 0, 1, "NOTHING_TO_PACK")]
    assert packed(shop) == set()
    assert await events_of(shop, archive) == ["started", "completed"]


async def test_a_store_that_is_away_is_tried_three_times_in_all_and_then_told(shop: Workshop) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user) for _ in range(2)])
    reads = []

    async def refuse_the_second(key: str) -> None:
        reads.append(key)
        if not len(reads) % 2:
            raise StorageUnavailable(key)

    packer = shop.packer(WatchedStore(shop, refuse_the_second))
    for tries in (1, 2):
        await packer.pack_waiting()
        assert [(status, failure) for status, *_, failure in rows(shop.database_url)] == [("QUEUED", None)]
        assert packed(shop) == set()
        # it waits for a while, and is rung for when that is over
        await packer.pack_waiting()
        await shop.sweeper().ring_for_archives()
        assert (len(reads), await shop.redis.llen("dramatiq:archives")) == (2 * tries, tries - 1)
        sql(shop.database_url, "UPDATE archives SET due_at = now() WHERE due_at > now()")
        await shop.sweeper().ring_for_archives()
        assert await shop.redis.llen("dramatiq:archives") == 1
    await packer.pack_waiting()

    assert rows(shop.database_url) == [("FAILED", 0, 0, "ARCHIVE_NOT_STORED")]
    assert packed(shop) == set()
    assert await events_of(shop, archive) == ["started", "requeued", "started", "requeued", "started", "completed"]


async def test_what_nobody_foresaw_is_tried_again_and_the_next_archive_is_packed(shop: Workshop) -> None:
    user, other = await shop.user(), await shop.user()
    await requested(shop, user, [bad := await picture(shop, user)])
    await requested(shop, other, [await picture(shop, other)])

    async def raise_for_bad(key: str) -> None:
        if str(bad) in key:
            raise ZeroDivisionError

    await shop.packer(WatchedStore(shop, raise_for_bad)).pack_waiting()

    assert rows(shop.database_url) == [("QUEUED", 0, 0, None), ("SUCCEEDED", 1, 0, None)]


async def test_cancel_in_the_midst_of_packing_leaves_no_object(shop: Workshop, counted: CountedDatabase) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user) for _ in range(3)])
    reads = []

    async def cancel_and_wait(key: str) -> None:
        reads.append(key)
        if len(reads) == 2:
            await cancel(shop, user, archive)
            await counted.refused.wait()

    await Packer(counted, WatchedStore(shop, cancel_and_wait), LEASE).pack_waiting()

    assert (len(reads), packed(shop)) == (2, set())
    assert rows(shop.database_url)[0][0] == "CANCELED"
    assert (await events_of(shop, archive))[-1] == "completed"


async def test_cancel_as_the_last_byte_is_stored_leaves_no_object(shop: Workshop) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user)])

    async def cancel_now() -> None:
        await cancel(shop, user, archive)

    await shop.packer(WatchedStore(shop, before_end=cancel_now)).pack_waiting()

    assert (rows(shop.database_url)[0][0], packed(shop)) == ("CANCELED", set())


async def test_a_worker_that_stops_gives_its_archive_back_without_a_loss(
    shop: Workshop, counted: CountedDatabase
) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user) for _ in range(2)])

    async def stop(_key: str) -> None:
        packer.stop()
        await counted.beats()

    packer = Packer(counted, WatchedStore(shop, stop), LEASE)
    await packer.pack_waiting()
    assert (rows(shop.database_url)[0][0], packed(shop)) == ("QUEUED", set())
    assert sql(shop.database_url, "SELECT losses FROM archives") == [(0,)]

    await shop.packer().pack_waiting()
    assert packed(shop) == {object_key(archive, 2)}


async def test_a_worker_that_is_drained_finishes_its_archive_and_begins_no_other(shop: Workshop) -> None:
    user = await shop.user()
    first, second = [await requested(shop, user, [await picture(shop, user)]) for _ in range(2)]

    async def drain(_key: str) -> None:
        packer.drain(True)

    packer = shop.packer(WatchedStore(shop, drain))
    await packer.pack_waiting()
    await packer.pack_waiting()
    assert packed(shop) == {object_key(first, 1)}

    packer.drain(False)
    await packer.pack_waiting()
    assert packed(shop) == {object_key(first, 1), object_key(second, 1)}


async def test_a_killed_packer_is_found_and_its_archive_packed_anew_three_times_in_all(shop: Workshop) -> None:
    # given packers that die in the midst of writing, so that what they began stays
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user)])

    async def begin_and_die() -> None:
        async with shop.db.write() as tx:
            claim = await archives_packing.claim(tx, LEASE)
        assert claim
        writing = shop.store.writing(claim.key, "application/zip")
        await (await writing.__aenter__()).write(b"half")
        left.append(writing)

    left: list[Any] = []
    for losses in (1, 2):
        await begin_and_die()
        await shop.sweeper().rescue_archives()
        assert rows(shop.database_url)[0][0] == "RUNNING"  # its lease still runs
        sql(shop.database_url, "UPDATE archives SET lease_expires_at = now() - interval '1 s'")
        await shop.sweeper().rescue_archives()
        assert sql(shop.database_url, "SELECT status, losses FROM archives") == [("QUEUED", losses)]
        sql(shop.database_url, "UPDATE archives SET due_at = now()")
    assert len(packed(shop)) == 2

    # when the third one lives, it clears what was left; when it dies too, that is told
    await shop.packer().pack_waiting()
    assert packed(shop) == {object_key(archive, 3)}
    assert rows(shop.database_url) == [("SUCCEEDED", 1, 0, None)]

    second = await requested(shop, user, [await picture(shop, user)])
    sql(shop.database_url, "UPDATE archives SET losses = 2 WHERE id = %s", second)
    await begin_and_die()
    sql(shop.database_url, "UPDATE archives SET lease_expires_at = now() - interval '1 s' WHERE id = %s", second)
    await shop.sweeper().rescue_archives()
    assert rows(shop.database_url)[1] == ("FAILED", 0, 0, "PACKER_LOST")
    assert len(packed(shop)) == 2
    await shop.sweeper().clear_archives()
    assert packed(shop) == {object_key(archive, 3)}
    for writing in left:
        with pytest.raises(StorageUnavailable):
            await writing.__aexit__(None, None, None)


async def test_a_packer_taken_for_dead_that_wakes_up_does_no_harm(shop: Workshop) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user)])

    async def be_taken_for_dead() -> None:
        sql(shop.database_url, "UPDATE archives SET lease_expires_at = now() - interval '1 s'")
        await shop.sweeper().rescue_archives()
        sql(shop.database_url, "UPDATE archives SET due_at = now()")
        await shop.packer().pack_waiting()

    await shop.packer(WatchedStore(shop, before_end=be_taken_for_dead)).pack_waiting()

    assert rows(shop.database_url) == [("SUCCEEDED", 1, 0, None)]
    assert packed(shop) == {object_key(archive, 2)}


async def test_an_archive_goes_after_its_day_and_one_that_was_canceled_after_the_grace(shop: Workshop) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user)])
    await shop.packer().pack_waiting()
    canceled = await requested(shop, user, [await picture(shop, user)])
    await cancel(shop, user, canceled)
    await shop.store.put(object_key(canceled, 1), b"of a packer that was killed", "application/zip")
    sql(shop.database_url, "UPDATE archives SET claims = 1")

    sweeper = shop.sweeper(timedelta(minutes=10))
    await sweeper.expire_archives()
    await sweeper.clear_archives()
    assert packed(shop) == {object_key(archive, 1), object_key(canceled, 1)}

    past = "UPDATE archives SET expires_at = now() - interval '1 s', finished_at = now() - interval '1 h'"
    sql(shop.database_url, past)
    await sweeper.expire_archives()
    await sweeper.clear_archives()
    assert packed(shop) == set()
    assert [status for status, *_ in rows(shop.database_url)] == ["EXPIRED", "CANCELED"]
    assert sql(shop.database_url, "SELECT 1 FROM archive_items") == []
    assert sql(shop.database_url, "SELECT 1 FROM archives WHERE NOT is_cleared") == []


async def test_progress_is_told_while_a_slow_picture_is_read(shop: Workshop) -> None:
    user = await shop.user()
    archive = await requested(shop, user, [await picture(shop, user) for _ in range(3)])
    go_on, reads = asyncio.Event(), []

    async def wait_at_the_third(key: str) -> None:
        reads.append(key)
        if len(reads) == 3:
            await go_on.wait()

    packing = asyncio.create_task(Packer(shop.db, WatchedStore(shop, wait_at_the_third), LEASE).pack_waiting())
    await until(lambda: rows(shop.database_url) == [("RUNNING", 2, 0, None)])
    assert await events_of(shop, archive) == ["started"]
    assert (await shop.log.tip(of_archive(archive))).sequence > 1
    go_on.set()
    await packing
    assert rows(shop.database_url) == [("SUCCEEDED", 3, 0, None)]
