"""Clients that take nothing, or say nothing: who is gone is let go, who is slow comes back and loses nothing."""

from __future__ import annotations

import asyncio
import socket
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import httpx2
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosedError

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from app.asgi import create_host
from app.edge.protocol import guarded_protocol
from app.settings import Settings
from app.streams.http import HttpListener
from app.streams.socket import PING_S, SLOW_S, TOO_SLOW, StreamSocket, stream_socket
from benchmarks.streams.people import make
from domain.streams import COMPLETED, of_job
from domain.tokens import AccessTokens
from graph_client import CORE, GraphClient
from raw_sockets import INIT, PING, TEXT, frame, raw
from stream_readers import opened, server_sent
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from app.streams.host import Host

pytestmark = pytest.mark.anyio

PREVIEW = "data:," + "x" * 100_000
SOON_S = 0.05
SLOW_ENOUGH_S = 3.0
"""Longer than it takes to read what the system holds."""
EVENTS = {"accept": "text/event-stream", "path": "/graphql/stream"}


class Clock:
    """The running loop, by a clock that a test sets."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ahead = 0.0
        """Seconds."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the loop has
        return getattr(self._loop, name)

    def time(self) -> float:
        return self._loop.time() + self.ahead


@dataclass
class Server:
    """A server of streams in this process, and a job that can be watched there."""

    host: Host
    clock: Clock
    client: GraphClient
    job: str
    log: RedisEventLog
    stream: str
    steps: int = 0
    """How many have been published."""

    def tend(self, seconds: float) -> None:
        """Look after all sockets, when so many seconds have passed."""
        self.clock.ahead += seconds
        for guest in self.sockets():
            guest.tend(self.clock.time())

    def sockets(self) -> list[StreamSocket]:
        return [guest for guest in self.host._guests if isinstance(guest, StreamSocket)]

    async def step(self) -> None:
        """Publish a step, and wait until all who follow the job were to be told: the log keeps the newest alone."""
        data = {"slot": 0, "step": self.steps, "total": 1_000, "preview": PREVIEW}
        await self.log.publish(self.stream, "progress", data)
        self.steps += 1
        followed = self.host.operations.followed
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
async def serving(folder: Path, database_url: str, redis_url: str, slow_s: float = 60.0) -> AsyncIterator[Server]:
    (person,) = make(database_url, 1)
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(easel_home=folder, database_url=database_url, redis_url=redis_url, public_url=url)
    host, clock = create_host(settings), Clock()
    plain = stream_socket(host)

    def clocked(config: Any, server_state: Any, app_state: Any) -> StreamSocket:  # noqa: ANN401 - uvicorn's
        return plain(config, server_state, app_state, cast("asyncio.AbstractEventLoop", clock))

    config = uvicorn.Config(
        host.edge, http=guarded_protocol(60, 16 * 1024, slow_seconds=slow_s), ws=cast("Any", clocked), log_config=None,
        access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    tokens = AccessTokens(settings.token_key_pems(), url, timedelta(minutes=30))
    client = GraphClient(url, tokens.issue(person.user_id, person.session_id).text)
    try:
        async with redis_client(redis_url) as redis:
            log = RedisEventLog(redis, Hub(redis_url, event_of))
            yield Server(host, clock, client, f"job_{person.job_id.hex}", log, of_job(person.job_id))
    finally:
        server.should_exit = True
        await running


async def cut(stream: AsyncGenerator[dict[str, Any], None]) -> list[dict[str, Any]]:
    """Return the events that still come before the connection is lost."""
    events: list[dict[str, Any]] = []
    with suppress(ConnectionClosedError, httpx2.TransportError):
        async for data in stream:
            events += [data.get("data", data)["generationJobEvents"]]
        raise AssertionError("the connection was not lost")
    return events


async def test_a_socket_whose_client_takes_nothing_is_closed_and_resumed_without_loss(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, database_url, redis_url) as server, server.client.socket() as socket:
        stream = socket.subscribe(CORE["watch"], {"jobId": server.job})
        told = [(await anext(stream))["generationJobEvents"]]
        (guest,) = server.sockets()

        # given a client that reads no more, and another one that does
        async with server.client.socket() as other:
            reading = other.subscribe(CORE["watch"], {"jobId": server.job})
            await anext(reading)
            while not guest.is_paused:
                await server.step()
                await anext(reading)

            # when that has lasted for a while, and for longer than it may
            server.tend(SLOW_S - 1)
            assert guest.close_code is None
            server.tend(2)

            # then the one is told so, and the other one goes on
            told += await cut(stream)
            assert socket.websocket.close_code == TOO_SLOW
            await server.step()
            await server.complete()
            assert (await anext(reading))["generationJobEvents"]["step"] == server.steps - 1

        # and who comes back with the last cursor is told the rest
        assert 0 < len(told) - 1 < server.steps
        told += await server.rest(told[-1]["cursor"])
        assert [event["step"] for event in told[1:-1]] == list(range(server.steps))
        assert told[-1]["__typename"] == "GenerationCompleted"


async def test_a_stream_over_http_whose_client_takes_nothing_is_cut_and_resumed_without_loss(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, database_url, redis_url, SOON_S) as server:
        async with opened(server.client, CORE["watch"], {"jobId": server.job}, **EVENTS) as response:
            stream = server_sent(response)
            told = [(await anext(stream))["data"]["generationJobEvents"]]
            (guest,) = server.host._guests
            # when a client reads no more, until all that lies between is full
            while guest in server.host._guests and server.steps < 400:
                await server.step()
            # then the server lets go of it, which has not read what it was sent
            await until(lambda: not server.host._guests)
            told += await cut(stream)
        await server.complete()

        assert len(told) - 1 < server.steps
        told += await server.rest(told[-1]["cursor"])
        assert [event["step"] for event in told[1:-1]] == list(range(server.steps))


async def test_a_stream_over_http_whose_client_takes_its_time_goes_on(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with (
        serving(tmp_path, database_url, redis_url, SLOW_ENOUGH_S) as server,
        opened(server.client, CORE["watch"], {"jobId": server.job}, **EVENTS) as response,
    ):
        stream = server_sent(response)
        await anext(stream)
        (guest,) = server.host._guests
        # given a client that reads no more until all that lies between is full, and then takes all of it
        while isinstance(guest, HttpListener) and not guest.is_paused:
            await server.step()
        steps = [await step_of(stream) for _ in range(server.steps)]

        # when it has taken all for as long as it may take nothing
        taken_at = server.clock.time()
        await until(lambda: server.clock.time() > taken_at + SLOW_ENOUGH_S)

        # then it is told what comes
        await server.step()
        assert [*steps, await step_of(stream)] == list(range(server.steps))


async def step_of(stream: AsyncGenerator[dict[str, Any], None]) -> int:
    step: int = (await anext(stream))["data"]["generationJobEvents"]["step"]
    return step


async def test_a_client_that_answers_no_ping_is_dropped_and_one_that_answers_is_kept(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with serving(tmp_path, database_url, redis_url) as server, server.client.socket() as socket:
        (kept,) = server.sockets()
        _, silent = await raw(server.client.url)
        silent.writer.write(frame(INIT))
        assert (await silent.receive())[0] == TEXT

        # when nobody says anything for a while
        heard_at = kept._heard_at
        server.tend(PING_S + 1)

        # then all are asked, and who does not answer for as long again is taken for gone
        assert await silent.receive() == (PING, b"")
        await until(lambda: kept._heard_at > heard_at + PING_S)
        server.tend(PING_S)
        assert await silent.reader.read() == b""
        silent.writer.close()
        assert server.sockets() == [kept]

        # and who answered is heard
        (data,) = [data async for data in socket.subscribe("{ viewer { id } }", {})]
        assert data["viewer"]["id"]
