"""Tokens that end in mid-stream: a last error and a close, by each protocol, and no silence."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jwt
import pytest

from domain.tokens import AccessTokens
from graph_client import CORE, subscribe
from stream_readers import MULTIPART, opened, parts, server_sent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio


def brief(easel: Installation, client: GraphClient) -> GraphClient:
    """Return the same client with a token of its session that has two seconds to live."""
    claims = jwt.decode(client.token or "", options={"verify_signature": False})
    key = (Path(easel.environment["EASEL_HOME"]) / "keys" / "token.pem").read_bytes()
    tokens = AccessTokens([key], claims["iss"], timedelta(seconds=2))
    return easel.client(tokens.issue(UUID(claims["sub"]), UUID(claims["sid"])).text)


async def by_socket(client: GraphClient, job: str) -> list[dict[str, Any]]:
    """Return the results of two subscriptions on one socket, which is then closed as unauthorized."""
    results: list[dict[str, Any]] = []
    async with client.socket() as socket:
        for key in ("a", "b"):
            await socket.websocket.send(subscribe(key, CORE["watch"], jobId=job))
        ends: list[str] = []
        while len(ends) < 2:
            message = json.loads(await socket.websocket.recv())
            if message["type"] == "error":
                ends.append(message["id"])
                results.append({"errors": message["payload"]})
            else:
                assert message["id"] not in ends
                results.append(message["payload"])
        await socket.websocket.wait_closed()
    assert sorted(ends) == ["a", "b"]
    assert (socket.websocket.close_code, socket.websocket.close_reason) == (4401, "The token has expired.")
    return results


async def by_server_sent(client: GraphClient, job: str) -> list[dict[str, Any]]:
    async with opened(client, CORE["watch"], {"jobId": job}, accept="text/event-stream") as response:
        return await whole(server_sent(response))


async def by_parts(client: GraphClient, job: str) -> list[dict[str, Any]]:
    async with opened(client, CORE["watch"], {"jobId": job}, accept=MULTIPART) as response:
        return await whole(parts(response))


async def whole(results: AsyncGenerator[dict[str, Any], None]) -> list[dict[str, Any]]:
    """Return the results of a stream that ends in good order."""
    return [result async for result in results]


async def test_a_token_that_ends_in_mid_stream_is_told_and_the_stream_is_closed(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow", key="k", count=1, steps=50))["job"]["id"]
    watching = brief(easel, client)

    async with asyncio.timeout(15):
        told = await asyncio.gather(*(way(watching, job) for way in (by_socket, by_server_sent, by_parts)))

    for results, streams in zip(told, (2, 1, 1), strict=True):
        assert results[0]["data"]["generationJobEvents"]["__typename"] == "GenerationSnapshot"
        for last in results[-streams:]:
            assert not last.get("data")
            (error,) = last["errors"]
            assert error == {"message": "The token has expired.", "extensions": {"code": "UNAUTHENTICATED"}}
        assert not any("errors" in result for result in results[:-streams])

    # and the session goes on: with another token, so does the stream
    await client.core("cancel", {"jobId": job})
    events = [event async for event in client.watch(job)]
    assert events[-1]["job"]["status"] == "CANCELED"
