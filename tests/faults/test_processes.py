"""Faults of whole processes and servers: whatever is killed, restarted or emptied, each job ends and adds up."""

from __future__ import annotations

import asyncio
from contextlib import aclosing, asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
import redis
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from audit import check_end, check_rows
from db.words import JobStatus
from domain.ports import Position
from domain.streams import of_job
from domain.words import FailureCode
from graph_client import http_client
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from app.embedded.server import EmbeddedServer
    from conftest import Installation
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

PROMISE_S = 30 + 3
"""A job ends within 30 s of the lease, which is 3 s here."""
SLOW: dict[str, Any] = {"size": {"width": 64, "height": 64}, "steps": 3}


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


def shown_indexes(events: list[dict[str, Any]]) -> set[int]:
    """Return which images a watcher has seen, be it as they became ready or in a snapshot."""
    snapshots = (event["job"]["slots"] for event in events if event["__typename"] == "GenerationSnapshot")
    return set(ready_indexes(events)) | {slot["index"] for slots in snapshots for slot in slots if slot["image"]}


def ready_indexes(events: list[dict[str, Any]]) -> list[int]:
    return [event["slot"]["index"] for event in events if event["__typename"] == "GenerationImageReady"]


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


def all_ended(database_url: str) -> bool:
    return sql(database_url, "SELECT count(*) FROM generation_jobs WHERE finished_at IS NULL") == [(0,)]


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


async def test_an_api_that_dies_between_commit_and_queue(fragile: Installation, spare_database_url: str) -> None:
    client = await fragile.signed_up()
    assert fragile.processes["relay"].stop() == 0
    jobs = [await submit(client, "a boat", f"{number}", count=1) for number in range(5)]
    fragile.processes["api"].kill()
    assert sql(spare_database_url, "SELECT count(*) FROM generation_jobs WHERE attempt = 0") == [(5,)]

    # when it is back, and whoever did not hear of their submit repeats it
    fragile.start("api", "relay")
    await fragile.answering()
    assert [await submit(client, "a boat", f"{number}", count=1) for number in range(5)] == jobs

    # then each job has run, and once
    await until(lambda: all_ended(spare_database_url), at_most_s=PROMISE_S)
    ends = sql(spare_database_url, "SELECT status, attempt, count(*) FROM generation_jobs GROUP BY 1, 2")
    assert ends == [("SUCCEEDED", 0, 5)]
    assert (await client.core("me"))["creditAccount"] == {"balance": 95, "held": 0}
    check_end(spare_database_url, stored_keys(fragile))


async def test_a_store_that_refuses_costs_nothing_and_is_found_well_again(inside: Workshop) -> None:
    # given a file where the folder of pictures should be
    user = await inside.user()
    inside.media.write_text("in the way")
    refused = await inside.job(user, count=2)
    await until(lambda: all_ended(inside.database_url), PROMISE_S)

    assert (await inside.row(refused)).status == JobStatus.FAILED
    codes = sql(inside.database_url, "SELECT DISTINCT failure_code FROM generation_slots")
    assert codes == [(FailureCode.STORAGE_UNAVAILABLE,)]
    assert sql(inside.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]

    # when it is out of the way
    inside.media.unlink()
    accepted = await inside.job(user)
    await until(lambda: all_ended(inside.database_url), PROMISE_S)

    assert (await inside.row(accepted)).status == JobStatus.SUCCEEDED
    await inside.sweeper().remove_abandoned()
    check_end(inside.database_url, inside.stored())


@asynccontextmanager
async def asked_all_the_while(client: GraphClient) -> AsyncIterator[list[dict[str, Any]]]:
    """Ask for the viewer's credits again and again; collect the answers, each of which must come within 10 s."""
    answers: list[dict[str, Any]] = []

    async def ask() -> None:
        async with http_client() as http:
            while True:
                async with asyncio.timeout(10):
                    response = await http.post(
                        f"{client.url}/graphql",
                        json={"query": "{ viewer { creditAccount { balance held } } }"},
                        headers=client.headers,
                    )
                answers.append(response.json())
                await asyncio.sleep(0.02)

    asking = asyncio.create_task(ask())
    yield answers
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled(), asking.exception()


async def slow_job(fragile: Installation, inside: Workshop, count: int) -> tuple[GraphClient, str]:
    """Submit a job of small pictures that takes its time."""
    client = await fragile.signed_up()
    job = await inside.job(UUID(client.viewer_id.partition("_")[2]), prompt="a cat #slow", count=count)
    return client, f"job_{job.hex}"


async def test_valkey_is_restarted_and_emptied_during_a_job(
    fragile: Installation, inside: Workshop, spare_valkey: EmbeddedServer
) -> None:
    client, job = await slow_job(fragile, inside, count=3)
    events: list[dict[str, Any]] = []
    async with asked_all_the_while(client) as answers, asyncio.timeout(40):
        async for event in client.watch(job):
            events.append(event)
            kinds = [event["__typename"] for event in events]
            if spare_valkey.is_running():
                # when it is killed during the first image, and emptied after that until the stream has noticed
                if kinds[-1] == "GenerationProgress" and kinds.count("GenerationProgress") == 1:
                    spare_valkey.kill()
                    spare_valkey.start()
                elif "GenerationImageReady" in kinds and kinds.count("GenerationSnapshot") == 1:
                    with redis.Redis.from_url(spare_valkey.url) as valkey:
                        valkey.flushall()

    # then the stream says that it starts over, and tells of the end
    assert kinds.count("GenerationSnapshot") >= 2
    assert kinds[-1] == "GenerationCompleted"
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    assert shown_indexes(events) == {0, 1, 2}

    # and reads were answered all the while
    assert len(answers) > 20
    assert all("errors" not in answer for answer in answers)
    check_end(inside.database_url, inside.stored())


async def test_postgresql_is_restarted_and_killed_during_a_job(
    fragile: Installation, inside: Workshop, spare_postgres: EmbeddedServer
) -> None:
    client, job = await slow_job(fragile, inside, count=3)
    events: list[dict[str, Any]] = []
    async with asked_all_the_while(client) as answers, asyncio.timeout(60):
        async for event in client.watch(job):
            events.append(event)
            kinds = [event["__typename"] for event in events]
            if kinds.count("GenerationProgress") == 1 and kinds[-1] == "GenerationProgress":
                spare_postgres.restart()
                check_rows(inside.database_url)
            if kinds.count("GenerationImageReady") == 1 and kinds[-1] == "GenerationImageReady":
                spare_postgres.kill()
                spare_postgres.start()
                check_rows(inside.database_url)
        told = len(answers)
        await until(lambda: len(answers) > told + 5)

    # then the job has ended once, and whoever watched it has heard of that
    assert kinds.count("GenerationCompleted") == 1
    assert events[-1]["job"] == events[-1]["job"] | {"status": "SUCCEEDED", "succeededCount": 3}
    assert shown_indexes(events) == {0, 1, 2}
    check_end(inside.database_url, inside.stored())

    # and the API has answered again by itself, with typed errors at worst
    assert all("errors" not in answer for answer in answers[told:])
    codes = {error["extensions"]["code"] for answer in answers for error in answer.get("errors", ())}
    assert codes <= {"INTERNAL"}


async def test_a_watcher_of_a_restarted_api_misses_and_repeats_nothing(fragile: Installation, inside: Workshop) -> None:
    client, job = await slow_job(fragile, inside, count=3)
    events: list[dict[str, Any]] = []
    after: str | None = None
    restarts = ["stop", "kill"]
    async with asyncio.timeout(60):
        while not events or events[-1]["__typename"] != "GenerationCompleted":
            try:
                async with aclosing(client.watch(job, after)) as stream:
                    assert (await anext(stream))["__typename"] == "GenerationSnapshot"
                    async for event in stream:
                        events.append(event)
                        after = event["cursor"]
                        if restarts and event["__typename"] == "GenerationProgress" and len(events) > 5 / len(restarts):
                            getattr(fragile.processes["api"], restarts.pop(0))()
                            fragile.start("api")
            except (ConnectionClosed, ConnectionError, InvalidHandshake, OSError):
                await fragile.answering()

    assert not restarts
    sequences = [event["sequence"] for event in events]
    assert sequences == list(range(sequences[0], sequences[0] + len(sequences)))
    log = await inside.log.read_after(of_job(UUID(job.partition("_")[2])), Position((0, 0), 0))
    assert log
    assert sequences == [event.position.sequence for event in log][-len(sequences) :]
    assert [event["__typename"] for event in events].count("GenerationImageReady") == 3
    check_end(inside.database_url, inside.stored())
