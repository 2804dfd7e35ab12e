"""Canceling: what comes back, what stays, and that nothing follows the end, whenever it happens."""

from __future__ import annotations

import asyncio
import random
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING

import pytest

from adapters.storage.folder import FolderStore
from audit import check_end
from db.words import JobStatus
from domain.errors import AlreadyFinished
from domain.ports import Position
from domain.streams import COMPLETED, of_job
from stored import row_counts, sql
from told import check_told
from waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from conftest import Installation
    from domain.ports import Event
    from workshop import Workshop

pytestmark = pytest.mark.anyio

SLOW = {"count": 2, "steps": 2}


async def test_a_running_job_keeps_its_ready_images_and_gives_the_rest_back(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="k", **SLOW))["job"]["id"]
    events = []
    async with aclosing(client.watch(job)) as stream:
        async for event in stream:
            events.append(event)
            if event["__typename"] == "GenerationImageReady":
                # when it is canceled, and once more
                canceled = [await client.core("cancel", {"jobId": job}) for _ in range(2)]

    assert [result["releasedCredits"] for result in canceled] == [1, 1]
    assert canceled[0]["job"] == {"id": job, "status": "CANCELING"}
    names = [event["__typename"] for event in events]
    assert names.count("GenerationCanceling") == 1
    assert names.index("GenerationCanceling") > names.index("GenerationImageReady")
    assert events[-1]["__typename"] == "GenerationCompleted"
    assert events[-1]["job"] == {
        "id": job,
        "status": "CANCELED",
        "succeededCount": 1,
        "failedCount": 0,
        "releasedCredits": 1,
    }
    assert (await client.core("me"))["creditAccount"] == {"balance": 99, "held": 0}

    # then canceling it again says the same, and the image that was ready stays
    assert await client.core("cancel", {"jobId": job}) == {
        "job": {"id": job, "status": "CANCELED"},
        "releasedCredits": 1,
    }
    ready = await client.data(
        "query($id: ID!) { generationJob(id: $id) { progress succeededCount skippedCount slots { status image { id } "
        "failure { code remedy } } } }",
        {"id": job},
    )
    assert (ready["generationJob"]["succeededCount"], ready["generationJob"]["skippedCount"]) == (1, 1)
    assert ready["generationJob"]["progress"] == 1
    first, second = ready["generationJob"]["slots"]
    assert (first["status"], bool(first["image"])) == ("READY", True)
    assert (second["status"], second["image"]) == ("SKIPPED", None)
    assert (first["failure"], second["failure"]) == (None, {"code": "CANCELED", "remedy": "TRY_AGAIN"})
    check_end(easel.environment["DATABASE_URL"])


async def test_who_watches_is_told_in_one_event_that_it_was_canceled_and_what_came_back(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="k", **SLOW))["job"]["id"]
    query = """subscription($id: ID!) { generationJobEvents(jobId: $id) { __typename
      ... on GenerationImageReady { slot { index } }
      ... on GenerationCanceling { releasedCredits job { releasedCredits status } }
      ... on GenerationCompleted { job { status releasedCredits } } } }"""
    events = []
    async with client.socket() as socket:
        async for data in socket.subscribe(query, {"id": job}):
            events.append(data["generationJobEvents"])
            if events[-1]["__typename"] == "GenerationImageReady":
                await client.core("cancel", {"jobId": job})

    (canceling,) = [event for event in events if event["__typename"] == "GenerationCanceling"]
    assert (canceling["releasedCredits"], canceling["job"]["releasedCredits"]) == (1, 1)
    assert canceling["job"]["status"] in {"CANCELING", "CANCELED"}
    assert events[-1]["job"] == {"status": "CANCELED", "releasedCredits": 1}


async def test_a_waiting_job_is_canceled_at_once_with_all_its_credits(easel: Installation) -> None:
    client = await easel.signed_up()
    running = (await client.submit("a cat #slow", key="1", **SLOW | {"steps": 50}))["job"]["id"]
    async with aclosing(client.watch(running)) as events:
        async for event in events:
            if event["__typename"] == "GenerationProgress":  # the start may lie before the snapshot
                break
    waiting = (await client.submit("a cat", key="2", count=8))["job"]["id"]
    async with aclosing(client.watch(waiting)) as stream:
        assert (await anext(stream))["job"]["status"] == "QUEUED"

        result = await client.core("cancel", {"jobId": waiting})

        assert result == {"job": {"id": waiting, "status": "CANCELED"}, "releasedCredits": 8}
        *moves, last = [event async for event in stream]
    assert {event["__typename"] for event in moves} <= {"GenerationQueueMoved"}
    assert (last["__typename"], last["job"]["status"], last["job"]["releasedCredits"]) == (
        "GenerationCompleted",
        "CANCELED",
        8,
    )
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 2}
    await client.core("cancel", {"jobId": running})
    async for _ in client.watch(running):
        pass
    check_end(easel.environment["DATABASE_URL"])


async def test_a_finished_job_can_not_be_canceled(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #fail", key="k", count=1, steps=1))["job"]["id"]
    async for _ in client.watch(job):
        pass
    before = row_counts(easel.environment["DATABASE_URL"])

    result = await client.core("cancel", {"jobId": job})

    assert result["code"] == "ALREADY_FINISHED"
    assert row_counts(easel.environment["DATABASE_URL"]) == before


async def test_cancel_at_any_moment_refunds_exactly_what_was_not_delivered(shop: Workshop) -> None:
    chance = random.Random(11)  # noqa: S311 - chance that can be repeated
    user = await shop.user(grant=200)
    store = WholePuts(shop.store)
    painting = asyncio.create_task(keep_painting(shop, store))
    try:
        async with shop.relaying():
            for moment in range(20):
                owner = await shop.character(user)
                job = await shop.job(user, chance.choice(("a cat", "a cat #fail:1")), 3, owner)
                await cancel_after(shop, user, job, events=moment % 14)
                await check_canceled(shop, job)
            await check_told(shop)
    finally:
        painting.cancel()
    await asyncio.wait([painting, *store.putting])
    await shop.sweeper().remove_abandoned()
    check_end(shop.database_url, shop.stored())


class WholePuts(FolderStore):
    """The folder store, which writes on when nobody waits for it any more, with a list of what it still writes."""

    def __init__(self, store: FolderStore) -> None:
        self.__dict__.update(store.__dict__)
        self.putting: set[asyncio.Task[None]] = set()

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        putting = asyncio.create_task(super().put(key, data, content_type))
        self.putting.add(putting)
        await asyncio.shield(putting)


async def keep_painting(shop: Workshop, store: FolderStore) -> None:
    """Work as a worker does that is rung all the time."""
    painter = shop.painter(store=store)
    while True:
        await painter.paint_waiting()
        await asyncio.sleep(0)


async def cancel_after(shop: Workshop, user: UUID, job: UUID, events: int) -> None:
    """Cancel a job when its watcher has been told of so many events, or when it is over."""

    told: list[str] = []
    arrived = asyncio.Event()

    def hear(event: Event | None) -> None:
        assert event, "the log is there all the time"
        told.append(event.kind)
        arrived.set()

    await shop.log.enter(of_job(job), hear)
    is_canceled = False
    async with asyncio.timeout(20):
        while COMPLETED not in told and not (await shop.row(job)).status.is_final:
            if len(told) >= events and not is_canceled:
                is_canceled = True
                with suppress(AlreadyFinished):
                    await shop.cancel(user, job)
            arrived.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await arrived.wait()
    shop.log.leave(of_job(job), hear)


async def check_canceled(shop: Workshop, job: UUID) -> None:
    """The end is the last thing that is told, and each image is either there and paid, or its credit is back."""
    row = await shop.row(job)
    assert row.status in {JobStatus.CANCELED, JobStatus.SUCCEEDED, JobStatus.PARTIAL}
    ((amount, captured, released),) = sql(
        shop.database_url, "SELECT amount, captured, released FROM holds WHERE job_id = %s", job
    )
    ((ready,),) = sql(
        shop.database_url,
        "SELECT count(*) FROM generation_slots WHERE job_id = %s AND status = 'READY'",
        job,
    )
    assert (captured, released) == (ready, amount - ready)

    async def kinds_to_the_end() -> list[str]:
        kinds = [event.kind for event in await shop.log.read_after(of_job(job), Position((0, 0), 0)) or []]
        return kinds if "completed" in kinds else []

    kinds = await until(kinds_to_the_end)
    assert (kinds[-1], kinds.count("completed"), kinds.count("image_ready")) == ("completed", 1, ready)
