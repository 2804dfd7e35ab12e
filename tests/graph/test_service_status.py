"""The line as clients see it: the service's state, moving jobs, pausing lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import install
from states import put
from stored import new_worker, row_counts, sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

MOVE = """mutation Move($input: MoveQueuedJobInput!) {
  moveQueuedJob(input: $input) {
    __typename
    ... on MoveQueuedJobSuccess { jobs { id queue { position ahead etaSeconds etaConfidence } } }
    ... on UserError { code message path retryable }
  }
}"""
PAUSE = """mutation Pause($input: PauseQueueInput!) {
  pauseQueue(input: $input) {
    __typename
    ... on PauseQueueSuccess { engine { id } queue { engine isPaused waiting } }
    ... on UserError { code message path }
  }
}"""
RESUME = PAUSE.replace("PauseQueue", "ResumeQueue").replace("pauseQueue", "resumeQueue")
STATUS = """{ serviceStatus { etaErrorP50 engines {
  engine isPossibleNow queueDepth running etaSeconds medianWait etaErrorP50
} } }"""


@pytest.fixture
def still(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an API that nothing paints for."""
    with install(tmp_path, spare_database_url, spare_redis_url).running("api") as installation:
        yield installation


async def changed(client: GraphClient, query: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    (result,) = (await client.data(query, {"input": given})).values()
    found: dict[str, Any] = result
    return found


async def status_of(client: GraphClient) -> dict[str, Any]:
    told: dict[str, Any] = (await client.data(STATUS))["serviceStatus"]
    return told


async def test_one_puts_ones_own_jobs_in_another_order(still: Installation, spare_database_url: str) -> None:
    client, other = await still.signed_up(), await still.signed_up()
    first, second = [(await client.submit("x", f"{n}", count=1))["job"]["id"] for n in range(2)]
    theirs = (await other.submit("x", "0", count=1))["job"]["id"]

    result = await changed(client, MOVE, jobId=second, before=first)

    place = {"etaSeconds": None, "etaConfidence": None}
    assert result["jobs"] == [
        {"id": second, "queue": {"position": 1, "ahead": 0, **place}},
        {"id": first, "queue": {"position": 3, "ahead": 2, **place}},
    ]

    counts = row_counts(spare_database_url)
    refused = await changed(client, MOVE, jobId=first, before=theirs)
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "before"])
    await client.core("cancel", {"jobId": first})
    refused = await changed(client, MOVE, jobId=first)
    assert (refused["code"], refused["path"], refused["retryable"]) == ("NOT_WAITING", ["input", "jobId"], False)
    assert row_counts(spare_database_url)["line_places"] == counts["line_places"] - 1


async def test_an_administrator_pauses_a_line_and_nobody_else(still: Installation, spare_database_url: str) -> None:
    client = await still.signed_up()
    before = row_counts(spare_database_url)
    for query in (PAUSE, RESUME):
        refused = await changed(client, query, engine="sandbox")
        assert (refused["__typename"], refused["code"]) == ("Forbidden", "FORBIDDEN")
    assert row_counts(spare_database_url) == before

    still.stop()
    still.start("api", "worker", "relay", ADMINS=f'["{client.viewer_id}"]')
    await still.answering()
    refused = await changed(client, PAUSE, engine="nothing")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "engine"])
    paused = await changed(client, PAUSE, engine="sandbox")
    assert (paused["engine"], paused["queue"]["isPaused"]) == ({"id": "sandbox"}, True)
    assert not (await status_of(client))["engines"][0]["isPossibleNow"]

    # when a job is submitted, it waits until the line goes on
    job = (await client.submit("x", "1", count=1, steps=1))["job"]["id"]
    assert (await status_of(client))["engines"][0]["queueDepth"] == 1
    resumed = await changed(client, RESUME, engine="sandbox")
    assert not resumed["queue"]["isPaused"]
    events = [event async for event in client.watch(job)]
    assert events[-1]["job"]["status"] == "SUCCEEDED"


async def test_the_service_tells_how_good_its_word_is(still: Installation, spare_database_url: str) -> None:
    client = await still.signed_up()
    new_worker(spare_database_url)
    for number in range(12):
        await client.submit("x", f"{number}", count=1)
    assert await status_of(still.client()) == {
        "etaErrorP50": None,
        "engines": [
            {
                "engine": "sandbox",
                "isPossibleNow": True,
                "queueDepth": 12,
                "running": 0,
                "etaSeconds": None,
                "medianWait": None,
                "etaErrorP50": None,
            }
        ],
    }

    # given ten that waited ten seconds, of which they were told eleven, and took two
    put(
        spare_database_url,
        "UPDATE generation_jobs SET promised_s = 11, started_at = queued_at + interval '10 s', status = 'SUCCEEDED',"
        " finished_at = queued_at + interval '12 s' WHERE id IN (SELECT id FROM generation_jobs ORDER BY id LIMIT 10)",
    )
    told = await status_of(client)
    assert told["etaErrorP50"] == pytest.approx(0.1)
    (engine,) = told["engines"]
    assert (engine["queueDepth"], engine["medianWait"]) == (2, 10)
    assert engine["etaErrorP50"] == pytest.approx(0.1)

    # then the next promise is kept for grading, and can be trusted
    job = (await client.submit("x", "next", count=1))["job"]
    query = "query Q($id: ID!) { generationJob(id: $id) { queue { position etaSeconds etaConfidence } } }"
    place = (await client.data(query, {"id": job["id"]}))["generationJob"]["queue"]
    assert (place["position"], place["etaConfidence"]) == (3, "HIGH")
    kept = sql(spare_database_url, "SELECT promised_s FROM generation_jobs ORDER BY id DESC LIMIT 1")
    assert kept == [(place["etaSeconds"],)]
