"""The painter: what it does when jobs are canceled, workers stop, leases run out, databases and stores fail."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from PIL import Image
from sqlalchemy.exc import OperationalError

from audit import check_end, check_rows
from db.session import Database
from db.tables import MediaAsset
from db.words import JobStatus, SlotStatus
from domain import rendering
from domain.ports import EngineUnavailable, NotPainted, Painted, PaintStep, StorageUnavailable
from domain.variants import object_key
from domain.words import FailureCode, ImageVariant
from stored import sql
from waiting import until
from workshop import slots_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.ports import ObjectStore, PaintRequest
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class GatedEngine:
    """An engine that stands still before each step until the test lets it go on."""

    key = "sandbox"
    revision = "gated"
    batch_size = 1

    def __init__(self) -> None:
        self.steps: list[tuple[int, int]] = []
        """(index of the image, step) of each step begun."""
        self._gate = threading.Semaphore(0)

    def load(self) -> None:
        pass

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        (task,) = request.images
        for step in range(1, request.steps + 1):
            self.steps.append((task.index, step))
            assert self._gate.acquire(timeout=20)
            on_step(PaintStep(step, request.steps, (None,)))
        return [Painted(Image.new("RGB", (request.width, request.height), (task.index, 0, 0)))]

    def let(self, steps: int) -> None:
        """Let ``steps`` more steps be done."""
        self._gate.release(steps)

    async def begun(self, image: int, step: int) -> None:
        """Wait until a step has begun."""
        await until(lambda: (image, step) in self.steps)


class RaisingEngine(GatedEngine):
    """An engine whose model is broken."""

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        del request, on_step
        raise RuntimeError("CUDA error")


class AbsentEngine(GatedEngine):
    """An engine whose model is not there."""

    def load(self) -> None:
        raise EngineUnavailable("no such model")


class Interposed(Database):
    """The real database, with something that happens after each commit, before the caller hears of it."""

    def __init__(self, url: str, after_commit: Callable[[], None]) -> None:
        super().__init__(url)
        self._after_commit = after_commit

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        async with super().write() as tx:
            yield tx
        self._after_commit()


@asynccontextmanager
async def interposed(url: str, after_commit: Callable[[], None]) -> AsyncIterator[Database]:
    database = Interposed(url, after_commit)
    yield database
    await database.close()


@dataclass
class FaultyStore:
    """The real store, with something that happens before each put."""

    real: ObjectStore
    before_put: Callable[[str], Awaitable[None]]
    url: Callable[..., str] = field(init=False)

    def __post_init__(self) -> None:
        self.get, self.stat, self.delete, self.url = self.real.get, self.real.stat, self.real.delete, self.real.url
        self.writing, self.discard = self.real.writing, self.real.discard

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        await self.before_put(key)
        await self.real.put(key, data, content_type)


async def slots(shop: Workshop, job_id: UUID) -> Sequence[tuple[SlotStatus, str | None]]:
    async with shop.db.read() as tx:
        rows = await slots_of(tx, job_id)
    return [(slot.status, slot.failure_code) for slot in rows]


async def test_jobs_are_painted_until_none_waits(shop: Workshop) -> None:
    user = await shop.user()
    jobs = [await shop.job(user, count=count) for count in (1, 3, 2)]

    await shop.painter().paint_waiting()

    for job in jobs:
        row = await shop.row(job)
        assert (row.status, row.attempt, row.failure_code) == (JobStatus.SUCCEEDED, 0, None)
        assert row.started_at
        assert row.finished_at
        assert set(await slots(shop, job)) == {(SlotStatus.READY, None)}
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(94, 0)]
    check_end(shop.database_url, shop.stored())


async def test_a_stored_picture_is_what_its_row_says(shop: Workshop) -> None:
    await shop.job(await shop.user())

    await shop.painter().paint_waiting()

    ((asset, digest, size),) = sql(shop.database_url, "SELECT id, sha256, byte_size FROM media_assets")
    original = await shop.store.get(object_key(asset, ImageVariant.ORIGINAL))
    assert (sha256(original).hexdigest(), len(original)) == (digest, size)


@pytest.mark.parametrize(
    ("engine", "code"), [(RaisingEngine, FailureCode.ENGINE_ERROR), (AbsentEngine, FailureCode.ENGINE_UNAVAILABLE)]
)
async def test_a_broken_engine_fails_the_job_gives_all_back_and_takes_the_next(
    shop: Workshop, engine: type[GatedEngine], code: FailureCode
) -> None:
    user = await shop.user()
    jobs = [await shop.job(user, count=2), await shop.job(user)]

    await shop.painter(engine()).paint_waiting()

    for job in jobs:
        assert (await shop.row(job)).status == JobStatus.FAILED
        assert set(await slots(shop, job)) == {(SlotStatus.FAILED, code)}
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]
    check_end(shop.database_url, shop.stored())


async def test_cancel_stops_the_engine_at_its_next_step(shop: Workshop) -> None:
    user, engine = await shop.user(), GatedEngine()
    job = await shop.job(user, count=3)
    painting = asyncio.create_task(shop.painter(engine).paint_waiting())
    engine.let(4)
    await engine.begun(image=1, step=2)
    await until(lambda: sql(shop.database_url, "SELECT id FROM generation_slots WHERE status = 'READY'"))

    assert await shop.cancel(user, job) == 2
    assert (await shop.row(job)).status == JobStatus.CANCELING
    # the worker hears of it when it renews its lease, and then lets the next step be the last
    while not painting.done():
        engine.let(1)
        await asyncio.wait({painting}, timeout=0.3)

    assert (await shop.row(job)).status == JobStatus.CANCELED
    assert [status for status, _ in await slots(shop, job)] == [
        SlotStatus.READY,
        SlotStatus.SKIPPED,
        SlotStatus.SKIPPED,
    ]
    assert max(engine.steps) < (2, 1)
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(99, 0)]
    await shop.sweeper().remove_abandoned()
    check_end(shop.database_url, shop.stored())


async def test_a_delivery_that_finds_its_job_canceled_stops_the_engine_too(shop: Workshop) -> None:
    # given an image that is being stored while the next one is painted
    user, engine = await shop.user(), GatedEngine()
    storing, go_on = asyncio.Event(), asyncio.Event()

    async def before_put(_key: str) -> None:
        storing.set()
        await go_on.wait()

    job = await shop.job(user, count=2)
    painting = asyncio.create_task(shop.painter(engine, store=FaultyStore(shop.store, before_put)).paint_waiting())
    engine.let(3)
    await asyncio.gather(storing.wait(), engine.begun(image=1, step=1))

    # when the job is canceled and the delivery hears of it first
    assert await shop.cancel(user, job) == 2
    go_on.set()

    # then the job ends while the engine is at its step, and the engine does not paint on what nobody waits for
    await until(lambda: sql(shop.database_url, "SELECT id FROM generation_jobs WHERE status = 'CANCELED'"))
    assert engine.steps[3:] == [(1, 1)]
    engine.let(1)
    async with asyncio.timeout(10):
        await painting
    other = await shop.job(user)
    painting = asyncio.create_task(shop.painter(engine).paint_waiting())
    engine.let(3)
    await painting
    assert engine.steps[3:5] == [(1, 1), (0, 1)]
    assert (await shop.row(other)).status == JobStatus.SUCCEEDED
    await shop.sweeper().remove_abandoned()
    check_end(shop.database_url, shop.stored())


async def test_a_worker_that_is_asked_to_stop_gives_its_job_back_uncounted(shop: Workshop) -> None:
    user, engine = await shop.user(), GatedEngine()
    job = await shop.job(user, count=2)
    stopped = shop.painter(engine)
    painting = asyncio.create_task(stopped.paint_waiting())
    engine.let(3)
    await engine.begun(image=1, step=1)
    await until(lambda: sql(shop.database_url, "SELECT id FROM generation_slots WHERE status = 'READY'"))

    stopped.stop()
    engine.let(1)
    await painting

    row = await shop.row(job)
    assert (row.status, row.attempt, row.lease_owner) == (JobStatus.QUEUED, 0, None)
    assert [status for status, _ in await slots(shop, job)] == [SlotStatus.READY, SlotStatus.PENDING]
    check_rows(shop.database_url)

    # and another one finishes it, painting only what is left
    await shop.painter().paint_waiting()
    assert (await shop.row(job)).status == JobStatus.SUCCEEDED
    check_end(shop.database_url, shop.stored())


async def test_a_worker_that_is_asked_to_stop_while_it_claims_does_not_begin(shop: Workshop) -> None:
    job = await shop.job(await shop.user())
    engine, claims = GatedEngine(), ["the first"]

    def stop() -> None:
        if claims:
            claims.pop()
            painter.stop()

    async with interposed(shop.database_url, stop) as db:
        painter = shop.painter(engine, db=db)
        await painter.paint_waiting()

    row = await shop.row(job)
    assert (row.status, row.attempt) == (JobStatus.QUEUED, 0)
    assert engine.steps == []


async def test_a_worker_taken_for_dead_can_do_no_harm(shop: Workshop) -> None:
    # given a worker that stands still in the middle of storing an image, and is taken for dead
    user, storing, go_on = await shop.user(), asyncio.Event(), asyncio.Event()

    async def before_put(_key: str) -> None:
        storing.set()
        await go_on.wait()

    job = await shop.job(user)
    zombie = asyncio.create_task(shop.painter(store=FaultyStore(shop.store, before_put)).paint_waiting())
    await storing.wait()
    while (await shop.row(job)).attempt == 0:  # it may renew its lease just then
        sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")
        await shop.sweeper().rescue_lost()

    # when another has finished its job, and it wakes up
    await shop.painter().paint_waiting()
    finished = sql(shop.database_url, "SELECT id, sha256 FROM media_assets")
    assert len(finished) == 1
    go_on.set()
    await zombie

    # then nothing has changed: each image once, each credit once, each object as its row says
    assert (await shop.row(job)).status == JobStatus.SUCCEEDED
    assert sql(shop.database_url, "SELECT id, sha256 FROM media_assets") == finished
    ((asset, digest),) = finished
    assert sha256(await shop.store.get(object_key(asset, ImageVariant.ORIGINAL))).hexdigest() == digest
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(99, 0)]
    check_end(shop.database_url, shop.stored())


async def test_commits_that_are_not_heard_of_are_not_done_twice(shop: Workshop) -> None:
    # given a database whose every second commit is followed by a broken connection
    commits = 0

    def lose() -> None:
        nonlocal commits
        commits += 1
        if commits % 2 == 0:
            raise OperationalError("COMMIT", None, ConnectionResetError())

    user = await shop.user()
    job = await shop.job(user, prompt="a cat #fail:1", count=3)

    async with interposed(shop.database_url, lose) as db:
        await shop.painter(db=db).paint_waiting()

    assert (await shop.row(job)).status == JobStatus.PARTIAL
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(98, 0)]
    events = sql(
        shop.database_url,
        "SELECT split_part(payload ->> 'stream', ':', 1), payload ->> 'kind' FROM outbox"
        " WHERE topic = 'event' ORDER BY id",
    )
    kinds = [kind for stream, kind in events if stream == "job"]
    assert sorted(kinds) == ["completed", "image_failed", "image_ready", "image_ready", "started"]
    of_jobs = ["JOB_COMPLETED", "JOB_IMAGE_READY", "JOB_IMAGE_READY", "JOB_QUEUED", "JOB_STARTED"]
    assert sorted(kind for stream, kind in events if stream == "user") == ["CREDITS_CHANGED"] * 5 + of_jobs
    assert kinds[-1] == "completed"
    check_end(shop.database_url, shop.stored())


@pytest.mark.parametrize("refused", [ImageVariant.FULL, ImageVariant.ORIGINAL])
async def test_an_image_that_can_not_be_stored_fails_alone_and_leaves_nothing(
    shop: Workshop, refused: ImageVariant
) -> None:
    # given a store that refuses one object of the second image
    seen: set[str] = set()

    async def before_put(key: str) -> None:
        seen.add(key.split("/")[1])
        if len(seen) == 2 and key.endswith(object_key(UUID(int=0), refused).rpartition("/")[2]):
            raise StorageUnavailable("no space")

    user = await shop.user()
    job = await shop.job(user, count=3)

    await shop.painter(store=FaultyStore(shop.store, before_put)).paint_waiting()

    assert (await shop.row(job)).status == JobStatus.PARTIAL
    ends = await slots(shop, job)
    assert sorted(ends, key=str) == sorted(
        [(SlotStatus.READY, None)] * 2 + [(SlotStatus.FAILED, FailureCode.STORAGE_UNAVAILABLE)], key=str
    )
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(98, 0)]
    await shop.sweeper().remove_abandoned()
    check_end(shop.database_url, shop.stored())


async def test_objects_are_swept_only_when_no_worker_can_still_be_storing_them(shop: Workshop) -> None:
    # given an image that was reserved long ago, and whose slot has just been canceled
    user, storing, go_on = await shop.user(), asyncio.Event(), asyncio.Event()
    puts: list[asyncio.Task[None]] = []

    async def before_put(key: str) -> None:
        async def put() -> None:
            await go_on.wait()
            await shop.store.put(key, b"a picture", "image/webp")

        puts.append(asyncio.create_task(put()))  # as a thread does, it goes on when nobody waits for it any more
        storing.set()
        await asyncio.shield(puts[-1])

    job = await shop.job(user)
    painting = asyncio.create_task(shop.painter(store=FaultyStore(shop.store, before_put)).paint_waiting())
    await storing.wait()
    sql(shop.database_url, "UPDATE media_assets SET created_at = now() - interval '1 hour'")
    await shop.cancel(user, job)

    # when the sweeper comes before the worker has heard of it
    await shop.sweeper(grace=timedelta(minutes=10)).remove_abandoned()
    async with shop.db.read() as tx:
        ((asset,),) = sql(shop.database_url, "SELECT id FROM media_assets")
        assert (await tx.get_one(MediaAsset, asset)).status == "PENDING"
    go_on.set()
    await asyncio.wait([painting, *puts])

    # then what was stored meanwhile is swept later
    assert shop.stored()
    sql(shop.database_url, "UPDATE generation_slots SET finished_at = now() - interval '11 minutes'")
    await shop.sweeper(grace=timedelta(minutes=10)).remove_abandoned()
    assert shop.stored() == set()
    check_end(shop.database_url, shop.stored())


async def test_a_job_that_waits_for_nothing_but_its_end_is_finished(shop: Workshop) -> None:
    # given a worker that dies between its last image and the end of the job
    user = await shop.user()
    job = await shop.job(user)
    async with shop.db.write() as tx:
        claim = await rendering.claim(tx, ("sandbox",), uuid4(), timedelta(seconds=9))
        assert claim
    async with shop.db.write() as tx:
        await rendering.start(tx, claim.lease, [slot.id for slot in claim.open_slots])
        await rendering.give_up_slot(tx, claim.lease, claim.open_slots[0].id, FailureCode.ENGINE_ERROR)
    sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")
    await shop.sweeper().rescue_lost()

    await shop.painter().paint_waiting()

    assert (await shop.row(job)).status == JobStatus.FAILED
    check_end(shop.database_url, shop.stored())
