"""Those who may not, and those who only knock: pages of other origins, other people's jobs, thousands in silence."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import pytest

from conftest import install
from graph_client import CORE, http_client, subscribe
from raw_sockets import CLOSE, FIN, INIT, TEXT, frame, raw
from stream_readers import MULTIPART, opened
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient
    from raw_sockets import RawSocket

pytestmark = pytest.mark.anyio

IDLE: Final = 2_000
"""Sockets that say nothing."""
AT_ONCE: Final = 100
STUDIO: Final = "https://studio.example"
WAYS: Final[dict[str, dict[str, Any]]] = {
    "SSE": {"accept": "text/event-stream", "path": "/graphql/stream"},
    "multipart": {"accept": MULTIPART},
}


async def open_sockets(easel: Installation) -> float:
    """Return how many sockets the API has open."""
    async with http_client() as http:
        lines = (await http.get(f"{easel.url}/metrics")).text.splitlines()
    (count,) = [line.split()[1] for line in lines if line.startswith("easel_websockets_open ")]
    return float(count)


@pytest.fixture
def studio(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    """Run an API that is open to the pages of one origin."""
    installation = install(tmp_path, database_url, redis_url, ALLOWED_ORIGINS=json.dumps([STUDIO]))
    with installation.running("api"):
        yield installation


async def test_a_page_of_another_origin_opens_nothing(studio: Installation) -> None:
    for origin in ("https://evil.example", f"{STUDIO}.evil.example", "http://studio.example", "null"):
        status, refused = await raw(studio.url, Origin=origin)
        rest = await refused.reader.read()
        refused.writer.close()

        assert status == 403, origin
        assert json.loads(rest)["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert await open_sockets(studio) == 0

    for origin in (STUDIO, studio.url):
        status, welcome = await raw(studio.url, Origin=origin)
        welcome.writer.write(frame(INIT))
        assert status == 101, origin
        assert await welcome.receive() == (TEXT, b'{"type":"connection_ack"}')
        welcome.writer.close()


async def test_thousands_who_say_nothing_are_shown_out_and_harm_nobody(easel: Installation) -> None:
    client = await easel.signed_up()
    before = await open_sockets(easel)
    doors = asyncio.Semaphore(AT_ONCE)

    async def knock() -> RawSocket:
        async with doors:
            status, socket = await raw(easel.url)
            assert status == 101
            return socket

    # given many who are let in and say nothing
    sockets = await asyncio.gather(*(knock() for _ in range(IDLE)))

    # then others are answered meanwhile
    async with asyncio.timeout(10):
        assert (await client.core("me"))["id"] == client.viewer_id
        async with client.socket() as socket:
            (data,) = [data async for data in socket.subscribe("{ viewer { id } }", {})]
            assert data["viewer"]["id"] == client.viewer_id

    # and each is told that it was too long, and nothing of them is left
    codes = await asyncio.gather(*map(shown_out, sockets))
    assert codes == [4408] * IDLE
    await until(lambda: has_open(easel, at_most=before))


async def shown_out(socket: RawSocket) -> int:
    """Return the code with which the server closes, and answer it."""
    code = await socket.close_code()
    socket.writer.write(frame(b"", FIN | CLOSE))
    with suppress(ConnectionResetError):  # that was too late
        assert await socket.reader.read() == b""
    socket.writer.close()
    return code


async def has_open(easel: Installation, at_most: float) -> bool:
    return await open_sockets(easel) <= at_most


async def test_somebody_elses_job_is_told_like_one_that_is_not_there(easel: Installation) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    job = (await owner.submit("a cat", key="k", count=1, steps=2))["job"]["id"]
    missing = f"job_{'0' * 31}1"
    answers = {each: await refusals(stranger, each) for each in (job, missing)}

    for way, said in answers[job].items():
        assert b"NOT_FOUND" in said
        assert said.replace(job.encode(), missing.encode()) == answers[missing][way], way
    # and the owner is told of it
    events = [event async for event in owner.watch(job)]
    assert events[-1]["job"]["status"] == "SUCCEEDED"


async def refusals(client: GraphClient, job: str) -> dict[str, bytes]:
    """Return all that a client is told which wants to watch a job, byte by byte, by each protocol."""
    said = {}
    for way, options in WAYS.items():
        async with opened(client, CORE["watch"], {"jobId": job}, **options) as response:
            said[way] = await response.aread()
    async with client.socket() as socket:
        await socket.websocket.send(subscribe("1", CORE["watch"], jobId=job))
        said["WebSocket"] = b"".join([await socket.websocket.recv(decode=False) for _ in range(2)])
    return said
