"""Workers killed at random points: images, credits, events and galleries agree, and nothing is lost or done twice."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from audit import check_end, check_rows
from db.words import FINAL_JOB_STATUSES, JobStatus
from depth import depth
from domain import line
from domain.errors import AlreadyFinished
from gallery_client import create, ids, owner_of
from stored import sql
from told import check_told, order_of
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from conftest import Installation
    from domain.galleries import Owner
    from workshop import Workshop

pytestmark = pytest.mark.anyio

JOBS: Final = depth(30, 100)
KILLS: Final = 5
APART: Final = depth(9, 30)
"""Images that end between two kills, at most."""
PROMISE_S: Final = 30 + 3
"""A job ends within 30 s of the lease, which is 3 s here."""
COUNTS: Final = (1, 1, 1, 2, 2, 3, 4, 8)
PROMPTS: Final = ("a cat", "a cat", "a cat #fail:1", "a cat #block:2", "a cat #fail:2 #block:3")


def ended(shop: Workshop) -> int:
    """Return how many images have ended."""
    ((count,),) = sql(shop.database_url, "SELECT count(*) FROM generation_slots WHERE finished_at IS NOT NULL")
    return int(count)


async def places_are_counted(shop: Workshop) -> bool:
    """Return whether each waiting job is told the place in which it stands; not so only while one is just moving."""
    order = "SELECT job_id FROM line_places ORDER BY rank, turn, queued_at, job_id"
    stand = {job: place for place, (job,) in enumerate(sql(shop.database_url, order), 1)}
    async with shop.db.read() as tx:
        counted = await line.places(tx, stand)
    return {job: place.position for job, place in counted.items()} == stand


def all_ended(shop: Workshop) -> bool:
    return sql(shop.database_url, "SELECT count(*) FROM generation_jobs WHERE finished_at IS NULL") == [(0,)]


@pytest.mark.timeout(300)
async def test_kills_at_random_points_lose_and_double_nothing(fragile: Installation, inside: Workshop) -> None:
    # given many jobs of one to eight images, most of them for galleries, many of which fail in part
    chance = random.Random(5)  # noqa: S311 - chance that can be repeated
    users = [await inside.user(grant=JOBS * 8) for _ in range(4)]
    fragile.processes["worker"].stop()
    jobs: list[tuple[UUID, UUID, Owner | None]] = []
    for number in range(JOBS):
        user = users[number % len(users)]
        owner = await inside.character(user) if chance.random() < 0.8 else None
        job = await inside.job(user, chance.choice(PROMPTS), chance.choice(COUNTS), owner)
        jobs.append((job, user, owner))
    check_rows(inside.database_url)
    fragile.start("worker")

    # when the worker is killed again and again, at whatever it is doing after some more images, and some are canceled
    for _ in range(KILLS):
        goal = ended(inside) + chance.randint(1, APART)
        await until(lambda goal=goal: ended(inside) >= goal, PROMISE_S)  # type: ignore[misc]  # mypy knows no defaults of lambdas
        fragile.processes["worker"].kill()
        check_rows(inside.database_url)
        await until(lambda: places_are_counted(inside))
        fragile.start("worker")
        for job, user, _ in chance.sample(jobs, 2):
            with suppress(AlreadyFinished):
                await inside.cancel(user, job)

    # then all jobs end, and what does not belong to a ready picture is swept
    await until(lambda: all_ended(inside), at_most_s=150)
    assert fragile.processes["worker"].stop() == 0
    assert {(await inside.row(job)).status for job, _, _ in jobs} <= FINAL_JOB_STATUSES - {JobStatus.EXPIRED}
    await inside.sweeper().remove_abandoned()
    check_end(inside.database_url, inside.stored())
    await check_told(inside)
    for job, _, owner in jobs:
        if owner:
            check_hung(inside, job, owner)


def check_hung(shop: Workshop, job: UUID, owner: Owner) -> None:
    """Each image of a job that is ready hangs in its gallery, in order."""
    query = "SELECT index FROM generation_slots WHERE job_id = %s AND status = 'READY' ORDER BY index"
    assert order_of(shop, owner.id) == [(job, index) for (index,) in sql(shop.database_url, query, job)]


def shown(events: Sequence[dict[str, Any]], kind: str) -> list[int]:
    return sorted(event["slot"]["index"] for event in events if event["__typename"] == kind)


async def test_a_worker_killed_in_the_middle_of_a_batch_that_fails_in_part(
    fragile: Installation, inside: Workshop
) -> None:
    client = await fragile.signed_up()
    owner = await create(client)
    given = {"count": 6, "size": {"width": 64, "height": 64}, "steps": 3, "ownerId": owner}
    job = (await client.submit("a boat #slow #fail:1 #block:3", "k", **given))["job"]["id"]
    events: list[dict[str, Any]] = []
    kills = 0
    async with asyncio.timeout(PROMISE_S), aclosing(client.watch(job)) as stream:
        async for event in stream:
            events.append(event)
            # when it is killed once an image has failed, and again once one is ready
            due = (shown(events, "GenerationImageFailed"), shown(events, "GenerationImageReady"))[min(kills, 1)]
            if kills < 2 and due and event["__typename"] == "GenerationProgress":
                kills += 1
                fragile.processes["worker"].kill()
                check_rows(inside.database_url)
                fragile.start("worker")
    assert kills == 2

    # then each image has ended once, and what is told, paid, counted and hung is the same
    assert (shown(events, "GenerationImageFailed"), shown(events, "GenerationImageReady")) == ([0, 1, 2], [3, 4, 5])
    released = [event["releasedCredits"] for event in events if event["__typename"] == "GenerationImageFailed"]
    last = {"id": job, "status": "PARTIAL", "succeededCount": 3, "failedCount": 1, "releasedCredits": 3}
    assert (events[-1]["job"], released) == (last, [1, 1, 1])
    assert (await client.core("me"))["creditAccount"] == {"balance": 97, "held": 0}
    hung = await owner_of(client, owner)
    assert (len(ids(hung)), hung["galleryCount"], hung["mediaVersion"]) == (3, 3, 3)
    assert sql(inside.database_url, "SELECT status, attempt FROM generation_jobs") == [("PARTIAL", 2)]
    await inside.sweeper().remove_abandoned()
    check_end(inside.database_url, inside.stored())
    await check_told(inside)
