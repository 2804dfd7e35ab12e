"""The line: one order for claiming, positions and waiting times, fair between users."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.words import JobStatus
from domain import line, rendering
from states import put
from stored import new_worker, sql

if TYPE_CHECKING:
    from uuid import UUID

    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def positions(shop: Workshop) -> dict[UUID, int]:
    async with shop.db.read() as tx:
        return {job: place.position for job, place in (await line.places(tx)).items()}


async def claim(shop: Workshop, worker: UUID | None = None) -> UUID | None:
    async with shop.db.write() as tx:
        claimed = await rendering.claim(tx, ("sandbox",), worker or uuid4(), timedelta(minutes=1))
    return claimed.job.id if claimed else None


async def test_users_take_turns_and_older_jobs_go_first(shop: Workshop) -> None:
    ann, bob, cleo = [await shop.user() for _ in range(3)]
    a1, a2, a3 = [await shop.job(ann) for _ in range(3)]
    b1, b2 = [await shop.job(bob) for _ in range(2)]
    c1 = await shop.job(cleo)

    assert await positions(shop) == {a1: 1, b1: 2, c1: 3, a2: 4, b2: 5, a3: 6}


async def test_priority_goes_before_turns(shop: Workshop) -> None:
    ann, bob = await shop.user(), await shop.user()
    a1, a2, b1 = await shop.job(ann), await shop.job(ann), await shop.job(bob)
    sql(shop.database_url, "UPDATE generation_jobs SET priority = 1 WHERE id = %s", a2)

    assert await positions(shop) == {a2: 1, b1: 2, a1: 3}


async def test_a_canceled_job_leaves_the_line_and_one_that_is_given_back_returns_to_its_place(shop: Workshop) -> None:
    ann, bob = await shop.user(), await shop.user()
    a1, b1, a2 = await shop.job(ann), await shop.job(bob), await shop.job(ann)

    await shop.cancel(bob, b1)
    assert await positions(shop) == {a1: 1, a2: 2}

    assert await claim(shop) == a1
    assert await positions(shop) == {a2: 1}
    sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")
    await shop.sweeper().rescue_lost()
    assert await positions(shop) == {a1: 1, a2: 2}


async def test_positions_are_the_order_of_claims_whatever_happens(shop: Workshop) -> None:
    # given a line that changes at random
    chance = random.Random(20_260_601)  # noqa: S311 - chance that can be repeated
    users = [await shop.user() for _ in range(4)]
    owners: dict[UUID, UUID] = {}
    for _ in range(60):
        match chance.choice(("submit", "submit", "submit", "cancel", "claim", "raise")):
            case "submit":
                user = chance.choice(users)
                owners[await shop.job(user, count=chance.randint(1, 2))] = user
            case "cancel":
                waiting = list(await positions(shop))
                if waiting:
                    job = chance.choice(waiting)
                    await shop.cancel(owners[job], job)
            case "claim":
                # when one is claimed, it is the one that was told that it is next
                first = next((job for job, position in (await positions(shop)).items() if position == 1), None)
                assert await claim(shop) == first
            case "raise":
                waiting = list(await positions(shop))
                if waiting:
                    sql(
                        shop.database_url,
                        "UPDATE generation_jobs SET priority = priority + 1 WHERE id = %s",
                        chance.choice(waiting),
                    )
        assert sorted((await positions(shop)).values()) == list(range(1, len(await positions(shop)) + 1))

    # then the whole rest is claimed in the order told, as others leave in front of each
    while told := await positions(shop):
        first = min(told, key=lambda job: told[job])
        assert await claim(shop) == first
    assert await claim(shop) is None


async def test_the_wait_is_measured_from_finished_images_and_counts_those_ahead(shop: Workshop) -> None:
    # given a job of two images that took eight seconds
    worker = new_worker(shop.database_url)
    user = await shop.user()
    await shop.job(user, count=2)
    await shop.painter().paint_waiting()
    sql(shop.database_url, "UPDATE generation_jobs SET started_at = finished_at - interval '8 seconds'")

    # and a running one of three images, of which one is ready, and two that wait
    await shop.job(user, count=3)
    assert await claim(shop, worker)
    put(
        shop.database_url,
        "UPDATE generation_slots SET status = 'READY' WHERE index = 0 AND status = 'PENDING'",
    )
    first, second = await shop.job(user, count=4), await shop.job(user)

    async with shop.db.read() as tx:
        places = await line.places(tx, [first, second])
    assert (places[first].eta_seconds, places[second].eta_seconds) == (8, 24)


async def test_jobs_that_ran_together_share_the_time_that_an_image_takes(shop: Workshop) -> None:
    # given two jobs of two images each that were painted in the same eight seconds, and one in four of its own
    new_worker(shop.database_url)
    user = await shop.user()
    jobs = [await shop.job(user, count=2) for _ in range(3)]
    await shop.painter().paint_waiting()
    ran = "UPDATE generation_jobs SET started_at = queued_at + %s, finished_at = queued_at + %s WHERE id = %s"
    sql(shop.database_url, "UPDATE generation_jobs SET queued_at = '2026-01-01'")
    for job, (began, ended) in zip(jobs, ((0, 8), (2, 8), (60, 64)), strict=True):
        sql(shop.database_url, ran, timedelta(seconds=began), timedelta(seconds=ended), job)

    # then an image takes two seconds
    await shop.job(user, count=4)
    last = await shop.job(user)
    async with shop.db.read() as tx:
        assert (await line.places(tx, [last]))[last].eta_seconds == 8


async def test_nothing_is_promised_before_anything_was_measured(shop: Workshop) -> None:
    new_worker(shop.database_url)
    job = await shop.job(await shop.user())

    async with shop.db.read() as tx:
        assert (await line.places(tx, [job]))[job] == line.Place(position=1, eta_seconds=None)


async def test_two_workers_never_claim_the_same_job(shop: Workshop) -> None:
    user = await shop.user()
    jobs = [await shop.job(user) for _ in range(2)]

    # given a claim that has not committed yet
    async with shop.db.write() as one, shop.db.write() as two:
        first = await rendering.claim(one, ("sandbox",), uuid4(), timedelta(minutes=1))
        second = await rendering.claim(two, ("sandbox",), uuid4(), timedelta(minutes=1))

    assert first
    assert second
    assert [first.job.id, second.job.id] == jobs
    for job in jobs:
        assert (await shop.row(job)).status == JobStatus.PREPARING
