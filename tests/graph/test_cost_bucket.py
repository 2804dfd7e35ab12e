"""The leaky bucket of cost: what it holds is spent by HTTP and sockets alike, and told by `rateLimit`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from conftest import install
from graph_client import CORE, StreamError, http_client
from stored import sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation

pytestmark = pytest.mark.anyio
LEVEL = "{ rateLimit { limit remaining refillPerSecond resetsAt } }"
FEED = "{ feed(first: 100) { nodes { author { id } } } }"
"""It costs 200."""


@pytest.fixture
def sparing(database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Installation]:
    """Run an API that allows 500 at once; within a test next to nothing of it comes back."""
    installation = install(tmp_path, database_url, redis_url, COST_BUCKET="500", COST_REFILL="1", OPERATION_COST="450")
    with installation.running("api"):
        yield installation


async def test_what_operations_cost_is_told_and_taken_from_the_bucket(sparing: Installation) -> None:
    client = await sparing.signed_up()
    before = (await client.data(LEVEL))["rateLimit"]
    assert (before["limit"], before["refillPerSecond"]) == (500, 1)

    answer = await client.post(FEED)

    assert answer["extensions"] == {"cost": {"requested": 200, "limit": 450}}
    after = (await client.data(LEVEL))["rateLimit"]
    # less what came back meanwhile: one in a second
    assert 180 <= before["remaining"] - after["remaining"] <= 201
    assert before["resetsAt"] < after["resetsAt"]


async def test_a_bucket_that_is_empty_refuses_everywhere_and_nothing_is_written(
    sparing: Installation, database_url: str
) -> None:
    client, other = await sparing.signed_up(), await sparing.signed_up()
    for _ in range(2):
        assert "errors" not in await client.post(FEED)

    async with http_client() as http:
        content = json.dumps({"query": FEED})
        headers = client.headers | {"content-type": "application/json"}
        refused = await http.post(f"{sparing.url}/graphql", content=content, headers=headers)

    (error,) = refused.json()["errors"]
    assert refused.status_code == 429
    extensions = error["extensions"]
    assert (extensions["code"], extensions["cost"]) == ("RATE_LIMITED", 200)
    assert 90 <= extensions["available"] < 110
    assert 90 <= extensions["retryAfterSeconds"] <= 110
    assert refused.headers["retry-after"] == str(extensions["retryAfterSeconds"])
    # on a socket too, for a query as for the beginning of a stream
    async with client.socket() as socket:
        with pytest.raises(StreamError) as on_socket:
            _ = [data async for data in socket.subscribe(FEED, {})]
    assert on_socket.value.code == "RATE_LIMITED"
    while (await client.post("{ viewer { id } }")).get("data"):
        pass
    with pytest.raises(StreamError) as of_stream:
        _ = [event async for event in client.watch("job_0")]
    assert of_stream.value.code == "RATE_LIMITED"
    mutation = await client.post(CORE["submit"], {"input": {"prompt": "cat", "idempotencyKey": "k"}})
    assert mutation["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert sql(database_url, "SELECT count(*) FROM generation_jobs") == [(0,)]
    # and nobody else pays for it
    assert "errors" not in await other.post(FEED)
    assert "errors" not in await sparing.client().post(FEED)


async def test_an_operation_dearer_than_allowed_is_refused_and_takes_nothing(sparing: Installation) -> None:
    client = await sparing.signed_up()

    answer = await client.post("{ feed(first: 100) { nodes { author { id } comments { nodes { id } } } } }")

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "COST_LIMIT", "measure": "cost", "limit": 450, "count": 2_200}
    assert "extensions" not in answer
    assert (await client.data(LEVEL))["rateLimit"]["remaining"] >= 490


async def test_a_planned_query_costs_what_its_list_is_long_now(easel: Installation) -> None:
    # given a query that is planned, asked with one id and with a list
    client = await easel.signed_up()
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    costs = []
    for length in (1, 1, 1, 50, 100, 2):
        answer = await client.post(query, {"ids": [client.viewer_id] * length})
        assert len(answer["data"]["nodes"]) == length
        costs.append(answer["extensions"]["cost"]["requested"])

    # then each pays for what it asks
    assert costs == [1, 1, 1, 50, 100, 2]


async def test_a_list_that_is_too_costly_is_refused_though_a_short_one_was_planned(sparing: Installation) -> None:
    client = await sparing.signed_up()
    query = """query($ids: [ID!]!) { nodes(ids: $ids) { ... on Artwork { comments(first: 10) { nodes { id } } } } }"""
    for length, is_refused in ((1, False), (1, False), (1, False), (100, True), (1, False)):
        answer = await client.post(query, {"ids": ["x"] * length})
        assert ("errors" in answer) is is_refused
