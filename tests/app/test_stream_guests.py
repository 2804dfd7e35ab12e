"""Guests of a host in this process: who leaves while something is looked up for them, and who takes nothing."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import psycopg
import pytest
import uvicorn
from websockets.asyncio.client import connect
from websockets.protocol import State
from websockets.typing import Subprotocol

from app.asgi import create_host
from app.edge.protocol import guarded_protocol
from app.settings import Settings
from app.streams.conversation import PROTOCOL
from app.streams.http import HttpListener, ServerSentEvents
from app.streams.socket import SLOW_S, StreamSocket, stream_socket
from conftest import install
from domain.errors import Unauthenticated
from graph_client import CORE, GraphClient
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from websockets.asyncio.client import ClientConnection

    from app.streams.host import Host

pytestmark = pytest.mark.anyio

FIN, TEXT, CONTINUED, PING = 0x80, 0x1, 0x0, 0x9
INIT = b'{"type":"connection_init"}'


def frame(content: bytes, head: int = FIN | TEXT) -> bytes:
    """Return a short frame as a client sends it, masked with zeros (RFC 6455, 5.2)."""
    return bytes((head, 0x80 | len(content))) + b"\0\0\0\0" + content


def watching(job: str) -> str:
    subscription = {"query": CORE["watch"], "variables": {"jobId": job}}
    return json.dumps({"type": "subscribe", "id": "1", "payload": subscription})


async def shake_hands(client: socket.socket) -> None:
    key = base64.b64encode(os.urandom(16)).decode()
    fields = f"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
    head = f"GET /graphql HTTP/1.1\r\nHost: x\r\n{fields}Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(client, head.encode())
    assert (await loop.sock_recv(client, 1_000)).startswith(b"HTTP/1.1 101")


class Served:
    """A host that serves, as the API does."""

    def __init__(self, host: Host, url: str) -> None:
        self.host = host
        self.url = url

    async def signed_up(self) -> GraphClient:
        client = GraphClient(self.url)
        account = {"email": "ann@easel.example", "password": "correct horse", "handle": "ann", "displayName": "Ann"}
        client.token = (await client.core("sign-up", account))["session"]["accessToken"]
        return client

    @asynccontextmanager
    async def following(self) -> AsyncIterator[tuple[GraphClient, ClientConnection]]:
        """Sign up, and open a socket for that user."""
        client, url = await self.signed_up(), self.url.replace("http", "ws") + "/graphql"
        async with connect(url, subprotocols=[Subprotocol(PROTOCOL)]) as socket:
            payload = {"authorization": f"Bearer {client.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
            yield client, socket

    def guest(self) -> StreamSocket:
        """Return the only socket."""
        (guest,) = self.host._guests
        assert isinstance(guest, StreamSocket)
        return guest

    @asynccontextmanager
    async def connected(self, receive_bytes: int = 0) -> AsyncIterator[socket.socket]:
        """Connect; nothing is read that the test does not read, and the system keeps about ``receive_bytes``."""
        host, _, port = self.url.removeprefix("http://").partition(":")
        with socket.socket() as client:
            if receive_bytes:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
            client.setblocking(False)
            await asyncio.get_running_loop().sock_connect(client, (host, int(port)))
            yield client


@asynccontextmanager
async def served(
    database_url: str,
    redis_url: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    send_bytes: int = 0,
    slow_s: float = SLOW_S,
) -> AsyncIterator[Served]:
    """Serve on a port of its own.

    The system takes at most about ``send_bytes`` to be sent on each connection; a request's client may take nothing of
    its answer for ``slow_s``.
    """
    for name, value in install(folder, database_url, redis_url).environment.items():
        monkeypatch.setenv(name, value)
    host = create_host(Settings())
    listener = socket.create_server(("127.0.0.1", 0))
    if send_bytes:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_bytes)
    protocol = guarded_protocol(10, 16 * 1024)
    protocol.slow_seconds = slow_s
    config = uvicorn.Config(
        host.edge, http=protocol, ws=stream_socket(host), log_config=None, access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with asyncio.timeout(30):
            await until(lambda: server.started)
            yield Served(host, f"http://127.0.0.1:{listener.getsockname()[1]}")
    finally:
        server.should_exit = True
        await serving


async def test_who_is_signed_out_while_a_stream_begins_follows_nothing(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        served(spare_database_url, spare_redis_url, tmp_path, monkeypatch) as easel,
        easel.following() as (client, socket),
    ):
        job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]

        # given a stream about which rows can not be read yet
        with psycopg.connect(spare_database_url) as other:
            other.execute("LOCK TABLE generation_jobs")
            await socket.send(watching(job))
            await until(lambda: lock_waits(spare_database_url))

            # when its viewer may see no more
            conversation = easel.guest()._conversation
            assert conversation
            task = conversation.listeners["1"].task
            assert task
            easel.guest().expire(Unauthenticated("The session has ended."))
            other.rollback()

        # then it is not followed once they can
        assert json.loads(await socket.recv())["type"] == "error"
        await asyncio.wait({task})
        assert not list(easel.host.operations.followed())
        assert not list(easel.host.operations.topics)


async def test_the_end_is_told_from_rows_only_where_no_event_says_so_for_a_while(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.streams.host.EVERY_S", 1_000.0)  # the test looks after them itself
    async with (
        served(spare_database_url, spare_redis_url, tmp_path, monkeypatch) as easel,
        easel.following() as (client, socket),
    ):
        # given somebody who watches a job that has ended, of which no relay tells
        job = (await client.submit("a cat", key="k", count=1, ratio="1:1", steps=1))["job"]["id"]
        await socket.send(watching(job))
        assert json.loads(await socket.recv())["type"] == "next"
        await client.core("cancel", {"jobId": job})

        # when all are looked after once
        operations = easel.host.operations
        await easel.host._tend_streams([*operations.followed()])

        # then the event may still be on its way, but not for ever
        assert not any(topic.is_over for topic in operations.topics)
        await easel.host._tend_streams([*operations.followed()])
        messages = [json.loads(await socket.recv()) for _ in range(3)]
        events = [message["payload"]["data"]["generationJobEvents"]["__typename"] for message in messages[:2]]
        assert events == ["GenerationSnapshot", "GenerationCompleted"]
        assert messages[2] == {"id": "1", "type": "complete"}


async def test_a_socket_that_failed_and_takes_nothing_is_given_up(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        served(spare_database_url, spare_redis_url, tmp_path, monkeypatch, send_bytes=4_096) as easel,
        easel.connected(receive_bytes=4_096) as raw,
    ):
        await shake_hands(raw)
        # given a client that reads nothing, and at once asks for more than can be sent and sends what is no frame
        sent = frame(b"x" * 125, FIN | PING) * 800 + frame(b"", FIN | 3)
        assert raw.send(sent) == len(sent)
        guest = easel.guest()
        await until(lambda: guest.is_paused)
        assert guest._protocol
        assert guest._protocol.state is State.CLOSING

        # when it takes nothing for long
        guest.tend(asyncio.get_running_loop().time() + SLOW_S + 1)

        # then the connection ends all the same
        await until(lambda: not easel.host._guests)


async def test_a_stream_over_http_whose_client_takes_nothing_is_cut_off(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        served(spare_database_url, spare_redis_url, tmp_path, monkeypatch, send_bytes=4_096, slow_s=0.1) as easel,
        easel.connected(receive_bytes=4_096) as raw,
    ):
        # given somebody who follows a stream and reads nothing of it
        path = "/graphql/stream?query=subscription%7BfeedEvents(kind:LATEST)%7B__typename%7D%7D"
        await asyncio.get_running_loop().sock_sendall(raw, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await until(lambda: list(easel.host.operations.followed()))
        (listener,) = easel.host._guests
        assert isinstance(listener, HttpListener)

        # when more is told than can be sent
        listener.next(b'"' + b"x" * 1_000_000 + b'"', None)

        # then the connection ends, and nothing is followed
        await until(lambda: not easel.host._guests)
        assert not list(easel.host.operations.followed())


async def test_guests_are_asked_to_come_back_once_however_many_connections_end(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path, monkeypatch) as easel:
        first, late = Leaving(easel.host), Leaving(easel.host)
        easel.host.entered(first)
        for _ in range(3):
            easel.host.shutdown()
        easel.host.entered(late)
        easel.host.shutdown()
        assert (first.asked, late.asked) == (1, 1)


class Leaving(HttpListener):
    """A stream that counts how often it was asked to come back."""

    def __init__(self, host: Host) -> None:
        super().__init__(ServerSentEvents(), host.context({"type": "http", "headers": []}), None)
        self.asked = 0

    def shutdown(self) -> None:
        self.asked += 1
        super().shutdown()


async def test_empty_parts_of_a_message_take_no_memory(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(spare_database_url, spare_redis_url, tmp_path, monkeypatch) as easel, easel.connected() as raw:
        loop = asyncio.get_running_loop()
        await shake_hands(raw)
        await loop.sock_sendall(raw, frame(INIT[:1], TEXT) + frame(b"", CONTINUED) * 1_000 + frame(b"", FIN | PING))
        assert await loop.sock_recv(raw, 100) == b"\x8a\0"
        assert easel.guest()._parts == [INIT[:1]]

        await loop.sock_sendall(raw, frame(INIT[1:], FIN | CONTINUED))
        assert (await loop.sock_recv(raw, 100))[2:] == b'{"type":"connection_ack"}'


def lock_waits(database_url: str) -> int:
    """Return how many statements wait for another transaction."""
    ((count,),) = sql(database_url, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    return int(count)
