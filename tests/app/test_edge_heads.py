"""Slow, endless and oversized heads and bodies, sent over raw sockets to a real uvicorn behind the whole edge."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import uvicorn
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import connect

from adapters.throttle import LocalThrottle
from app.delivery import deliver
from app.edge.negotiation import Medium
from app.edge.protocol import guarded_protocol
from app.edge.rates import Rate, RequestCounts, RequestRates
from app.edge.requests import RequestLimits
from app.edge.stack import Edge, EdgeOptions, Guarded
from app.execution import Answer
from app.metrics import Metrics
from served import running

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable

    from starlette.requests import Request
    from starlette.types import Scope
    from starlette.websockets import WebSocket

    from app.delivery import Delivery
    from app.edge.exchange import Exchange

pytestmark = pytest.mark.anyio
KEEP_ALIVE = 1
"""Seconds that an idle connection is kept."""
SOON = 0.05
"""Seconds for a deadline that a test waits for."""
PATIENT = EdgeOptions(request=RequestLimits(body_seconds=60))
BODY = b'{"query": "{ __typename }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: easel\r\nContent-Type: application/json\r\n"
GET = b"GET /plain HTTP/1.1\r\nHost: easel\r\n"


async def graphql(request: Request) -> Response:
    return Response(await request.body(), media_type="application/json")


async def plain(_request: Request) -> Response:
    return PlainTextResponse("plain")


async def stream(request: Request) -> Response:
    release: asyncio.Event = request.app.state.release

    async def events() -> AsyncIterator[str]:
        yield "data: first\n\n"
        await release.wait()
        yield "data: last\n\n"

    return StreamingResponse(events(), media_type="text/event-stream")


async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_text(await websocket.receive_text())
    await websocket.close()


def unknown(_scope: Scope, _exchange: Exchange) -> None:
    return None


def known(_scope: Scope, _exchange: Exchange) -> Delivery:
    return deliver(Answer(b'{"data":"known"}'), Medium.JSON, "identity", b"no-store")


class Server:
    def __init__(self, port: int, release: asyncio.Event) -> None:
        self.port = port
        self.release = release

    def connect(self) -> Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        return asyncio.open_connection("127.0.0.1", self.port)

    async def outwait(self) -> None:
        """Return when a head that began to be waited for just now has come too late."""
        await self.exchange(b"")

    async def exchange(self, *pieces: bytes) -> bytes:
        """Send the pieces and return all that comes until the server closes."""
        reader, writer = await self.connect()
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        answer = await reader.read()
        writer.close()
        return answer


@asynccontextmanager
async def serving(
    options: EdgeOptions = PATIENT, head_seconds: float = 60, *, knows_all: bool = False
) -> AsyncIterator[Server]:
    routes = [
        Route("/graphql", graphql, methods=["POST"]),
        Route("/plain", plain, methods=["GET", "POST"]),
        Route("/stream", stream),
        WebSocketRoute("/graphql", echo),
    ]
    inner = Starlette(routes=routes)
    inner.state.release = asyncio.Event()
    rates = RequestRates(address=Rate(10**9, timedelta(hours=1)))
    counts = RequestCounts(LocalThrottle(), rates)
    app = Edge(
        Guarded(inner, inner, known if knows_all else unknown),
        options,
        counts,
        lambda _scope: None,
        Metrics(CollectorRegistry()),
    )
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, http=guarded_protocol(head_seconds, options.head.bytes, app.at_once), log_config=None, access_log=False,
        timeout_graceful_shutdown=1, timeout_keep_alive=KEEP_ALIVE,
    )  # fmt: skip
    async with running(config, listener):
        yield Server(listener.getsockname()[1], inner.state.release)


def read_refusal(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"connection: close" in head.lower()
    return int(head.split()[1]), json.loads(body)["errors"][0]["extensions"]["code"]


@pytest.mark.parametrize("sent", [b"G", GET, GET + b"X-Slow: "])
async def test_a_head_that_does_not_end_in_time_is_answered_408(sent: bytes) -> None:
    async with serving(head_seconds=SOON) as server:
        answer = await server.exchange(sent)

    assert read_refusal(answer) == (408, "TIMEOUT")


@pytest.mark.parametrize("sent", [b"", b"\r\n"])
async def test_a_connection_that_asks_nothing_is_closed(sent: bytes) -> None:
    async with serving(head_seconds=SOON) as server:
        answer = await server.exchange(sent)

    assert answer[:12] in {b"", b"HTTP/1.1 408"}


async def test_a_second_head_that_does_not_end_in_time_is_answered_408() -> None:
    async with serving(head_seconds=SOON) as server:
        reader, writer = await server.connect()
        writer.write(GET + b"\r\n")
        first = await reader.readuntil(b"\r\n\r\nplain")
        writer.write(GET)
        second = await reader.read()
        writer.close()

    assert first.startswith(b"HTTP/1.1 200")
    assert read_refusal(second) == (408, "TIMEOUT")


async def test_a_stream_is_not_cut_by_the_start_of_a_next_head() -> None:
    async with serving(head_seconds=SOON) as server:
        reader, writer = await server.connect()
        writer.write(b"GET /stream HTTP/1.1\r\nHost: easel\r\n\r\n")
        await reader.readuntil(b"data: first")
        writer.write(b"GET")
        await server.outwait()
        server.release.set()
        rest = await reader.read()
        writer.close()

    assert b"data: last" in rest
    assert b"408" not in rest


async def test_a_head_that_never_ends_is_answered_431() -> None:
    async with serving() as server:
        answer = await server.exchange((GET + b"X-Long: ").ljust(PATIENT.head.bytes + 1, b"x"))

    assert read_refusal(answer) == (431, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "head",
    [
        GET + b"X-Long: " + b"x" * 16_384 + b"\r\n",
        GET + b"".join(b"X-%d: y\r\n" % index for index in range(100)),
        b"GET /plain?" + b"x" * 16_384 + b" HTTP/1.1\r\nHost: easel\r\n",
    ],
)
async def test_a_complete_head_that_is_too_large_is_answered_431(head: bytes) -> None:
    async with serving() as server:
        answer = await server.exchange(head + b"\r\n")

    assert read_refusal(answer) == (431, "BAD_USER_INPUT")


async def test_a_head_at_the_limits_passes() -> None:
    headers = b"".join(b"X-%02d: %b\r\n" % (index, b"y" * 140) for index in range(97))
    async with serving() as server:
        answer = await server.exchange(GET + headers + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


async def test_a_body_that_does_not_arrive_in_time_is_answered_408() -> None:
    options = replace(PATIENT, request=RequestLimits(body_seconds=SOON))
    async with serving(options) as server:
        answer = await server.exchange(HEAD + b"Content-Length: 100\r\n\r\n" + BODY)

    assert read_refusal(answer) == (408, "TIMEOUT")


@pytest.mark.parametrize("length", [b"2000000000", b"1500000"])
async def test_a_promise_of_far_too_much_is_refused_at_once(length: bytes) -> None:
    async with serving() as server:
        answer = await server.exchange(HEAD + b"Content-Length: " + length + b"\r\n\r\n")

    assert read_refusal(answer) == (413, "BAD_USER_INPUT")


async def test_who_asks_before_sending_too_much_is_refused_before_sending() -> None:
    async with serving() as server:
        answer = await server.exchange(HEAD + b"Expect: 100-continue\r\nContent-Length: 300000\r\n\r\n")

    assert read_refusal(answer) == (413, "BAD_USER_INPUT")


@pytest.mark.parametrize("size", [262_145, 1_000_000])
async def test_a_body_a_little_too_large_is_read_to_its_end_so_that_the_client_hears_why(size: int) -> None:
    async with serving() as server:
        answer = await server.exchange(HEAD + b"Content-Length: %d\r\n\r\n" % size, BODY.ljust(size))

    assert read_refusal(answer) == (413, "BAD_USER_INPUT")


async def test_chunks_without_a_length_are_counted() -> None:
    chunks = [b"2710\r\n" + b" " * 10_000 + b"\r\n" for _ in range(27)]
    async with serving() as server:
        answer = await server.exchange(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *chunks, b"0\r\n\r\n")

    assert read_refusal(answer) == (413, "BAD_USER_INPUT")


async def test_a_body_in_pieces_arrives_whole() -> None:
    head = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY)
    async with serving() as server:
        answer = await server.exchange(*(bytes([byte]) for byte in head + BODY))

    assert answer.startswith(b"HTTP/1.1 200")
    assert answer.endswith(BODY)


async def test_a_body_that_nobody_reads_ends_the_connection() -> None:
    async with serving() as server:
        answer = await server.exchange(b"POST /plain HTTP/1.1\r\nHost: easel\r\nContent-Length: 2000000000\r\n\r\n")

    assert answer.endswith(b"plain")


async def test_a_connection_is_kept_for_the_next_request() -> None:
    async with serving() as server:
        answer = await server.exchange(GET + b"\r\n", GET + b"Connection: close\r\n\r\n")

    assert answer.count(b"HTTP/1.1 200") == 2


async def test_a_socket_outlives_the_time_for_heads() -> None:
    async with serving(head_seconds=SOON) as server, connect(f"ws://127.0.0.1:{server.port}/graphql") as websocket:
        await server.outwait()
        await websocket.send("hello")

        assert await websocket.recv() == "hello"


WHOLE = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
KNOWN = b'{"data":"known"}'


async def test_a_connection_that_was_answered_at_once_is_closed_when_nothing_more_comes() -> None:
    async with serving(knows_all=True) as server:
        reader, writer = await server.connect()
        for _ in range(7):  # the last three are allowed beforehand
            writer.write(WHOLE)
            answer = await reader.readuntil(b'"}')
        rest = await reader.read()
        writer.close()

    assert answer.endswith(KNOWN)
    assert rest == b""


async def test_a_connection_stays_while_it_is_used() -> None:
    async with serving(knows_all=True) as server:
        reader, writer = await server.connect()
        loop = asyncio.get_running_loop()
        began, answers = loop.time(), []
        while loop.time() < began + 1.5 * KEEP_ALIVE:
            writer.write(WHOLE)
            answers.append(await reader.readuntil(b'"}'))
        writer.close()

    assert sum(answer.endswith(KNOWN) for answer in answers) > len(answers) / 2


async def test_a_known_answer_does_not_overtake_the_one_before_it() -> None:
    async with serving(knows_all=True) as server:
        reader, writer = await server.connect()
        for _ in range(4):
            writer.write(WHOLE)
            await reader.readuntil(b'"}')
        writer.write(b"GET /stream HTTP/1.1\r\nHost: easel\r\n\r\n")
        await reader.readuntil(b"data: first")
        writer.write(WHOLE)
        await server.exchange(WHOLE)
        server.release.set()
        rest = await reader.readuntil(b'"}')
        writer.close()

    assert rest.index(b"data: last") < rest.index(b"HTTP/1.1 200")


REQUEST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
"""Known where all is, and from the second time on by its bytes."""


async def ask(streams: tuple[asyncio.StreamReader, asyncio.StreamWriter], sent: bytes, until: bytes) -> bytes:
    reader, writer = streams
    writer.write(sent)
    return await reader.readuntil(until)


async def test_the_same_bytes_are_answered_again_on_every_connection() -> None:
    async with serving(knows_all=True) as server:
        answers = []
        for _ in range(2):
            streams = await server.connect()
            answers += [await ask(streams, REQUEST, b'"known"}') for _ in range(3)]
            streams[1].close()

    ids = {line for answer in answers for line in answer.split(b"\r\n") if line.startswith(b"x-request-id: ")}
    assert all(answer.startswith(b"HTTP/1.1 200") for answer in answers)
    assert len(ids) == 6


async def test_known_bytes_are_a_body_where_a_body_is_due() -> None:
    head = HEAD + b"Authorization: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(REQUEST)
    async with serving(knows_all=True) as server:
        streams = await server.connect()
        for _ in range(2):
            await ask(streams, REQUEST, b'"known"}')

        told = await ask(streams, head, b"\r\n\r\n")
        answer = await ask(streams, REQUEST, REQUEST)
        after = await ask(streams, REQUEST, b'"known"}')
        streams[1].close()

    assert told.startswith(b"HTTP/1.1 100")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"known" not in answer
    assert after.startswith(b"HTTP/1.1 200")


async def test_known_bytes_are_a_header_where_a_head_has_begun() -> None:
    async with serving(knows_all=True) as server:
        streams = await server.connect()
        for _ in range(2):
            await ask(streams, REQUEST, b'"known"}')

        await ask(streams, REQUEST + b"POST /graphql HTTP/1.1\r\nAuthorization: x\r\nX-Note: ", b'"known"}')
        answer = await ask(streams, REQUEST, BODY)
        streams[1].close()

    assert answer.startswith(b"HTTP/1.1 200")
    assert b"known" not in answer


async def test_two_requests_in_one_piece_are_two_also_when_they_come_again() -> None:
    async with serving(knows_all=True) as server:
        streams = await server.connect()
        for _ in range(3):
            answers = await ask(streams, REQUEST + REQUEST, b'"known"}')
            answers += await streams[0].readuntil(b'"known"}')
            assert answers.count(b"HTTP/1.1 200") == 2
        streams[1].close()


async def test_a_connection_on_which_only_known_bytes_came_is_closed_in_the_end() -> None:
    async with serving(knows_all=True) as server:
        streams = await server.connect()
        await ask(streams, REQUEST, b'"known"}')
        streams[1].close()

        answer = await server.exchange(REQUEST)

    assert answer.endswith(b'"known"}')


async def test_a_socket_outlives_the_wait_for_requests_that_its_connection_began_with() -> None:
    upgrade = (
        b"GET /graphql HTTP/1.1\r\nHost: easel\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    text = b"\x81\x84\x00\x00\x00\x00ping"  # a text frame, masked with zeros
    async with serving() as server:
        streams = await server.connect()
        await ask(streams, GET + b"\r\n", b"\r\n\r\nplain")
        await ask(streams, upgrade, b"\r\n\r\n")

        await server.exchange(GET + b"\r\n")  # closed after the time that an idle connection has
        echoed = await ask(streams, text, b"ping")
        streams[1].close()

    assert echoed == b"\x81\x04ping"
