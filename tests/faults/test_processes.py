"""Faults of whole processes and servers: whatever is killed, restarted or emptied, each job ends and adds up."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
from contextlib import aclosing, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import redis
from websockets.exceptions import ConnectionClosed

from audit import check_end, check_rows
from conftest import Installation, install
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from app.embedded.server import EmbeddedServer
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

PROCESSES = ("api", "worker", "relay", "sweeper")
PROMISE_S = 30 + 3
"""A job ends within 30 s of the lease, which is 3 s here."""
SLOW: dict[str, Any] = {"ratio": "1:1", "steps": 3}


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, spare_postgres: EmbeddedServer, spare_valkey: EmbeddedServer
) -> Iterator[Installation]:
    installation = install(tmp_path_factory.mktemp("whole"), spare_postgres.url, spare_valkey.url)
    try:
        yield installation
    finally:
        installation.stop()


@pytest.fixture
async def fragile(whole: Installation, spare_database_url: str, spare_redis_url: str) -> AsyncIterator[Installation]:
    """Return an Easel of which a test may break anything; what the one before broke is whole again."""
    assert spare_database_url
    assert spare_redis_url
    shutil.rmtree(whole.folder / "media", ignore_errors=True)
    for name in PROCESSES:
        if not is_running(whole, name):
            whole.start(name)
    await whole.answering()
    yield whole
    check_rows(spare_database_url)


def is_running(installation: Installation, name: str) -> bool:
    process = installation.processes.get(name)
    return process is not None and process.popen is not None and process.popen.poll() is None


def stored_keys(installation: Installation) -> set[str]:
    media = installation.folder / "media"
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


async def submit(client: GraphClient, prompt: str, key: str, **options: object) -> str:
    job_id: str = (await client.submit(prompt, key, **SLOW | options))["job"]["id"]
    return job_id


async def events_to_the_end(client: GraphClient, job_id: str) -> list[dict[str, Any]]:
    async with aclosing(client.watch(job_id)) as stream:
        return [event async for event in stream]


async def until_kind(stream: AsyncGenerator[dict[str, Any], None], kind: str) -> list[dict[str, Any]]:
    events = []
    async for event in stream:
        events.append(event)
        if event["__typename"] == kind:
            return events
    raise AssertionError(f"{kind} did not come: {[event['__typename'] for event in events]}")


def ready_indexes(events: list[dict[str, Any]]) -> list[int]:
    return [event["slot"]["index"] for event in events if event["__typename"] == "GenerationImageReady"]


async def test_a_worker_killed_in_the_middle_of_a_job(fragile: Installation, spare_database_url: str) -> None:
    client = await fragile.signed_up()
    job_id = await submit(client, "a slow boat #slow", "k", count=3)

    async with asyncio.timeout(PROMISE_S), aclosing(client.watch(job_id)) as stream:
        # given one image is there and the next one is being painted
        events = await until_kind(stream, "GenerationImageReady")
        events += await until_kind(stream, "GenerationProgress")

        # when the worker is killed and another one comes
        fragile.processes["worker"].kill()
        fragile.start("worker")

        # then the job ends with each image once and each credit once
        events += await until_kind(stream, "GenerationCompleted")
    assert events[-1]["job"] == events[-1]["job"] | {"status": "SUCCEEDED", "succeededCount": 3, "releasedCredits": 0}
    assert sorted(ready_indexes(events)) == [0, 1, 2]
    assert (await client.core("me"))["creditAccount"] == {"balance": 97, "held": 0}
    check_end(spare_database_url, stored_keys(fragile))


async def test_a_worker_that_is_asked_to_stop_gives_its_job_back(
    fragile: Installation, spare_database_url: str
) -> None:
    client = await fragile.signed_up()
    job_id = await submit(client, "a slow boat #slow", "k", count=2)

    async with asyncio.timeout(PROMISE_S), aclosing(client.watch(job_id)) as stream:
        await until_kind(stream, "GenerationProgress")
        assert fragile.processes["worker"].stop() == 0
        assert sql(spare_database_url, "SELECT status, attempt, lease_owner FROM generation_jobs") == [
            ("QUEUED", 0, None)
        ]
        fragile.start("worker")
        events = await until_kind(stream, "GenerationCompleted")
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    check_end(spare_database_url, stored_keys(fragile))


async def test_workers_killed_at_random(fragile: Installation, spare_database_url: str) -> None:
    chance = random.Random(20)  # noqa: S311 - repeatable, not secret
    clients = [await fragile.signed_up() for _ in range(3)]
    jobs = [
        (client, await submit(client, "a boat #fail:1" if number % 3 == 0 else "a boat", f"k{number}", count=count))
        for number, count in enumerate(chance.choices(range(1, 5), k=12))
        for client in [clients[number % 3]]
    ]

    async with asyncio.timeout(90):
        for _ in range(3):
            done = finished_slots(spare_database_url)
            more = done + chance.randint(2, 5)
            await until(partial(has_finished, spare_database_url, more))
            fragile.processes["worker"].kill()
            fragile.start("worker")
        await until(lambda: all_ended(spare_database_url), at_most_s=80)

    for client, job_id in jobs:
        query = "query J($id: ID!) { generationJob(id: $id) { count succeededCount failedCount releasedCredits } }"
        job = (await client.data(query, {"id": job_id}))["generationJob"]
        assert job["succeededCount"] + job["failedCount"] == job["count"]
        assert job["releasedCredits"] == job["failedCount"]
    check_end(spare_database_url, stored_keys(fragile))


def finished_slots(database_url: str) -> int:
    count: int = sql(database_url, "SELECT count(*) FROM generation_slots WHERE finished_at IS NOT NULL")[0][0]
    return count


def has_finished(database_url: str, slots: int) -> bool:
    return finished_slots(database_url) >= slots or all_ended(database_url)


def all_ended(database_url: str) -> bool:
    return sql(database_url, "SELECT count(*) FROM generation_jobs WHERE finished_at IS NULL") == [(0,)]


async def test_valkey_restarted_and_then_emptied_during_a_job(
    fragile: Installation, spare_valkey: EmbeddedServer, spare_database_url: str
) -> None:
    client = await fragile.signed_up()
    job_id = await submit(client, "a slow boat #slow", "k", count=3)

    async with asyncio.timeout(PROMISE_S + 20), aclosing(client.watch(job_id)) as stream:
        await until_kind(stream, "GenerationProgress")
        spare_valkey.kill()
        spare_valkey.start()
        await until_kind(stream, "GenerationImageReady")
        with redis.Redis.from_url(spare_valkey.url) as connection:
            connection.flushall()
        events = await until_kind(stream, "GenerationCompleted")
    assert events[-1]["job"] == events[-1]["job"] | {"status": "SUCCEEDED", "succeededCount": 3}
    check_end(spare_database_url, stored_keys(fragile))


async def test_a_job_submitted_while_valkey_is_away_runs_when_it_is_back(
    fragile: Installation, spare_valkey: EmbeddedServer, spare_database_url: str
) -> None:
    client = await fragile.signed_up()
    spare_valkey.stop()
    try:
        job_id = await submit(client, "a boat", "k", count=1)
        feed = await client.core("feed", kind="LATEST", first=1)
        assert feed["edges"] == []
    finally:
        spare_valkey.start()

    async with asyncio.timeout(PROMISE_S):
        events = await events_to_the_end(client, job_id)
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    check_end(spare_database_url, stored_keys(fragile))


async def test_postgresql_restarted_during_a_job(
    fragile: Installation, spare_postgres: EmbeddedServer, spare_database_url: str
) -> None:
    client = await fragile.signed_up()
    job_id = await submit(client, "a slow boat #slow", "k", count=2)
    async with aclosing(client.watch(job_id)) as stream:
        await until_kind(stream, "GenerationProgress")

    spare_postgres.kill()
    spare_postgres.start()

    async with asyncio.timeout(10):  # well again within 10 s
        await until(lambda: answered(client))
    async with asyncio.timeout(PROMISE_S):
        events = await events_to_the_end(client, job_id)
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    check_end(spare_database_url, stored_keys(fragile))


async def answered(client: GraphClient) -> bool:
    return "errors" not in await client.post("{ viewer { id } }")


async def test_an_api_that_dies_between_commit_and_queue(fragile: Installation, spare_database_url: str) -> None:
    client = await fragile.signed_up()
    assert fragile.processes["relay"].stop() == 0
    await submit(client, "a boat", "k", count=1)
    fragile.processes["api"].kill()
    assert sql(spare_database_url, "SELECT count(*) FROM generation_jobs WHERE attempt = 0") == [(1,)]

    fragile.start("api", "relay")

    await until(lambda: all_ended(spare_database_url), at_most_s=PROMISE_S)
    assert sql(spare_database_url, "SELECT status FROM generation_jobs") == [("SUCCEEDED",)]
    check_end(spare_database_url, stored_keys(fragile))


async def test_a_client_that_comes_back_with_its_cursor_to_a_restarted_api(fragile: Installation) -> None:
    client = await fragile.signed_up()
    job_id = await submit(client, "a slow boat #slow", "k", count=2)
    events: list[dict[str, Any]] = []

    # given a watcher whose API ends in mid-stream
    with suppress(ConnectionClosed, ConnectionError):
        async with aclosing(client.watch(job_id)) as stream:
            async for event in stream:
                events.append(event)
                if event["__typename"] == "GenerationProgress":
                    fragile.processes["api"].signal(signal.SIGKILL)
    assert events[-1]["__typename"] != "GenerationCompleted"
    fragile.processes["api"].kill()
    fragile.start("api")
    await fragile.answering()

    # when it comes back with the last cursor
    async with asyncio.timeout(PROMISE_S), aclosing(client.watch(job_id, after=events[-1]["cursor"])) as stream:
        again = [event async for event in stream]

    # then it misses nothing and nothing comes twice
    assert again[0]["__typename"] == "GenerationSnapshot"
    sequences = [event["sequence"] for event in events[1:] + again[1:]]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    assert again[-1]["__typename"] == "GenerationCompleted"
    assert sorted(ready_indexes(events + again)) == [0, 1]
