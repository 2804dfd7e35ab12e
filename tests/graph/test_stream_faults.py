"""Streams whose clients or servers misbehave on the wire: frames that are none, clients that come back, a server that
stops."""

from __future__ import annotations

import asyncio
import json
import signal
from typing import TYPE_CHECKING

import pytest
from websockets.asyncio.client import connect

from conftest import install
from graph_client import CORE, http_client, subscribe
from raw_sockets import CONTINUED, FIN, INIT, PING, TEXT, frame, raw
from stream_readers import beginning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation

pytestmark = pytest.mark.anyio

BAD = {
    "an unmasked frame": ([frame(INIT, is_masked=False)], 1002),
    "a reserved bit": ([frame(INIT, FIN | 0x40 | TEXT)], 1002),
    "a reserved opcode": ([frame(INIT, FIN | 0x3)], 1002),
    "a continuation of nothing": ([frame(INIT, FIN | CONTINUED)], 1002),
    "a ping in parts": ([frame(b"", PING)], 1002),
    "a long ping": ([frame(b"x" * 126, FIN | PING)], 1002),
    "no UTF-8": ([frame(b"\xff\xfe")], 1007),
    "over 64 KiB": ([frame(INIT), frame(b" " * (64 * 1024 + 1))], 1009),
    "over 64 KiB in parts": ([frame(b" " * 40_000, TEXT), frame(b" " * 40_000, CONTINUED)], 1009),
    "a promise of a gigabyte": ([bytes((FIN | TEXT, 0xFF)) + (1 << 30).to_bytes(8, "big")], 1009),
    "over 1 MiB": ([frame(b" " * (1024 * 1024 + 1))], 1009),
}


async def test_each_bad_frame_has_its_close_code_and_harms_nobody(easel: Installation) -> None:
    _, other = await raw(easel.url)
    other.writer.write(frame(INIT))
    assert await other.receive() == (TEXT, b'{"type":"connection_ack"}')

    async def code(frames: list[bytes]) -> int:
        status, socket = await raw(easel.url)
        assert status == 101
        socket.writer.write(b"".join(frames))
        try:
            return await socket.close_code()
        finally:
            socket.writer.close()

    codes = await asyncio.gather(*(code(frames) for frames, _ in BAD.values()))

    assert dict(zip(BAD, codes, strict=True)) == {name: code for name, (_, code) in BAD.items()}
    other.writer.write(frame(b'{"type":"ping"}'))
    assert await other.receive() == (TEXT, b'{"type":"pong"}')
    other.writer.close()


async def test_a_socket_is_told_its_request_id_and_there_is_none_elsewhere(easel: Installation) -> None:
    url = easel.url.replace("http", "ws") + "/graphql"
    options = {"subprotocols": ["graphql-transport-ws"], "additional_headers": {"X-Request-Id": "socket-1"}}
    async with connect(url, **options) as socket:  # type: ignore[arg-type]  # of one type each
        assert socket.response
        assert socket.response.headers["X-Request-Id"] == "socket-1"

    for path in ("/graphql/stream", "/healthz", "/nothing"):
        status, refused = await raw(easel.url, path)
        assert status == 404
        refused.writer.close()


async def test_server_sent_events_have_their_cursors_as_ids_and_go_on_after_the_last(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat", key="k", count=1, steps=2))["job"]["id"]

    async def told(last: str | None) -> list[tuple[str, dict[str, object]]]:
        """Return the id and the event of each message."""
        headers = client.headers | {"accept": "text/event-stream"} | ({"last-event-id": last} if last else {})
        body = {"query": CORE["watch"], "variables": {"jobId": job}}
        async with http_client() as http:
            response = await http.post(client.url + "/graphql/stream", json=body, headers=headers)
        found, key = [], ""
        for line in response.text.splitlines():
            name, _, value = line.partition(": ")
            key = value if name == "id" else key
            if name == "data" and value:
                found.append((key, json.loads(value)["data"]["generationJobEvents"]))
        return found

    whole = await told(beginning(job))
    assert whole[-1][1]["__typename"] == "GenerationCompleted"
    assert [key for key, _ in whole] == [event["cursor"] for _, event in whole]

    for number, (key, _) in enumerate(whole[1:-1], 1):
        (_, snapshot), *rest = await told(key)
        assert snapshot["__typename"] == "GenerationSnapshot"
        assert rest == whole[number + 1 :]


@pytest.fixture
def api(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    installation = install(tmp_path, database_url, redis_url)
    with installation.running("api"):
        yield installation


async def test_a_server_that_stops_asks_all_to_come_back_and_ends_in_time(api: Installation) -> None:
    client = await api.signed_up()
    job = (await client.submit("a cat", key="k", count=1))["job"]["id"]
    async with client.socket() as socket:
        await socket.websocket.send(subscribe("1", CORE["watch"], jobId=job))
        await socket.websocket.recv()

        stopping = asyncio.create_task(asyncio.to_thread(api.processes["api"].stop))
        async with asyncio.timeout(10):
            await socket.websocket.wait_closed()

        assert socket.websocket.close_code == 1012
    assert await stopping == -signal.SIGTERM  # which uvicorn sends itself when it has stopped in good order
