"""What a wait becomes by who paints: nobody, several, or some whose line is paused."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest

from domain import generation, line, line_control, line_state, rendering, workers
from domain.words import EtaConfidence, WaitingFor
from stored import new_worker, sql
from workshop import small

if TYPE_CHECKING:
    from domain.line import Place
    from domain.line_state import Queue
    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def place_of(shop: Workshop, job: UUID) -> Place:
    """Return where a job stands, as it is told alone and with all others."""
    async with shop.db.read() as tx:
        alone = (await line.places(tx, [job]))[job]
        assert (await line.places(tx))[job] == alone
    return alone


async def measured(shop: Workshop, user: UUID, *painted_by: UUID) -> None:
    """Let each of these have painted a job of four images in the same eight seconds."""
    jobs = [await shop.job(user, count=4) for _ in painted_by]
    await shop.painter().paint_waiting()
    for job, worker in zip(jobs, painted_by, strict=True):
        sql(
            shop.database_url,
            "UPDATE generation_jobs SET worker_id = %s, queued_at = '2026-01-01', started_at = '2026-01-01',"
            " finished_at = timestamptz '2026-01-01' + %s, promised_s = NULL WHERE id = %s",
            worker,
            timedelta(seconds=8),
            job,
        )


async def claims(shop: Workshop, worker: UUID) -> None:
    async with shop.db.write() as tx:
        assert await rendering.claim(tx, ("sandbox",), worker, timedelta(minutes=1))


async def queue_of(shop: Workshop) -> Queue:
    async with shop.db.read() as tx:
        return (await line_state.all_queues(tx))["sandbox"]


async def test_those_who_paint_share_the_wait_and_who_is_drained_does_not(shop: Workshop) -> None:
    # given images that took a worker two seconds each, by two who painted at the same time
    user, (first, second) = await shop.user(), (new_worker(shop.database_url) for _ in range(2))
    await measured(shop, user, first, second)
    for _ in range(2):
        await shop.job(user, count=4)
    before, job = await shop.job(user, count=2), await shop.job(user)

    # when both paint four images each, they need eight seconds for these, and the two before the job two together
    await claims(shop, first)
    await claims(shop, second)
    assert (await place_of(shop, before), await place_of(shop, job)) == (
        line.Place(1, 8, EtaConfidence.LOW),
        line.Place(2, 10, EtaConfidence.LOW),
    )
    queue = await queue_of(shop)
    assert (queue.worker_count, queue.is_possible_now, queue.eta_seconds, queue.images_ahead) == (2, True, 11, 11)

    # and when one is drained, the other one needs eight for its own, and four for the two
    async with shop.db.write() as tx:
        await workers.drain(tx, second)
    assert (await place_of(shop, before)).eta_seconds == 8
    assert (await place_of(shop, job)).eta_seconds == 12
    queue = await queue_of(shop)
    assert (queue.worker_count, queue.is_possible_now, queue.eta_seconds, queue.images_ahead) == (1, True, 14, 7)

    # and nobody, none that can be told
    async with shop.db.write() as tx:
        await workers.drain(tx, first)
    assert await place_of(shop, job) == line.Place(2, None, None, WaitingFor.WORKER)
    queue = await queue_of(shop)
    assert (queue.worker_count, queue.is_possible_now, queue.eta_seconds) == (0, False, None)
    async with shop.db.read() as tx:
        next_one = await line.place_of_next(tx, "sandbox", user)
        assert next_one == line.Place(3, None, None, WaitingFor.WORKER)


async def test_where_a_worker_is_idle_nobody_waits(shop: Workshop) -> None:
    # given two workers, of which one has four images in hand
    user, (first, second) = await shop.user(), (new_worker(shop.database_url) for _ in range(2))
    await measured(shop, user, first, second)
    await shop.job(user, count=4)
    await claims(shop, first)
    async with shop.db.read() as tx:
        assert (await line.place_of_next(tx, "sandbox", user)).eta_seconds == 0
    assert (await queue_of(shop)).eta_seconds == 0

    # when two jobs come, the other one takes the first of them at once, and the second waits for both
    jobs = [await shop.job(user) for _ in range(2)]
    assert [(await place_of(shop, job)).eta_seconds for job in jobs] == [0, 5]


async def test_of_a_paused_line_no_wait_is_told(shop: Workshop) -> None:
    user, worker = await shop.user(), new_worker(shop.database_url)
    await measured(shop, user, worker)
    job = await shop.job(user)
    assert await place_of(shop, job) == line.Place(1, 0, EtaConfidence.LOW)

    async with shop.db.write() as tx:
        await line_control.pause(tx, user, "sandbox")

    assert await place_of(shop, job) == line.Place(1, None, None, WaitingFor.RESUME)
    assert not (await queue_of(shop)).is_possible_now


async def test_jobs_that_nobody_can_paint_are_not_counted_before_others(shop: Workshop) -> None:
    # given jobs for an engine that nobody serves and for one that is paused, of the same user and of another
    worker = new_worker(shop.database_url, "sandbox", "sd-turbo")
    ann, bob = await shop.user(), await shop.user()
    await measured(shop, ann, worker)
    for user, engine in ((ann, "small"), (bob, "small"), (ann, "sd-turbo"), (bob, "sd-turbo")):
        async with shop.db.write() as tx:
            spec = replace(small(count=8), engine=engine, width=128, height=128)
            await generation.submit(tx, user, spec, uuid4().hex)
    async with shop.db.write() as tx:
        await line_control.pause(tx, bob, "sd-turbo")

    # then who comes after them is first, and told so before and after the submit
    async with shop.db.read() as tx:
        assert await line.place_of_next(tx, "sandbox", ann) == line.Place(1, 0, EtaConfidence.LOW)
    assert await place_of(shop, await shop.job(ann)) == line.Place(1, 0, EtaConfidence.LOW)


async def test_what_can_not_be_promised_is_not_graded(shop: Workshop) -> None:
    user = await shop.user()
    await measured(shop, user, uuid4())

    unserved = await shop.job(user)
    new_worker(shop.database_url)
    served = await shop.job(user)

    assert [(await shop.row(job)).promised_s for job in (unserved, served)] == [None, 2]


async def test_a_wait_that_no_integer_holds_is_told_as_the_longest(shop: Workshop) -> None:
    # given that one small image has taken an hour, and that thousands of large ones wait
    user, worker = await shop.user(), new_worker(shop.database_url)
    await measured(shop, user, worker)
    sql(shop.database_url, "UPDATE generation_jobs SET load = 1, finished_at = started_at + interval '1 hour'")
    for _ in range(2):
        await shop.job(user)
    sql(shop.database_url, "UPDATE generation_jobs SET load = 60 WHERE finished_at IS NULL")

    async with shop.db.write() as tx:
        job = await generation.submit(tx, user, replace(small(), width=2048, height=2048), "one more")

    assert (await place_of(shop, job)).eta_seconds == 2**31 - 1
    assert (await queue_of(shop)).eta_seconds == 2**31 - 1
