"""Quotes: what a job would come to, told without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import install
from preset_client import saved
from stored import new_asset, new_worker, row_counts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

QUOTE = """query Quote($input: SubmitGenerationInput!) {
  generationQuote(input: $input) {
    __typename
    ... on GenerationQuote {
      pricePerImage totalPrice availableCredits width height position etaSeconds etaConfidence
      allowance { used limit remaining } warnings { code }
    }
    ... on UserError { code path }
  }
}"""


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, spare_postgres: EmbeddedServer, spare_valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an API that nothing paints for."""
    folder = tmp_path_factory.mktemp("still")
    with install(folder, spare_postgres.url, spare_valkey.url, DAILY_IMAGES="24").running("api") as installation:
        yield installation


@pytest.fixture
def still(api: Installation, spare_database_url: str, spare_redis_url: str) -> Installation:  # noqa: ARG001
    """Return that API when nobody has used it yet."""
    return api


async def quoted(client: GraphClient, **wanted: Any) -> dict[str, Any]:  # noqa: ANN401
    told: dict[str, Any] = (await client.data(QUOTE, {"input": {"idempotencyKey": "k", **wanted}}))["generationQuote"]
    return told


async def test_a_quote_says_what_then_happens_and_writes_nothing(still: Installation, spare_database_url: str) -> None:
    new_worker(spare_database_url)
    client, other = await still.signed_up(), await still.signed_up()
    await client.submit("x", "0", count=8)
    await other.submit("x", "0", count=1)
    before = row_counts(spare_database_url)

    quote = await quoted(client, prompt="a cat", count=3, ratio="1:1")

    assert row_counts(spare_database_url) == before
    assert quote == {
        "__typename": "GenerationQuote",
        "pricePerImage": 1,
        "totalPrice": 3,
        "availableCredits": 92,
        "width": 1024,
        "height": 1024,
        "position": 3,
        "etaSeconds": None,
        "etaConfidence": None,
        "allowance": {"used": 8, "limit": 24, "remaining": 16},
        "warnings": [],
    }
    job = (await client.submit("a cat", "k", count=3, ratio="1:1"))["job"]
    assert (job["cost"], job["queue"]["position"]) == (3, 3)


async def test_a_quote_refuses_as_the_submit_would(still: Installation, spare_database_url: str) -> None:
    client, other = await still.signed_up(), await still.signed_up()
    theirs = new_asset(spare_database_url, other.viewer_id)
    for wanted, code, path in (
        ({"prompt": ""}, "INVALID_INPUT", ["input", "prompt"]),
        ({"prompt": "x", "count": 9}, "INVALID_INPUT", ["input", "count"]),
        ({"prompt": "x", "source": {"assetId": theirs}}, "NOT_FOUND", ["input", "source", "assetId"]),
        ({"prompt": "x", "ownerId": other.viewer_id}, "NOT_FOUND", ["input", "ownerId"]),
        ({"prompt": "x", "size": {"width": 4096, "height": 64}}, "INVALID_INPUT", ["input", "size", "width"]),
        ({"prompt": "포르노"}, "CONTENT_BLOCKED", ["input", "prompt"]),
    ):
        before = row_counts(spare_database_url)
        refused = await quoted(client, **wanted)
        assert (refused["code"], refused["path"]) == (code, path)
        assert row_counts(spare_database_url) == before

    answer = await still.client().post(QUOTE, {"input": {"idempotencyKey": "k", "prompt": "x"}})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_a_quote_warns_of_what_a_job_would_be_warned_of(still: Installation, spare_database_url: str) -> None:
    new_worker(spare_database_url)
    client = await still.signed_up()
    before = row_counts(spare_database_url)
    wanted = {"prompt": "a nude statue", "size": {"width": 64, "height": 64}, "count": 1}

    quote = await quoted(client, **wanted)

    codes = [each["code"] for each in quote["warnings"]]
    assert codes == ["SIZE_FAR_FROM_TRAINED", "CONTENT_WARNED"]
    assert row_counts(spare_database_url) == before
    query = """mutation($input: SubmitGenerationInput!) { submitGeneration(input: $input) {
      ... on SubmitGenerationSuccess { warnings { code } } } }"""
    result = await client.data(query, {"input": wanted | {"idempotencyKey": "k"}})
    assert [each["code"] for each in result["submitGeneration"]["warnings"]] == codes


async def test_a_quote_of_a_preset_is_that_of_what_it_fills(still: Installation) -> None:
    client = await still.signed_up()
    preset = await saved(client, prompt="a cat", count=2, ratio="16:9")
    own = await quoted(client, presetId=preset, count=3)
    assert own == await quoted(client, prompt="a cat", count=3, ratio="16:9")
    assert own["totalPrice"] == 3
