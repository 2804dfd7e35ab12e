"""Rounds: jobs of several users in one call of the engine, and what one of them meets that the others do not notice."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from adapters.engines.sandbox import SandboxEngine
from audit import check_end, check_rows
from db.words import JobStatus, SlotStatus
from domain.ports import EngineLost, NotPainted, Painted, PaintStep
from domain.streams import of_job
from domain.words import FailureCode
from stored import sql
from waiting import until
from workshop import slots_of, workshop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from domain.ports import Event, PaintRequest
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class Recording(SandboxEngine):
    """The sandbox, which paints up to four images at once, notes what it was asked for, and waits where it is told."""

    batch_size = 4

    def __init__(self) -> None:
        super().__init__()
        self.requests: list[PaintRequest] = []
        self.steps: list[int] = []
        """The steps that were reported."""
        self._gates: dict[int, tuple[threading.Event, threading.Event]] = {}

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        number = len(self.requests)
        self.requests.append(request)
        if number in self._gates:
            arrived, go_on = self._gates[number]
            arrived.set()
            assert go_on.wait(20)

        def told(step: PaintStep) -> None:
            self.steps.append(step.step)
            on_step(step)

        return super().paint(request, told)

    @contextmanager
    def gate(self, number: int) -> Iterator[threading.Event]:
        """Let a call wait before its first step until the context ends; the event says that it is there."""
        arrived, go_on = self._gates[number] = threading.Event(), threading.Event()
        try:
            yield arrived
        finally:
            go_on.set()

    def counts(self) -> list[int]:
        """Return how many images each call was asked for."""
        return [len(request.images) for request in self.requests]


class Losing(Recording):
    """An engine whose device goes away, so many times."""

    def __init__(self, losses: int) -> None:
        super().__init__()
        self._losses = losses

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        if len(self.requests) < self._losses:
            self.requests.append(request)
            raise EngineLost("Xid 79")
        return super().paint(request, on_step)


async def of_three_users(shop: Workshop, prompts: Sequence[str] = ("a cat", "a dog", "the moon")) -> list[UUID]:
    return [await shop.job(await shop.user(), prompt) for prompt in prompts]


async def statuses(shop: Workshop, jobs: Sequence[UUID]) -> list[JobStatus]:
    return [(await shop.row(job)).status for job in jobs]


async def ends(shop: Workshop, job: UUID) -> list[tuple[SlotStatus, str | None]]:
    async with shop.db.read() as tx:
        return [(slot.status, slot.failure_code) for slot in await slots_of(tx, job)]


def balances(shop: Workshop) -> list[tuple[int, int]]:
    """Return balance and held credits of all accounts, in the order of their users."""
    query = "SELECT balance, held FROM credit_accounts JOIN users ON users.id = user_id ORDER BY users.id"
    return sql(shop.database_url, query)


async def pictures(shop: Workshop, jobs: Sequence[UUID]) -> list[bytes]:
    """Return the pixels of each job's images, in order."""
    found = []
    for job in jobs:
        async with shop.db.read() as tx:
            assets = [slot.asset_id for slot in await slots_of(tx, job)]
        for asset in assets:
            (path,) = shop.media.rglob(f"{asset}/original.png")
            with Image.open(path) as image:
                found.append(image.tobytes())
    return found


async def ring_until_none_waits(shop: Workshop, engine: Recording) -> None:
    """Ring one worker as the relay does for each job that goes back to the line."""
    painter = shop.painter(engine)
    while sql(shop.database_url, "SELECT id FROM generation_jobs WHERE status = 'QUEUED'"):
        await painter.paint_waiting()


async def test_jobs_of_several_users_are_painted_in_one_call(shop: Workshop) -> None:
    engine = Recording()
    jobs = [*await of_three_users(shop), await shop.job(await shop.user(), count=2), await shop.job(await shop.user())]

    await shop.painter(engine).paint_waiting()

    # the fourth has too many images for the place that is left, the fifth takes it, and the fourth comes next
    assert [[task.brief.prompt for task in request.images] for request in engine.requests] == [
        ["a cat", "a dog", "the moon", "a cat"],
        ["a cat", "a cat"],
    ]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 5
    assert balances(shop) == [(99, 0), (99, 0), (99, 0), (98, 0), (99, 0)]
    check_end(shop.database_url, shop.stored())


async def test_a_picture_is_the_same_alone_and_in_company(shop: Workshop) -> None:
    together = await of_three_users(shop)
    await shop.painter(Recording()).paint_waiting()
    alone = await of_three_users(shop)
    await shop.painter(SandboxEngine()).paint_waiting()

    seen = await pictures(shop, together)
    assert seen == await pictures(shop, alone)
    assert len(set(seen)) == 3


@pytest.mark.parametrize("difference", ["width = 72", "height = 72", "steps = 4", "guidance = 6"])
async def test_only_compatible_jobs_share_a_call(shop: Workshop, difference: str) -> None:
    engine = Recording()
    first, other, last = await of_three_users(shop)
    sql(shop.database_url, f"UPDATE generation_jobs SET {difference} WHERE id = %s", other)

    await shop.painter(engine).paint_waiting()

    assert [[task.brief.prompt for task in request.images] for request in engine.requests] == [
        ["a cat", "the moon"],
        ["a dog"],
    ]
    assert await statuses(shop, [first, other, last]) == [JobStatus.SUCCEEDED] * 3


async def test_who_is_not_compatible_is_overtaken_by_no_more_than_the_calls_of_the_first(shop: Workshop) -> None:
    # given a job of six images, one that is not compatible, and ever more small ones behind it
    engine, user = Recording(), await shop.user()
    long = await shop.job(user, "long", count=6)
    other = await shop.job(await shop.user(), "other")
    sql(shop.database_url, "UPDATE generation_jobs SET steps = 4 WHERE id = %s", other)
    for _ in range(4):
        await shop.job(await shop.user(), "small")

    await shop.painter(engine).paint_waiting()

    # then they ride in the two places that its last call leaves empty, and the other one is next
    asked = [[task.brief.prompt for task in request.images] for request in engine.requests]
    assert asked == [["long"] * 4, ["long", "long", "small", "small"], ["other"], ["small", "small"]]
    assert (await shop.row(long)).status == JobStatus.SUCCEEDED
    check_end(shop.database_url, shop.stored())


async def test_who_comes_while_a_call_runs_waits_for_the_next_one(shop: Workshop) -> None:
    engine = Recording()
    first = await shop.job(await shop.user(), "first", count=5)
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(shop.painter(engine).paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)
        late = await shop.job(await shop.user(), "late")
        assert (await shop.row(late)).status == JobStatus.QUEUED
    await painting

    asked = [[task.brief.prompt for task in request.images] for request in engine.requests]
    assert asked == [["first"] * 4, ["first", "late"]]
    assert await statuses(shop, [first, late]) == [JobStatus.SUCCEEDED] * 2


async def test_watchers_are_told_of_their_own_images_alone(shop: Workshop) -> None:
    jobs = [await shop.job(await shop.user(), count=2), await shop.job(await shop.user())]
    heard: list[list[tuple[int, int]]] = [[], []]

    def listen(told: list[tuple[int, int]]) -> Callable[[Event | None], None]:
        def hear(event: Event | None) -> None:
            assert event, "the log is there all the time"
            told.append((event.data["slot"], event.data["step"]))

        return hear

    for job, told in zip(jobs, heard, strict=True):
        await shop.log.enter(of_job(job), listen(told))
    engine = Recording()
    await shop.painter(engine).paint_waiting()

    assert engine.counts() == [3]
    await until(lambda: all(told and told[-1][1] == 3 for told in heard) and (1, 3) in heard[0])
    assert {slot for slot, _ in heard[0]} == {0, 1}
    assert {slot for slot, _ in heard[1]} == {0}


async def test_one_job_of_a_call_is_canceled_and_the_others_do_not_notice(shop: Workshop) -> None:
    users = [await shop.user() for _ in range(3)]
    alone = [await shop.job(user, prompt) for user, prompt in zip(users, ("a cat", "a dog", "the moon"), strict=True)]
    await shop.painter(SandboxEngine()).paint_waiting()
    jobs = [await shop.job(user, prompt) for user, prompt in zip(users, ("a cat", "a dog", "the moon"), strict=True)]
    engine = Recording()
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(shop.painter(engine).paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)

        # when it is canceled, then it ends at once, while the engine still paints
        assert await shop.cancel(users[1], jobs[1]) == 1
        await until(lambda: sql(shop.database_url, "SELECT id FROM generation_jobs WHERE status = 'CANCELED'"))
    await painting

    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED, JobStatus.CANCELED, JobStatus.SUCCEEDED]
    assert (engine.counts(), engine.steps) == ([3], [1, 2, 3])
    assert await pictures(shop, [jobs[0], jobs[2]]) == await pictures(shop, [alone[0], alone[2]])
    assert await ends(shop, jobs[1]) == [(SlotStatus.SKIPPED, FailureCode.CANCELED)]
    assert balances(shop) == [(98, 0), (99, 0), (98, 0)]
    check_end(shop.database_url, shop.stored())


async def test_the_engine_stops_when_all_jobs_of_a_call_are_canceled(shop: Workshop) -> None:
    users = [await shop.user() for _ in range(2)]
    jobs = [await shop.job(user) for user in users]
    engine = Recording()
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(shop.painter(engine).paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)
        for user, job in zip(users, jobs, strict=True):
            await shop.cancel(user, job)
        count = "SELECT count(*) FROM generation_jobs WHERE status = 'CANCELED'"
        await until(lambda: sql(shop.database_url, count) == [(2,)])
    await painting

    assert engine.steps == [1]
    check_end(shop.database_url, shop.stored())


async def test_a_job_that_the_engine_can_not_bear_fails_alone(shop: Workshop) -> None:
    engine = Recording()
    jobs = await of_three_users(shop, ("a cat", "#crash", "the moon"))

    await shop.painter(engine).paint_waiting()

    assert engine.counts() == [3, 1, 1, 1]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.SUCCEEDED]
    assert await ends(shop, jobs[1]) == [(SlotStatus.FAILED, FailureCode.ENGINE_ERROR)]
    assert balances(shop) == [(99, 0), (100, 0), (99, 0)]
    check_end(shop.database_url, shop.stored())


async def test_an_image_that_is_not_painted_costs_the_others_nothing(shop: Workshop) -> None:
    jobs = await of_three_users(shop, ("a cat", "#fail", "#block"))

    await shop.painter(Recording()).paint_waiting()

    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED, JobStatus.FAILED, JobStatus.BLOCKED]
    assert balances(shop) == [(99, 0), (100, 0), (100, 0)]
    check_end(shop.database_url, shop.stored())


async def test_all_jobs_of_a_call_go_back_when_the_worker_is_asked_to_stop(shop: Workshop) -> None:
    jobs, engine = await of_three_users(shop), Recording()
    painter = shop.painter(engine)
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(painter.paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)
        painter.stop()
    await painting

    assert engine.steps == [1]
    for job in jobs:
        row = await shop.row(job)
        assert (row.status, row.attempt, row.lease_owner) == (JobStatus.QUEUED, 0, None)
        assert await ends(shop, job) == [(SlotStatus.PENDING, None)]
    check_rows(shop.database_url)

    await shop.painter(engine).paint_waiting()
    assert engine.counts() == [3, 3]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 3
    check_end(shop.database_url, shop.stored())


async def test_a_job_whose_lease_is_lost_is_painted_elsewhere_and_the_others_here(shop: Workshop) -> None:
    jobs, engine = await of_three_users(shop), Recording()
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(shop.painter(engine).paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)
        while (await shop.row(jobs[1])).attempt == 0:  # it may be renewed just then
            sql(
                shop.database_url,
                "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second' WHERE id = %s",
                jobs[1],
            )
            await shop.sweeper().rescue_lost()
        await shop.painter(SandboxEngine()).paint_waiting()
        ((elsewhere,),) = sql(shop.database_url, "SELECT id FROM media_assets WHERE job_id = %s", jobs[1])
    await painting

    assert [(await shop.row(job)).attempt for job in jobs] == [0, 1, 0]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 3
    assert sql(shop.database_url, "SELECT id FROM media_assets WHERE job_id = %s", jobs[1]) == [(elsewhere,)]
    assert balances(shop) == [(99, 0)] * 3
    check_end(shop.database_url, shop.stored())


async def test_jobs_whose_engine_is_lost_are_painted_again_each_alone(shop: Workshop) -> None:
    jobs, engine = await of_three_users(shop), Losing(1)

    await ring_until_none_waits(shop, engine)

    assert engine.counts() == [3, 1, 1, 1]
    assert [(await shop.row(job)).attempt for job in jobs] == [1, 1, 1]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 3
    assert balances(shop) == [(99, 0)] * 3
    check_end(shop.database_url, shop.stored())


async def test_a_job_that_loses_its_engine_three_times_fails_and_the_worker_goes_on(shop: Workshop) -> None:
    job, engine = await shop.job(await shop.user()), Losing(3)

    await ring_until_none_waits(shop, engine)
    other = await shop.job(await shop.user())
    await ring_until_none_waits(shop, engine)

    assert await ends(shop, job) == [(SlotStatus.FAILED, FailureCode.WORKER_LOST)]
    assert await statuses(shop, [job, other]) == [JobStatus.FAILED, JobStatus.SUCCEEDED]
    assert balances(shop) == [(100, 0), (99, 0)]
    check_end(shop.database_url, shop.stored())


async def test_two_rounds_of_pictures_are_in_memory_at_most(shop: Workshop) -> None:
    # given a store that takes nothing for now
    engine, go_on = Recording(), asyncio.Event()

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(shop.store, name)

        async def put(self, key: str, data: bytes, content_type: str) -> None:
            await go_on.wait()
            await shop.store.put(key, data, content_type)

    engine.batch_size = 1
    job = await shop.job(await shop.user(), count=4)
    painting = asyncio.create_task(shop.painter(engine, store=Slow()).paint_waiting())  # type: ignore[arg-type]

    # then the second image is painted while the first waits for the store, and the third only when it is there
    query = "SELECT count(*) FROM generation_slots WHERE status = 'CHECKING'"
    await until(lambda: sql(shop.database_url, query) == [(1,)] and len(engine.steps) == 6)
    leased = "SELECT lease_expires_at FROM generation_jobs"
    before = sql(shop.database_url, leased)
    await until(lambda: sql(shop.database_url, leased) != before)  # it is alive, and had time to begin a third
    assert (engine.counts(), len(engine.steps)) == ([1, 1], 6)
    go_on.set()
    await painting
    assert (await shop.row(job)).status == JobStatus.SUCCEEDED
    check_end(shop.database_url, shop.stored())


def paint_and_never_end(database_url: str, redis_url: str, folder: Path, arrived: Path) -> None:
    """Be a worker that stands still in the middle of its first call."""

    class Stuck(Recording):
        def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
            def told(step: PaintStep) -> None:
                on_step(step)
                arrived.write_text(str(len(request.images)))
                threading.Event().wait()

            return SandboxEngine.paint(self, request, told)

    async def work() -> None:
        async with workshop(database_url, redis_url, folder) as shop:
            await shop.painter(Stuck()).paint_waiting()

    asyncio.run(work())


async def test_three_jobs_of_a_worker_that_is_killed_are_rescued(
    shop: Workshop, spare_redis_url: str, tmp_path: Path
) -> None:
    jobs = await of_three_users(shop)
    arrived = tmp_path / "arrived"
    arguments = (shop.database_url, spare_redis_url, tmp_path, arrived)
    worker = multiprocessing.get_context("spawn").Process(target=paint_and_never_end, args=arguments)
    worker.start()
    await until(lambda: arrived.exists() and arrived.read_text() == "3", at_most_s=60)
    assert worker.pid
    os.kill(worker.pid, signal.SIGKILL)
    await asyncio.to_thread(worker.join)
    assert await statuses(shop, jobs) == [JobStatus.RUNNING] * 3

    async def all_are_rescued() -> bool:
        await shop.sweeper().rescue_lost()
        return await statuses(shop, jobs) == [JobStatus.QUEUED] * 3

    await until(all_are_rescued)
    check_rows(shop.database_url)
    assert [(await shop.row(job)).attempt for job in jobs] == [1, 1, 1]
    engine = Recording()
    await shop.painter(engine).paint_waiting()

    # each alone now, as one of them may have been what killed the worker
    assert engine.counts() == [1, 1, 1]
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 3
    assert balances(shop) == [(99, 0)] * 3
    check_end(shop.database_url, shop.stored())


async def test_one_renewal_keeps_all_leases(shop: Workshop) -> None:
    jobs, engine = await of_three_users(shop), Recording()
    with engine.gate(0) as arrived:
        painting = asyncio.create_task(shop.painter(engine).paint_waiting())
        assert await asyncio.to_thread(arrived.wait, 20)
        query = "SELECT min(lease_expires_at), count(DISTINCT lease_expires_at) FROM generation_jobs"
        ((before, _),) = sql(shop.database_url, query)
        ((after, different),) = await until(
            lambda: [row for row in sql(shop.database_url, query) if row[0] > before + timedelta(seconds=1)]
        )
        assert (after > before, different) == (True, 1)
    await painting
    assert await statuses(shop, jobs) == [JobStatus.SUCCEEDED] * 3
