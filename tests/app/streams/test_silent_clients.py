"""Clients that take nothing, or say nothing: who is gone is let go, who is slow comes back and loses nothing."""

from __future__ import annotations

from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx2
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.protocol import State

from app.streams.http import HttpListener
from app.streams.socket import PING_S, SLOW_S, TOO_SLOW
from domain.streams import COMPLETED, of_job
from graph_client import CORE, GraphClient
from raw_sockets import FIN, INIT, PING, TEXT, frame, raw
from served import served
from stories import open_log
from stream_readers import opened, server_sent
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from adapters.event_log import RedisEventLog
    from served import Served

pytestmark = pytest.mark.anyio

PREVIEW = "data:," + "x" * 100_000
SOON_S = 0.05
SLOW_ENOUGH_S = 3.0
"""Longer than it takes to read what the system holds."""
EVENTS = {"accept": "text/event-stream", "path": "/graphql/stream"}


@dataclass
class Watched:
    """A job on which nobody works: what is told of it, the test publishes."""

    easel: Served
    client: GraphClient
    job: str
    log: RedisEventLog
    steps: int = 0
    """How many have been published."""

    @property
    def stream(self) -> str:
        return of_job(UUID(self.job.partition("_")[2]))

    async def step(self) -> None:
        """Publish a step, and wait until all who follow the job were to be told: the log keeps the newest alone."""
        data = {"slot": 0, "step": self.steps, "total": 1_000, "preview": PREVIEW}
        await self.log.publish(self.stream, "progress", data)
        self.steps += 1
        followed = self.easel.host.operations.followed
        await until(lambda: all(cohort.at.sequence >= self.steps for cohort, _ in followed()))

    async def complete(self) -> None:
        await self.log.publish(self.stream, COMPLETED, {}, is_last=True)

    async def rest(self, cursor: str) -> list[dict[str, Any]]:
        """Return all that comes after an event, to the end."""
        async with aclosing(self.client.watch(self.job, cursor)) as stream:
            snapshot = await anext(stream)
            assert snapshot["cursor"] == cursor, "it goes on there"
            return [event async for event in stream]


@asynccontextmanager
async def watched(
    database_url: str, redis_url: str, folder: Path, slow_s: float = 60.0
) -> AsyncIterator[tuple[Served, Watched]]:
    async with served(database_url, redis_url, folder, slow_s=slow_s) as easel, open_log(redis_url) as log:
        client = await easel.signed_up()
        job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
        yield easel, Watched(easel, client, job, log)


async def cut(stream: AsyncGenerator[dict[str, Any], None]) -> list[dict[str, Any]]:
    """Return the events that still come before the connection is lost."""
    events: list[dict[str, Any]] = []
    with suppress(ConnectionClosedError, httpx2.TransportError):
        async for data in stream:
            events += [data.get("data", data)["generationJobEvents"]]
        raise AssertionError("the connection was not lost")
    return events


async def test_a_socket_whose_client_takes_nothing_is_closed_and_resumed_without_loss(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with watched(spare_database_url, spare_redis_url, tmp_path) as (easel, job), job.client.socket() as socket:
        stream = socket.subscribe(CORE["watch"], {"jobId": job.job})
        told = [(await anext(stream))["generationJobEvents"]]
        (guest,) = easel.sockets()

        # given a client that reads no more, and another one that does
        async with job.client.socket() as other:
            reading = other.subscribe(CORE["watch"], {"jobId": job.job})
            await anext(reading)
            while not guest.is_paused:
                await job.step()
                await anext(reading)

            # when that has lasted for a while, and for longer than it may
            easel.tend(SLOW_S - 1)
            assert guest.close_code is None
            easel.tend(2)

            # then the one is told so, and the other one goes on
            told += await cut(stream)
            assert socket.websocket.close_code == TOO_SLOW
            await job.step()
            await job.complete()
            assert (await anext(reading))["generationJobEvents"]["step"] == job.steps - 1

        # and who comes back with the last cursor is told the rest
        assert 0 < len(told) - 1 < job.steps
        told += await job.rest(told[-1]["cursor"])
        assert [event["step"] for event in told[1:-1]] == list(range(job.steps))
        assert told[-1]["__typename"] == "GenerationCompleted"


async def test_a_stream_over_http_whose_client_takes_nothing_is_cut_and_resumed_without_loss(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with watched(spare_database_url, spare_redis_url, tmp_path, SOON_S) as (easel, job):
        async with opened(job.client, CORE["watch"], {"jobId": job.job}, **EVENTS) as response:
            stream = server_sent(response)
            told = [(await anext(stream))["data"]["generationJobEvents"]]
            (guest,) = easel.host._guests
            # when a client reads no more, until all that lies between is full
            while guest in easel.host._guests and job.steps < 400:
                await job.step()
            # then the server lets go of it, which has not read what it was sent
            await until(lambda: not easel.host._guests)
            assert not list(easel.host.operations.followed())
            told += await cut(stream)
        await job.complete()

        assert len(told) - 1 < job.steps
        told += await job.rest(told[-1]["cursor"])
        assert [event["step"] for event in told[1:-1]] == list(range(job.steps))


async def test_a_stream_over_http_whose_client_takes_its_time_goes_on(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with (
        watched(spare_database_url, spare_redis_url, tmp_path, SLOW_ENOUGH_S) as (easel, job),
        opened(job.client, CORE["watch"], {"jobId": job.job}, **EVENTS) as response,
    ):
        stream = server_sent(response)
        await anext(stream)
        (guest,) = easel.host._guests
        # given a client that reads no more until all that lies between is full, and then takes all of it
        while isinstance(guest, HttpListener) and not guest.is_paused:
            await job.step()
        steps = [await step_of(stream) for _ in range(job.steps)]

        # when it has taken all for as long as it may take nothing
        taken_at = easel.clock.time()
        await until(lambda: easel.clock.time() > taken_at + SLOW_ENOUGH_S)

        # then it is told what comes
        await job.step()
        assert [*steps, await step_of(stream)] == list(range(job.steps))


async def step_of(stream: AsyncGenerator[dict[str, Any], None]) -> int:
    step: int = (await anext(stream))["data"]["generationJobEvents"]["step"]
    return step


async def test_a_socket_that_failed_and_takes_nothing_is_given_up(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path, send_bytes=4_096) as easel:
        _, socket = await raw(easel.url, receive_bytes=4_096)
        (guest,) = easel.sockets()
        # given a client that reads nothing, and at once asks for more than can be sent and sends what is no frame
        socket.take_nothing()
        socket.writer.write(frame(b"x" * 125, FIN | PING) * 800 + frame(b"", FIN | 3))
        await until(lambda: guest.is_paused)
        assert guest._protocol
        assert guest._protocol.state is State.CLOSING

        # when it takes nothing for long
        easel.tend(SLOW_S + 1)

        # then the connection ends all the same
        await until(lambda: not easel.host._guests)
        socket.writer.close()


async def test_a_client_that_answers_no_ping_is_dropped_and_one_that_answers_is_kept(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    async with (
        served(spare_database_url, spare_redis_url, tmp_path) as easel,
        GraphClient(easel.url).socket() as socket,
    ):
        (kept,) = easel.sockets()
        _, silent = await raw(easel.url)
        silent.writer.write(frame(INIT))
        assert (await silent.receive())[0] == TEXT

        # when nobody says anything for a while
        heard_at = kept._heard_at
        easel.tend(PING_S + 1)

        # then all are asked, and who does not answer for as long again is taken for gone
        assert await silent.receive() == (PING, b"")
        await until(lambda: kept._heard_at > heard_at + PING_S)
        easel.tend(PING_S)
        assert await silent.reader.read() == b""
        silent.writer.close()
        assert easel.sockets() == [kept]

        # and who answered is heard
        (data,) = [data async for data in socket.subscribe("{ __typename }", {})]
        assert data == {"__typename": "Query"}
