"""The viewer's own lists: jobs, images, ledger; each by pages, counted on demand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from states import put
from stored import new_asset

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

JOBS = """query($filter: GenerationJobFilter, $first: Int, $after: Cursor) {
  generationJobs(filter: $filter, first: $first, after: $after) {
    totalCount nodes { id prompt status } pageInfo { hasNextPage endCursor } } }"""
AS_JOB = """query($id: ID!) { node(id: $id) { ... on Job {
  __typename id status progress queue { position ahead etaSeconds } cost sequence
  createdAt startedAt finishedAt failure { code } } } }"""
ASSETS = """query($first: Int, $after: Cursor) { viewer { assets(first: $first, after: $after) {
  totalCount nodes { id } pageInfo { hasNextPage endCursor } } } }"""
LEDGER = """query($first: Int, $after: Cursor) { viewer { creditAccount { ledger(first: $first, after: $after) {
  totalCount nodes { id kind amount balanceAfter heldAfter jobId } pageInfo { hasNextPage endCursor } } } } }"""


async def finished(client: GraphClient, prompt: str, **options: Any) -> tuple[str, list[dict[str, Any]]]:  # noqa: ANN401
    """Return a job that has ended, and the events of its life."""
    job_id = (await client.submit(prompt, prompt, steps=1, **options))["job"]["id"]
    return job_id, [event async for event in client.watch(job_id)]


async def test_a_finished_job_reads_as_a_job(easel: Installation) -> None:
    client = await easel.signed_up()
    job_id, events = await finished(client, "a cat", count=2)

    job = (await client.data(AS_JOB, {"id": job_id}))["node"]

    assert job["sequence"] == events[-1]["sequence"] > 0
    assert (job["__typename"], job["id"], job["status"]) == ("GenerationJob", job_id, "SUCCEEDED")
    assert (job["progress"], job["queue"], job["cost"], job["failure"]) == (1.0, None, 2, None)
    assert job["createdAt"] <= job["startedAt"] <= job["finishedAt"]


async def test_jobs_that_wait_tell_their_places_and_have_no_events(easel: Installation, database_url: str) -> None:
    # given two jobs of an engine that no worker runs
    client, other = await easel.signed_up(), await easel.signed_up()
    ids = [(await who.submit("a cat", "1", count=1, steps=1))["job"]["id"] for who in (client, other)]
    for who, job_id in zip((client, other), ids, strict=True):
        _ = [event async for event in who.watch(job_id)]
    put(database_url, "UPDATE generation_jobs SET status = 'QUEUED', engine = 'elsewhere', finished_at = NULL")

    # then each knows how many are before it
    for place, (who, job_id) in enumerate(zip((client, other), ids, strict=True)):
        job = (await who.data(AS_JOB, {"id": job_id}))["node"]
        assert job["queue"] == {"position": place + 1, "ahead": place, "etaSeconds": None}


async def test_jobs_are_listed_newest_first_by_pages_and_state(easel: Installation) -> None:
    client = await easel.signed_up()
    ids = [(await finished(client, prompt, count=1))[0] for prompt in ("one", "two #block", "three")][::-1]

    async def page(**arguments: Any) -> dict[str, Any]:  # noqa: ANN401
        result: dict[str, Any] = (await client.data(JOBS, arguments))["generationJobs"]
        return result

    first = await page(first=2)
    second = await page(first=2, after=first["pageInfo"]["endCursor"])
    assert [job["id"] for job in first["nodes"] + second["nodes"]] == ids
    assert [one["pageInfo"]["hasNextPage"] for one in (first, second)] == [True, False]
    assert [one["totalCount"] for one in (first, second)] == [3, 3]

    blocked = await page(filter={"status": ["BLOCKED"]})
    assert ([job["id"] for job in blocked["nodes"]], blocked["totalCount"]) == ([ids[1]], 1)
    both = await page(filter={"status": ["BLOCKED", "SUCCEEDED"]}, first=1)
    assert (len(both["nodes"]), both["totalCount"]) == (1, 3)
    assert (await page(filter={"status": ["RUNNING"]}))["totalCount"] == 0
    assert (await page(filter={"status": []}))["totalCount"] == (await page(filter=None))["totalCount"] == 3


async def test_images_are_listed_once_they_are_ready(easel: Installation, database_url: str) -> None:
    client, other = await easel.signed_up(), await easel.signed_up()
    ready = [new_asset(database_url, client.viewer_id) for _ in range(3)]
    new_asset(database_url, client.viewer_id, "PENDING")
    new_asset(database_url, other.viewer_id)
    after, read = None, []
    for has_next in (True, False):
        assets = (await client.data(ASSETS, {"first": 2, "after": after}))["viewer"]["assets"]
        assert (assets["totalCount"], assets["pageInfo"]["hasNextPage"]) == (3, has_next)
        after = assets["pageInfo"]["endCursor"]
        read += [node["id"] for node in assets["nodes"]]
    assert sorted(read) == sorted(ready)

    # and a cursor of somebody else's list is none of mine
    answer = await other.post(ASSETS, {"after": after})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_CURSOR"]


async def test_the_ledger_tells_every_movement(easel: Installation) -> None:
    client = await easel.signed_up()
    job_id, _ = await finished(client, "a cat #fail:1", count=2)

    ledger = (await client.data(LEDGER, {}))["viewer"]["creditAccount"]["ledger"]

    moves = [(entry["kind"], entry["amount"]) for entry in ledger["nodes"]][::-1]
    assert (moves[:2], sorted(moves[2:])) == ([("GRANT", 100), ("HOLD", 2)], [("CAPTURE", 1), ("RELEASE", 1)])
    assert (ledger["nodes"][0]["balanceAfter"], ledger["nodes"][0]["heldAfter"]) == (99, 0)
    assert [entry["jobId"] for entry in ledger["nodes"]] == [job_id] * 3 + [None]
    assert ledger["totalCount"] == 4

    first = (await client.data(LEDGER, {"first": 3}))["viewer"]["creditAccount"]["ledger"]
    rest = (await client.data(LEDGER, {"after": first["pageInfo"]["endCursor"]}))["viewer"]["creditAccount"]["ledger"]
    assert first["nodes"] + rest["nodes"] == ledger["nodes"]
    assert rest["totalCount"] == 4
