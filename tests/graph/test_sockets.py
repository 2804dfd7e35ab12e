"""graphql-transport-ws by the letter: every wrong message has its close code, and none is a broken connection."""

from __future__ import annotations

import asyncio
import json
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from graph_client import CORE, subscribe

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from websockets.asyncio.client import ClientConnection

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def opened(easel: Installation, **options: Any) -> AsyncIterator[ClientConnection]:  # noqa: ANN401
    """Open a socket on which nothing has been said."""
    options = {"subprotocols": ["graphql-transport-ws"]} | options
    async with connect(easel.url.replace("http", "ws") + "/graphql", **options) as socket:
        yield socket


async def initialized(socket: ClientConnection, client: GraphClient | None = None) -> None:
    payload = {"authorization": f"Bearer {client.token}"} if client else {}
    await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
    assert json.loads(await socket.recv()) == {"type": "connection_ack"}


async def closed_with(socket: ClientConnection) -> int:
    """Return the code with which the server closes the socket; 1006 where it says nothing."""
    async with asyncio.timeout(10):
        with suppress(ConnectionClosed):
            while True:
                await socket.recv()
    return socket.close_code or 1006


NO_MESSAGES = {
    "no JSON": "{",
    "nothing": "",
    "a number": "1",
    "a list": "[]",
    "null": "null",
    "text": '"connection_init"',
    "NaN": '{"type": "ping", "payload": {"n": NaN}}',
    "an endless number": '{"type": "ping", "payload": {"n": ' + "1" * 5_000 + "}}",
    "deep nesting": "[" * 30_000,
    "deep payload": '{"type": "ping", "payload": ' + '{"a":' * 5_000 + "1" + "}" * 5_001,
    "no type": '{"id": "1"}',
    "an unknown type": '{"type": "start"}',
    "a type that is no text": '{"type": 1}',
    "a type that is a list": '{"type": ["ping"]}',
    "no id": '{"type": "subscribe", "payload": {"query": "{ viewer { id } }"}}',
    "an id that is no text": '{"type": "subscribe", "id": 1, "payload": {"query": "{ viewer { id } }"}}',
    "an empty id": '{"type": "subscribe", "id": "", "payload": {"query": "{ viewer { id } }"}}',
    "completing nothing": '{"type": "complete"}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "a payload that is a list": '{"type": "subscribe", "id": "1", "payload": []}',
    "no query": '{"type": "subscribe", "id": "1", "payload": {}}',
    "a query that is no text": '{"type": "subscribe", "id": "1", "payload": {"query": 1}}',
    "variables that are a list": '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "variables": []}}',
    "a name that is no text": '{"type": "subscribe", "id": "1", "payload": {"query": "{ a }", "operationName": 1}}',
    "a payload that is text": '{"type": "ping", "payload": "x"}',
    "an init that is text": '{"type": "connection_init", "payload": "x"}',
}


@pytest.mark.parametrize("is_initialized", [True, False])
async def test_what_is_no_message_closes_the_socket_as_a_bad_request(
    easel: Installation,
    is_initialized: bool,  # noqa: FBT001
) -> None:
    async def code(message: str | bytes) -> int:
        async with opened(easel) as socket:
            if is_initialized:
                await initialized(socket)
            await socket.send(message)
            return await closed_with(socket)

    codes = await asyncio.gather(*map(code, NO_MESSAGES.values()), code(b'{"type": "ping"}'))

    assert dict(zip([*NO_MESSAGES, "bytes"], codes, strict=True)) == dict.fromkeys([*NO_MESSAGES, "bytes"], 4400)


INIT = json.dumps({"type": "connection_init"})
BREACHES = {
    "silence": ([], 4408),
    "a subscription before the init": ([subscribe("1", "{ viewer { id } }")], 4401),
    "two inits": ([INIT, INIT], 4429),
}


async def test_each_breach_of_the_protocol_has_its_code(easel: Installation) -> None:
    async def code(messages: list[str]) -> int:
        async with opened(easel) as socket:
            for message in messages:
                await socket.send(message)
            return await closed_with(socket)

    codes = await asyncio.gather(*(code(messages) for messages, _ in BREACHES.values()))

    assert dict(zip(BREACHES, codes, strict=True)) == {breach: code for breach, (_, code) in BREACHES.items()}
    async with opened(easel, subprotocols=["graphql-ws"]) as socket:
        assert await closed_with(socket) == 4406


async def test_a_socket_that_is_refused_hears_the_answer_to_its_close(easel: Installation) -> None:
    async with opened(easel) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"authorization": "Bearer x"}}))
        with pytest.raises(ConnectionClosed) as ended:
            await socket.recv()
        await socket.wait_closed()

    assert socket.close_code == 4403
    assert ended.value.__cause__ is None, "a server that leaves the answer unread resets the connection"


async def test_an_id_that_is_in_use_closes_the_socket(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="k", count=1))["job"]["id"]
    async with opened(easel) as socket:
        await initialized(socket, client)
        for _ in range(2):
            await socket.send(subscribe("1", CORE["watch"], jobId=job))
        assert await closed_with(socket) == 4409
    await client.core("cancel", {"jobId": job})
    async for _ in client.watch(job):
        pass


async def test_a_wrong_operation_is_an_error_of_its_own_and_the_others_go_on(easel: Installation) -> None:
    client = await easel.signed_up("speaker")
    async with opened(easel) as socket:
        await initialized(socket, client)
        for query in ("{", "{ nothing }", "{ viewer { handle } } query B { viewer { id } }", "\ud800"):
            await socket.send(subscribe("wrong", query))
            answer = json.loads(await socket.recv())
            assert (answer["type"], answer["id"]) == ("error", "wrong")
            assert answer["payload"][0]["extensions"]["code"] == "BAD_USER_INPUT"

        await socket.send(subscribe("right \ud800 \u202e", "{ viewer { handle } }"))
        assert json.loads(await socket.recv())["payload"] == {
            "data": {"viewer": {"handle": "speaker"}},
            "extensions": {"cost": {"requested": 1, "limit": 5_000}},
        }
        assert json.loads(await socket.recv()) == {"type": "complete", "id": "right \ud800 \u202e"}
        await socket.send(json.dumps({"type": "ping", "payload": {"n": 1}}))
        assert json.loads(await socket.recv()) == {"type": "pong"}


async def test_a_socket_follows_fifty_of_two_hundred_and_goes_on(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="k", count=1, steps=50))["job"]["id"]
    async with opened(easel) as socket:
        await initialized(socket, client)
        for number in range(200):
            await socket.send(subscribe(str(number), CORE["watch"], jobId=job))
        heard: set[str] = set()
        refused: dict[str, str] = {}
        async with asyncio.timeout(20):
            while len(heard) < 50 or len(refused) < 150:
                message = json.loads(await socket.recv())
                if message["type"] == "error":
                    refused[message["id"]] = message["payload"][0]["extensions"]["code"]
                else:
                    assert message["type"] == "next"
                    heard.add(message["id"])
        assert heard == {str(number) for number in range(50)}
        assert refused == {str(number): "RATE_LIMITED" for number in range(50, 200)}

        # and each that is ended leaves room for another, and for no more
        for number in range(3):
            await socket.send(json.dumps({"type": "complete", "id": str(number)}))
        for number in range(200, 204):
            await socket.send(subscribe(str(number), CORE["watch"], jobId=job))
        answers: dict[str, str] = {}
        async with asyncio.timeout(20):
            while len(answers) < 4:
                message = json.loads(await socket.recv())
                if int(message["id"]) >= 200:
                    answers[message["id"]] = message["type"]
        assert answers == {"200": "next", "201": "next", "202": "next", "203": "error"}
    await client.core("cancel", {"jobId": job})
    async for _ in client.watch(job):
        pass


async def test_a_user_has_ten_sockets_also_when_all_come_at_once(easel: Installation) -> None:
    client, other = await easel.signed_up(), await easel.signed_up()
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(opened(easel)) for _ in range(20)]

        async def admitted(socket: ClientConnection) -> bool:
            try:
                await initialized(socket, client)
            except ConnectionClosed:
                return False
            return True

        results = await asyncio.gather(*map(admitted, sockets))
        assert sum(results) == 10
        assert [socket.close_code for socket in sockets] == [None if result else 4403 for result in results]

        # others are not concerned, and who closes one may open one
        async with opened(easel) as socket:
            await initialized(socket, other)
        await sockets[results.index(True)].close()
        async with opened(easel) as socket:
            await initialized(socket, client)
