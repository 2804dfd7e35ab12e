"""What a hostile or hasty client may send: piles of marks, a body after its refusal, an operation that is not there."""

from __future__ import annotations

import asyncio
import json
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from httpx2 import ASGITransport, AsyncClient
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs
from websockets.exceptions import ConnectionClosed

from adapters.throttle import LocalThrottle
from app.edge.rates import RequestCounts
from app.edge.stack import Edge, EdgeOptions, Guarded
from app.metrics import Metrics
from domain import accounts, galleries, publishing
from domain.accounts import Profile, normal_email
from domain.errors import InvalidInput
from domain.hashtags import checked_tags
from domain.publishing import Publication
from domain.texts import clean
from graph_client import http_client
from stored import new_asset, sql

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from conftest import Installation
    from workshop import Workshop

pytestmark = pytest.mark.anyio

PILES = ["\u0301" * 60_000 + "\u0316" * 60_000, "x" + "\u0301\u0316" * 1_000, "\u0f73" * 2_500]
"""Marks that are to be put in order by a sort of quadratic time; the first would take most of a minute."""


@pytest.mark.parametrize("pile", PILES)
def test_piles_of_marks_are_refused_before_they_are_put_in_order(pile: str) -> None:
    began = time.process_time()
    with pytest.raises(InvalidInput):
        clean(pile, ("input", "prompt"), maximum=2_000)
    with pytest.raises(InvalidInput):
        checked_tags([pile])
    assert normal_email(f" {pile} ") == pile
    assert time.process_time() - began < 1


@pytest.mark.parametrize("text", ["สวัสดีปีใหม่ที่รัก", "हिन्दी क्षत्रिय", "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢", "Tiê\u0301ng Viê\u0323t"])
def test_marks_as_people_write_them_are_kept(text: str) -> None:
    assert clean(text, ("input", "prompt"), maximum=100)


async def test_a_connection_that_closes_says_so(easel: Installation) -> None:
    address = urlsplit(easel.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    head = "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\n"
    writer.write(head.encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert answer.startswith("http/1.1 415")
    assert "connection: close" in answer
    writer.close()


async def test_a_connection_whose_body_was_read_stays(easel: Installation) -> None:
    async with http_client() as http:
        headers = {"content-type": "application/json"}
        answer = await http.post(f"{easel.url}/graphql", content='{"query": "{ nope }"}', headers=headers)
    assert "connection" not in answer.headers


@pytest.mark.parametrize("path", ["/graphql", "/graphql/stream"])
async def test_a_stream_of_an_operation_that_is_not_there_ends_properly(easel: Installation, path: str) -> None:
    body: dict[str, Any] = {"query": "query A { __typename }", "operationName": "B"}
    headers = {"content-type": "application/json", "accept": "multipart/mixed;subscriptionSpec=1.0"}
    async with http_client() as http:
        answer = await http.post(f"{easel.url}{path}", content=json.dumps(body), headers=headers)
    assert answer.text.endswith("--\r\n" if path == "/graphql" else "event: complete\r\ndata: \r\n\r\n")
    assert "INTERNAL" not in answer.text


async def test_a_new_avatar_and_a_publication_do_not_lock_each_other_out(shop: Workshop) -> None:
    author = await shop.user()
    asset = UUID(new_asset(shop.database_url, f"user_{author.hex}").partition("_")[2])

    async def publish() -> None:
        async with shop.db.write() as tx:
            await publishing.publish(tx, author, Publication((asset,), "x"))

    async with shop.db.write() as tx:
        await galleries.set_avatar(tx, author, asset)
        await publish()  # nobody waits for the author's row
        await accounts.update_profile(tx, author, Profile(display_name="Yuna"))
    assert sql(shop.database_url, "SELECT count(*) FROM artworks") == [(1,)]


async def test_a_message_without_a_document_closes_the_socket_as_any_that_is_none_does(easel: Installation) -> None:
    async with easel.client().socket() as socket:
        await socket.websocket.send('{"type": "subscribe", "id": "1", "payload": {"query": ""}}')
        with pytest.raises(ConnectionClosed) as closed:
            await socket.websocket.recv()
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 4400


def guarded(page: ASGIApp, options: EdgeOptions | None = None) -> ASGIApp:
    counts, metrics = RequestCounts(LocalThrottle()), Metrics(CollectorRegistry())
    return Edge(Guarded(page, page), options or EdgeOptions(), counts, lambda _scope: None, metrics)


async def test_a_path_can_not_move_the_cursor_of_the_terminal_that_shows_it() -> None:
    async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": HTTPStatus.FORBIDDEN, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app = guarded(page)
    with capture_logs() as lines:
        async with AsyncClient(transport=ASGITransport(app), base_url="http://easel.example") as http:
            await http.get("/%1b%5b2J%00%e2%80%ae한글")
    (line,) = (line for line in lines if line["event"] == "request")
    assert (line["path"], str(line["status"])) == ("/\ufffd[2J\ufffd\ufffd한글", "403")


async def test_a_late_answer_does_not_wait_for_what_can_not_be_cancelled_at_once() -> None:
    told = asyncio.Event()
    statuses: list[int] = []

    async def page(_scope: Scope, _receive: Receive, _send: Send) -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await told.wait()  # as psycopg waits for a server that hangs

    async def send(message: Message) -> None:
        statuses.extend([message["status"]] if "status" in message else [])
        if message["type"] == "http.response.body":
            told.set()

    async def receive() -> Message:
        return {"type": "http.request"}

    async with asyncio.timeout(5):
        scope = {"type": "http", "method": "GET", "path": "/graphql", "query_string": b"", "headers": []}
        await guarded(page, EdgeOptions(answer_seconds=0.05))(scope, receive, send)
    assert statuses == [504]
