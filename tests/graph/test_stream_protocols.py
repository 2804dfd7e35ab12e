"""One subscription, four ways to be told: WebSocket, server-sent events at two paths, multipart. Or why not."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from graph_client import CORE, http_client
from stream_readers import MULTIPART, beginning, opened, parts, server_sent

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import httpx2

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

EVENTS = "text/event-stream"
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
COST_OF_ONE = {"extensions": {"cost": {"requested": 1, "limit": 5_000}}}
WAYS = {
    "SSE": {"accept": EVENTS, "path": "/graphql/stream"},
    "SSE by GET": {"accept": EVENTS, "path": "/graphql/stream", "method": "GET"},
    "SSE, whatever is accepted": {"accept": "*/*", "path": "/graphql/stream"},
    "SSE at /graphql": {"accept": EVENTS},
    "SSE preferred": {"accept": "application/json;q=0.5, text/event-stream"},
    "multipart": {"accept": MULTIPART},
    "multipart by GET": {"accept": MULTIPART, "method": "GET"},
    "multipart, quoted": {"accept": 'multipart/mixed; boundary="graphql"; subscriptionSpec="1.0", application/json'},
}


def read(response: httpx2.Response) -> AsyncGenerator[dict[str, Any], None]:
    is_multipart = response.headers["content-type"].startswith("multipart/")
    return parts(response) if is_multipart else server_sent(response)


async def all_of(client: GraphClient, query: str, variables: dict[str, Any], way: str) -> list[dict[str, Any]]:
    async with opened(client, query, variables, **WAYS[way]) as response:
        assert response.status_code == 200
        assert "no-transform" in response.headers["cache-control"]
        return [result async for result in read(response)]


async def test_all_ways_tell_the_same_as_it_happens(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #slow #fail:1", key="k", count=2, steps=2))["job"]["id"]

    async def by_socket() -> list[dict[str, Any]]:
        return [event async for event in client.watch(job, beginning(job))]

    async def by(way: str) -> list[dict[str, Any]]:
        results = await all_of(client, CORE["watch"], {"jobId": job, "after": beginning(job)}, way)
        assert all(set(result) == {"data"} for result in results)
        return [result["data"]["generationJobEvents"] for result in results]

    told, *others = await asyncio.gather(by_socket(), *map(by, WAYS))

    assert told[-1]["__typename"] == "GenerationCompleted"
    for way, events in zip(WAYS, others, strict=True):
        assert events[0]["__typename"] == "GenerationSnapshot", way
        assert events[1:] == told[1:], way


@pytest.mark.parametrize("way", WAYS)
async def test_streams_ask_who_you_are(easel: Installation, way: str) -> None:
    for client in (easel.client(), easel.client("no token")):
        (result,) = await all_of(client, CORE["watch"], {"jobId": "job_0"}, way)
        assert result["data"] is None
        assert [error["extensions"]["code"] for error in result["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("way", WAYS)
async def test_an_operation_that_can_not_be_is_told_in_the_stream(easel: Installation, way: str) -> None:
    client = await easel.signed_up()
    wrong = {
        "subscription { nothing }": "BAD_USER_INPUT",
        "subscription {": "BAD_USER_INPUT",
        CORE["watch"]: "NOT_FOUND",
    }
    for query, code in wrong.items():
        (result,) = await all_of(client, query, {"jobId": "job_0"} if query == CORE["watch"] else {}, way)
        assert [error["extensions"]["code"] for error in result["errors"]] == [code]


async def test_server_sent_events_serve_queries_too_and_mutations_by_post_alone(easel: Installation) -> None:
    client = await easel.signed_up("reader")
    (result,) = await all_of(client, "{ viewer { handle } }", {}, "SSE by GET")
    assert result == {"data": {"viewer": {"handle": "reader"}}} | COST_OF_ONE

    mutation = "mutation { signOut(input: {}) { __typename } }"
    (refused,) = await all_of(client, mutation, {}, "SSE by GET")
    assert refused["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    (done,) = await all_of(client, mutation, {}, "SSE")
    assert done["data"]["signOut"]["__typename"] == "SignOutSuccess"


async def test_multipart_is_for_subscriptions_alone(easel: Installation) -> None:
    (result,) = await all_of(easel.client(), "{ viewer { id } }", {}, "multipart")
    assert [error["extensions"]["code"] for error in result["errors"]] == ["BAD_USER_INPUT"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("application/json", "application/json"),
        ("*/*", "application/json"),
        (URQL, "application/graphql-response+json"),
        ("application/json, text/event-stream;q=0.9, multipart/mixed;subscriptionSpec=1.0;q=0.8", "application/json"),
        ("multipart/mixed", "application/json"),
        ("", "application/json"),
    ],
)
async def test_who_prefers_a_plain_answer_gets_one(easel: Installation, accept: str, content_type: str) -> None:
    client = await easel.signed_up("plain")
    for method in ("POST", "GET"):
        async with opened(client, "{ viewer { handle } }", {}, accept=accept, method=method) as response:
            await response.aread()
            assert response.headers["content-type"] == content_type
            assert response.json() == {"data": {"viewer": {"handle": "plain"}}} | COST_OF_ONE

        # and of a subscription, how to ask for it
        async with opened(client, CORE["watch"], {"jobId": "job_0"}, accept=accept, method=method) as response:
            await response.aread()
            assert response.status_code == 400
            (error,) = response.json()["errors"]
            assert error["extensions"]["code"] == "BAD_USER_INPUT"
            assert "graphql-transport-ws" in error["message"]
            assert "/graphql/stream" in error["message"]


async def test_a_stream_is_alive_while_nothing_happens(easel: Installation) -> None:
    client = await easel.signed_up()
    running = (await client.submit("a cat #slow", key="1", count=1, steps=50))["job"]["id"]
    job = (await client.submit("a cat", key="2", count=1))["job"]["id"]
    async with opened(client, CORE["watch"], {"jobId": job}, accept=MULTIPART) as response:
        text = ""
        async with asyncio.timeout(10):
            async for chunk in response.aiter_text():
                text += chunk
                if text.count("\r\n{}\r\n--graphql") == 2:
                    break
    assert json.loads(text.split("\r\n\r\n")[2].partition("\r\n--graphql")[0])["payload"]["data"]
    for key in (job, running):
        await client.core("cancel", {"jobId": key})
    async for _ in client.watch(running):
        pass


async def test_a_browser_of_another_origin_may_stream(easel: Installation) -> None:
    async with http_client() as http:
        preflight = await http.request(
            "OPTIONS",
            f"{easel.url}/graphql/stream",
            headers={
                "origin": "https://app.example",
                "access-control-request-method": "POST",
                "access-control-request-headers": "authorization,content-type",
            },
        )
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] in {"*", "https://app.example"}
