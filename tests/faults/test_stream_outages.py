"""Streams over long and sudden outages: Redis hangs for half a minute, and the API dies under many clients."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

import pytest

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from app.streams.host import SOCKETS_PER_USER
from audit import check_end
from benchmarks.streams.people import make
from conftest import install
from depth import depth
from domain.ports import Publication
from domain.streams import COMPLETED, of_job
from domain.tokens import AccessTokens
from stored import sql
from waiting import until
from watchers import Watcher, by_parts, by_server_sent, by_socket, check_alike

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
    from pathlib import Path

    from app.embedded.server import EmbeddedServer
    from benchmarks.streams.people import Person
    from conftest import Installation
    from domain.ports import EventLog
    from graph_client import GraphClient
    from workshop import Workshop

Answer = TypeVar("Answer")
pytestmark = pytest.mark.anyio

OUTAGE_S: Final = depth(24.0, 30.0)
"""The API notices within 15 s that Redis is silent."""
ANSWER_S: Final = 10.0
"""Within which every request is answered, whatever is away."""
PEOPLE: Final = depth(20, 100)
"""Who have ten clients each."""
STEPS: Final = 10
OUTAGE_STEPS: Final = depth(40, 50)
"""Of 0.4 s each: as many take two thirds of the outage."""
SMALL: Final = {"width": 64, "height": 64}
BACK_S: Final = 30.0
"""Within which all clients of a process that died have gone on at another one."""
LIVE_S: Final = 15.0
"""Within which streams are live again; 2 s in good order."""
WAYS: Final = (by_socket, by_server_sent, by_parts)


@asynccontextmanager
async def hanging(server: EmbeddedServer) -> AsyncIterator[None]:
    """Let a server take connections and bytes, and answer nothing."""
    assert server.pid
    os.kill(server.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGCONT)


async def test_streams_go_on_when_valkey_has_hung_for_half_a_minute(
    fragile: Installation, inside: Workshop, spare_valkey: EmbeddedServer
) -> None:
    client = await fragile.signed_up()
    # given a job of two images, of which one is ready during the outage and one after it, and a job behind it
    job = (await client.submit("a cat #slow", "long", count=2, steps=OUTAGE_STEPS, size=SMALL))["job"]["id"]
    waiting = await submit(client, "waiting")
    cursor = await beginning_of(client, waiting)
    watchers, later = [Watcher(client, job, way) for way in WAYS], list[Watcher]()
    clock = asyncio.get_running_loop().time
    async with asyncio.TaskGroup() as tasks:
        for watcher in watchers:
            tasks.create_task(watcher.follow())
        await until(lambda: all(len(watcher.told) > 3 for watcher in watchers))

        async with hanging(spare_valkey):
            begun = clock()
            # when it has just begun, and when that has been noticed
            for seconds in (0.0, OUTAGE_S * 2 / 3):
                await until(lambda seconds=seconds: clock() > begun + seconds, OUTAGE_S)  # type: ignore[misc]  # mypy knows no defaults of lambdas
                # then whoever submits, comes to watch, or comes back is answered
                submitted = await answered(submit(client, f"{seconds}"))
                assert await answered(submit(client, f"{seconds}")) == submitted
                new = [Watcher(client, submitted, way) for way in WAYS]
                for watcher in new:
                    tasks.create_task(watcher.follow())
                await answered(beginning_of(client, waiting, cursor))
                await until(lambda: all(watcher.told for watcher in new), ANSWER_S)  # noqa: B023 - waited for at once
                later += new
            # and who cancels, who is told of it too
            assert (await answered(client.core("cancel", {"jobId": submitted})))["releasedCredits"] == 1
            await until(lambda: later[-1].is_over, ANSWER_S)
            await until(lambda: clock() > begun + OUTAGE_S, OUTAGE_S)

        # and all goes on when it is back
        told = [len(watcher.told) for watcher in watchers]
        await until(lambda: all(len(each.told) > before for each, before in zip(watchers, told, strict=True)), LIVE_S)
    check_streams(watchers, later)
    await until(lambda: not sql(inside.database_url, "SELECT id FROM generation_jobs WHERE finished_at IS NULL"))
    assert (await client.core("me"))["creditAccount"] == {"balance": 100 - 2 - 1 - 1, "held": 0}
    check_end(inside.database_url)


def check_streams(watchers: Sequence[Watcher], later: Sequence[Watcher]) -> None:
    """Assert that nothing was lost, and that no stream that was open had to start over."""
    check_alike([*watchers, *later])
    for watcher in watchers:
        assert watcher.restarts == 1, watcher.told
        assert watcher.shown() == {0, 1}
        assert watcher.told[-1]["job"] == {"status": "SUCCEEDED", "succeededCount": 2, "failedCount": 0}
    assert [watcher.told[-1]["job"]["status"] for watcher in later] == ["SUCCEEDED"] * 3 + ["CANCELED"] * 3


async def beginning_of(client: GraphClient, job: str, after: str | None = None) -> str:
    """Return the cursor of what a client is told first which watches a job."""
    async with aclosing(client.watch(job, after)) as stream:
        cursor: str = (await anext(stream))["cursor"]
    return cursor


async def answered(answer: Awaitable[Answer]) -> Answer:
    async with asyncio.timeout(ANSWER_S):
        return await answer


async def submit(client: GraphClient, key: str) -> str:
    job: str = (await client.submit("a dog", key, count=1, steps=2, size=SMALL))["job"]["id"]
    return job


async def test_no_client_of_many_loses_an_event_when_the_api_is_killed(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    api = install(tmp_path, database_url, redis_url)
    try:
        api.start("api")
        await api.answering()
        people = make(database_url, PEOPLE)
        watchers = [
            Watcher(client, job, by_socket) for client, job in seats(api, people) for _ in range(SOCKETS_PER_USER)
        ]
        async with redis_client(redis_url) as redis, asyncio.timeout(60), asyncio.TaskGroup() as tasks:
            publish = partial(publish_to_all, RedisEventLog(redis, Hub(redis_url, event_of)), people)
            # given hundreds of clients who are told what happens
            for watcher in watchers:
                tasks.create_task(watcher.follow())
            await until(lambda: all(watcher.told for watcher in watchers), 30)
            await publish(0)
            await publish(1)

            # when the process dies while it tells, and more happens before there is another, and while all come back
            api.processes["api"].kill()
            await publish(2)
            api.start("api")
            killed_at = asyncio.get_running_loop().time()
            for step in range(3, STEPS):
                share = (step - 2) / (STEPS - 3)
                await until(lambda share=share: resumed(watchers) >= share * len(watchers), BACK_S)  # type: ignore[misc]  # mypy knows no defaults of lambdas
                await publish(step)
            await publish(STEPS, is_last=True)
        seconds = asyncio.get_running_loop().time() - killed_at
    finally:
        api.stop()

    # then all go on where they were, and were told all of it
    assert seconds < BACK_S
    for watcher in watchers:
        assert watcher.restarts == 1, watcher.told
        steps = [event["step"] for event in watcher.told if event["__typename"] == "GenerationProgress"]
        assert steps == list(range(STEPS))
    print(f"{len(watchers)} clients were back and told all after {seconds:.1f} s")  # noqa: T201 - read it with pytest -s


def resumed(watchers: Sequence[Watcher]) -> int:
    return sum(bool(watcher.resumed) for watcher in watchers)


def seats(api: Installation, people: Sequence[Person]) -> Iterator[tuple[GraphClient, str]]:
    """Return a client of each, and the job that it may watch."""
    key = (api.folder / "keys" / "token.pem").read_bytes()
    tokens = AccessTokens([key], api.url, timedelta(minutes=30))
    for person in people:
        yield api.client(tokens.issue(person.user_id, person.session_id).text), f"job_{person.job_id.hex}"


async def publish_to_all(log: EventLog, people: Sequence[Person], step: int, *, is_last: bool = False) -> None:
    """Let something happen in the job of each, or the last of all; as the relay does, again until it is known to be."""
    data = {"slot": 0, "step": step, "total": 50, "preview": None}
    kind = COMPLETED if is_last else "progress"
    publications = [Publication(of_job(person.job_id), kind, data, str(step), is_last) for person in people]
    while True:
        with suppress(ConnectionError):
            return await log.publish_all(publications)
