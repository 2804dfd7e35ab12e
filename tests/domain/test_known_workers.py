"""The registry of workers: enrolled, seen, drained whatever is being claimed, forgotten without keeping anybody."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select, text

from domain import rendering, workers
from domain.errors import NotFound
from domain.words import WorkerStatus
from domain.workers import Card
from stored import new_worker, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.rendering import Claim
    from domain.workers import KnownWorker
    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def claim(tx: AsyncSession, worker: UUID) -> Claim | None:
    return await rendering.claim(tx, ("sandbox",), worker, timedelta(minutes=1))


async def known(shop: Workshop) -> dict[UUID, KnownWorker]:
    async with shop.db.read() as tx:
        return {each.id: each for each in await workers.listed(tx)}


async def somebody_waits_for_a_lock(shop: Workshop) -> None:
    await until(lambda: sql(shop.database_url, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))


async def test_a_worker_is_known_from_its_enrolment_to_its_end(shop: Workshop) -> None:
    # given two of the same name
    cards = [Card(uuid4(), "host:1", engines, "v1") for engines in (("sandbox", "small"), ("sandbox",))]
    async with shop.db.write() as tx:
        moment = (await tx.execute(select(func.now()))).scalar_one()
        standings = [await workers.enrol(tx, card) for card in cards]

    # then each has its row, with the moments of PostgreSQL
    assert {standing.started_at for standing in standings} == {moment}
    found = await known(shop)
    assert found.keys() == {card.id for card in cards}
    first = found[cards[0].id]
    assert (first.name, first.engines, first.version) == ("host:1", ["sandbox", "small"], "v1")
    assert (first.status, first.jobs_in_hand) == (WorkerStatus.UP, 0)
    assert first.started_at == first.last_seen_at == moment

    # when one is seen and the other one ends
    async with shop.db.write() as tx:
        assert await workers.renew(tx, cards[0].id)
        await workers.leave(tx, cards[1].id)
    (left,) = (await known(shop)).values()
    assert left.id == cards[0].id
    assert left.last_seen_at > left.started_at == moment
    async with shop.db.write() as tx:
        assert await workers.renew(tx, cards[1].id) is None


async def test_a_claim_that_comes_while_a_drain_commits_takes_nothing(shop: Workshop) -> None:
    worker, job = new_worker(shop.database_url), await shop.job(await shop.user())

    async def claimed() -> Claim | None:
        async with shop.db.write() as tx:
            return await claim(tx, worker)

    # given a drain that is written and not committed as the worker claims
    async with shop.db.write() as tx:
        await workers.drain(tx, worker)
        claiming = asyncio.create_task(claimed())
        await somebody_waits_for_a_lock(shop)

    # then the claim, which saw the worker UP as it began, takes nothing
    assert await claiming is None
    assert (await shop.row(job)).lease_owner is None
    assert (await known(shop))[worker].status is WorkerStatus.DRAINED
    # and another worker does
    async with shop.db.write() as tx:
        assert await claim(tx, uuid4())


async def test_a_drain_that_comes_while_a_claim_commits_finds_it_in_hand(shop: Workshop) -> None:
    worker, job = new_worker(shop.database_url), await shop.job(await shop.user())

    async def drained() -> KnownWorker | None:
        async with shop.db.write() as tx:
            await workers.drain(tx, worker)
            return await workers.find(tx, worker)

    # given a claim that is not committed as the worker is drained
    async with shop.db.write() as tx:
        claimed = await claim(tx, worker)
        assert claimed
        draining = asyncio.create_task(drained())
        await somebody_waits_for_a_lock(shop)

    # then who drains is told of it, and that the worker is DRAINED when it has ended, not before
    told = await draining
    assert told
    assert (told.status, told.jobs_in_hand) == (WorkerStatus.DRAINING, 1)
    async with shop.db.write() as tx:
        await rendering.let_go(tx, claimed.lease)
    after = (await known(shop))[worker]
    assert (after.status, after.jobs_in_hand) == (WorkerStatus.DRAINED, 0)
    async with shop.db.write() as tx:
        assert await claim(tx, worker) is None
    assert (await shop.row(job)).worker_id == worker


async def test_a_worker_that_is_drained_takes_no_company_either(shop: Workshop) -> None:
    worker, user = new_worker(shop.database_url), await shop.user()
    for _ in range(2):
        await shop.job(user)
    async with shop.db.write() as tx:
        lead = await claim(tx, worker)
        assert lead
    async with shop.db.write() as tx:
        await workers.drain(tx, worker)

    async with shop.db.write() as tx:
        assert await rendering.claim_company(tx, lead, 4, timedelta(minutes=1)) == []

    # and does so once it is resumed
    async with shop.db.write() as tx:
        await workers.resume(tx, worker)
    async with shop.db.write() as tx:
        assert len(await rendering.claim_company(tx, lead, 4, timedelta(minutes=1))) == 1


async def test_a_worker_without_a_row_may_claim(shop: Workshop) -> None:
    await shop.job(await shop.user())
    async with shop.db.write() as tx:
        assert await claim(tx, uuid4())


async def test_drained_and_resumed_again_nothing_changes(shop: Workshop) -> None:
    worker = new_worker(shop.database_url)
    stored = "SELECT draining_since FROM workers"
    async with shop.db.write() as tx:
        await workers.drain(tx, worker)
    before = sql(shop.database_url, stored)
    async with shop.db.write() as tx:
        await workers.drain(tx, worker)
    assert sql(shop.database_url, stored) == before
    for _ in range(2):
        async with shop.db.write() as tx:
            await workers.resume(tx, worker)
    assert sql(shop.database_url, stored) == [(None,)]


async def test_who_is_not_there_is_not_drained_and_nothing_is_written(shop: Workshop) -> None:
    gone = new_worker(shop.database_url)
    sql(shop.database_url, "UPDATE workers SET seen_at = now() - %s", workers.FORGOTTEN_AFTER)
    stored = "SELECT * FROM workers"
    before = sql(shop.database_url, stored), row_counts(shop.database_url)

    for change in (workers.drain, workers.resume):
        for worker in (gone, uuid4()):
            with pytest.raises(NotFound) as refused:
                async with shop.db.write() as tx:
                    await change(tx, worker)
            assert refused.value.path == ("input", "workerId")
    assert (sql(shop.database_url, stored), row_counts(shop.database_url)) == before
    assert await known(shop) == {}


async def test_who_is_not_seen_for_long_is_forgotten_and_nobody_is_waited_for(shop: Workshop) -> None:
    here, *silent = (new_worker(shop.database_url) for _ in range(3))
    sql(
        shop.database_url,
        "UPDATE workers SET seen_at = now() - %s WHERE id = ANY(%s)",
        workers.FORGOTTEN_AFTER + timedelta(seconds=1),
        silent,
    )
    await shop.job(await shop.user())

    # given one of the silent ones that was no more than slow: it claims at this moment
    async with shop.db.write() as tx:
        assert await claim(tx, silent[0])
        # when the sweeper forgets
        await shop.sweeper().forget_workers()
        assert sorted(sql(shop.database_url, "SELECT id FROM workers")) == sorted([(here,), (silent[0],)])

    # then watchers of the line hear of it, once
    lines = "SELECT count(*) FROM outbox WHERE topic = 'line'"
    before = sql(shop.database_url, lines)
    await shop.sweeper().forget_workers()
    assert sql(shop.database_url, "SELECT id FROM workers") == [(here,)]
    await shop.sweeper().forget_workers()
    assert sql(shop.database_url, lines) == [(before[0][0] + 1,)]


async def test_lost_jobs_are_rescued_whatever_becomes_of_the_registry(shop: Workshop) -> None:
    worker, job = new_worker(shop.database_url), await shop.job(await shop.user())
    async with shop.db.write() as tx:
        assert await claim(tx, worker)
    sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")

    # given a registry that nobody can read, and a worker in it that is said to be well
    async with shop.db.write() as tx:
        await tx.execute(text("LOCK TABLE workers IN ACCESS EXCLUSIVE MODE"))
        async with asyncio.timeout(3):
            await shop.sweeper().rescue_lost()

    row = await shop.row(job)
    assert (row.lease_owner, row.attempt) == (None, 1)
