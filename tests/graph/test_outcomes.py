"""How jobs end, what each end costs, where waiting jobs stand, and how lost ones are found again."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from graph_client import StreamError
from stream_readers import beginning

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

QUICK = {"steps": 2}
JOB = """fragment J on GenerationJob {
  id status progress cost sequence queue { position ahead etaSeconds } failure { code message }
  createdAt startedAt finishedAt engine prompt count seed succeededCount failedCount blockedCount releasedCredits
  slots { id index status seed failure { code message } image { id width height blurhash } }
}"""


@pytest.mark.parametrize(
    ("prompt", "count", "status", "ends"),
    [
        ("바다", 1, "SUCCEEDED", ["READY"]),
        ("a cat #fail:2", 3, "PARTIAL", ["ENGINE_ERROR", "ENGINE_ERROR", "READY"]),
        ("a cat #fail:1 #block:2", 3, "PARTIAL", ["ENGINE_ERROR", "CONTENT_BLOCKED", "READY"]),
        ("a cat #block", 2, "BLOCKED", ["CONTENT_BLOCKED", "CONTENT_BLOCKED"]),
        ("a cat #fail:1 #block", 2, "BLOCKED", ["ENGINE_ERROR", "CONTENT_BLOCKED"]),
        ("a cat #oom", 2, "FAILED", ["OUT_OF_MEMORY", "OUT_OF_MEMORY"]),
        ("a cat #crash", 2, "FAILED", ["ENGINE_ERROR", "ENGINE_ERROR"]),
    ],
)
async def test_each_image_ends_on_its_own_and_the_job_as_their_fold(
    easel: Installation, prompt: str, count: int, status: str, ends: list[str]
) -> None:
    client = await easel.signed_up(language="ko")
    submitted = await client.submit(prompt, key="k", count=count, **QUICK)
    assert submitted["job"]["cost"] == count

    job_id = submitted["job"]["id"]
    events = [event async for event in client.watch(job_id, beginning(job_id))]

    # then each failure is told with its reason and the credits that came back, in one event
    failed = {e["slot"]["index"]: e for e in events if e["__typename"] == "GenerationImageFailed"}
    assert {index: e["slot"]["failure"]["code"] for index, e in failed.items()} == {
        index: end for index, end in enumerate(ends) if end != "READY"
    }
    assert all(event["releasedCredits"] == 1 for event in failed.values())
    assert all("크레딧" in event["slot"]["failure"]["message"] for event in failed.values())
    ready = {e["slot"]["index"] for e in events if e["__typename"] == "GenerationImageReady"}
    assert ready == {index for index, end in enumerate(ends) if end == "READY"}
    assert events[-1]["job"] == {
        "id": submitted["job"]["id"],
        "status": status,
        "succeededCount": len(ready),
        "failedCount": sum(end in {"ENGINE_ERROR", "OUT_OF_MEMORY"} for end in ends),
        "releasedCredits": len(failed),
    }

    # and only what is ready has been paid for
    assert (await client.core("me"))["creditAccount"] == {"balance": 100 - len(ready), "held": 0}
    check_end(easel.environment["DATABASE_URL"])

    # and who polls reads the same
    polled = await client.data(f"query($id: ID!) {{ generationJob(id: $id) {{ ...J }} }} {JOB}", {"id": job_id})
    job = polled["generationJob"]
    assert (job["status"], job["progress"], job["queue"], job["failure"]) == (status, 1.0, None, None)
    assert job["sequence"] == events[-1]["sequence"]
    assert [(slot["failure"] or {"code": slot["status"]})["code"] for slot in job["slots"]] == ends
    assert [slot["index"] for slot in job["slots"] if slot["image"]] == sorted(ready)


async def test_the_stream_and_the_query_say_the_same_of_a_job(easel: Installation) -> None:
    client = await easel.signed_up()
    submitted = await client.submit("a cat #fail:1", key="k", count=2, **QUICK)
    watch = f"""subscription($id: ID!) {{ generationJobEvents(jobId: $id) {{
        ... on GenerationSnapshot {{ job {{ ...J }} }} ... on GenerationCompleted {{ job {{ ...J }} }} }} }} {JOB}"""

    async with client.socket() as socket:
        told = [event async for event in socket.subscribe(watch, {"id": submitted["job"]["id"]})]
    polled = await client.data(
        f"query($id: ID!) {{ generationJob(id: $id) {{ ...J }} node(id: $id) {{ ...J }} }} {JOB}",
        {"id": submitted["job"]["id"]},
    )

    assert told[-1]["generationJobEvents"]["job"] == polled["generationJob"] == polled["node"]
    assert set(told[0]["generationJobEvents"]["job"]) == set(polled["generationJob"])


@pytest.fixture
async def busy(easel: Installation) -> AsyncIterator[GraphClient]:
    """Keep the only worker busy with a job that takes its time, until the test is over."""
    client = await easel.signed_up()
    slow = (await client.submit("a cat #slow", key="slow", count=8, steps=50))["job"]["id"]
    async with aclosing(client.watch(slow)) as events:
        async for event in events:
            if event["__typename"] == "GenerationProgress":
                break
    yield client
    await client.core("cancel", {"jobId": slow})
    async for _ in client.watch(slow):
        pass


async def place(client: GraphClient, job: str) -> int:
    answer = await client.data("query($id: ID!) { generationJob(id: $id) { queue { position ahead } } }", {"id": job})
    queue = answer["generationJob"]["queue"]
    assert queue["ahead"] == queue["position"] - 1
    position: int = queue["position"]
    return position


async def test_waiting_jobs_stand_in_a_fair_line_and_are_told_when_it_moves(
    easel: Installation,
    busy: GraphClient,  # noqa: ARG001 - keeps the worker busy
) -> None:
    ann, bob = await easel.signed_up(), await easel.signed_up()

    async def submit(client: GraphClient, key: str) -> str:
        job: str = (await client.submit("a cat", key=key, count=1, **QUICK))["job"]["id"]
        return job

    a1, a2 = await submit(ann, "1"), await submit(ann, "2")
    assert [await place(ann, a1), await place(ann, a2)] == [1, 2]

    async with aclosing(ann.watch(a2)) as events:
        assert (await anext(events))["__typename"] == "GenerationSnapshot"
        moves = (event["position"] async for event in events if event["__typename"] == "GenerationQueueMoved")
        # when somebody else comes, he goes before her second job
        b1 = await submit(bob, "1")
        while await anext(moves) != 3:
            pass
        assert [await place(ann, a1), await place(bob, b1), await place(ann, a2)] == [1, 2, 3]

        # when he leaves, it moves up, and when her first does, it is the first
        await bob.core("cancel", {"jobId": b1})
        assert await anext(moves) == 2
        await ann.core("cancel", {"jobId": a1})
        assert await anext(moves) == 1
        assert await place(ann, a2) == 1
    await ann.core("cancel", {"jobId": a2})


async def test_lost_jobs_are_found_in_the_list(
    easel: Installation,
    busy: GraphClient,  # noqa: ARG001 - keeps the worker busy
) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    jobs = [(await client.submit("a cat", key=str(n), count=1))["job"]["id"] for n in range(5)]
    await stranger.submit("a dog", key="0", count=1)
    await client.core("cancel", {"jobId": jobs[1]})
    page = """query($first: Int, $after: Cursor, $filter: GenerationJobFilter) {
        generationJobs(first: $first, after: $after, filter: $filter) {
            nodes { id } totalCount pageInfo { hasNextPage endCursor } } }"""

    async def ids(**variables: Any) -> list[str]:  # noqa: ANN401
        return [node["id"] for node in (await client.data(page, variables))["generationJobs"]["nodes"]]

    assert await ids() == jobs[::-1]
    assert await ids(filter={"status": ["CANCELED"]}) == [jobs[1]]
    assert await ids(filter={"status": ["QUEUED"]}) == [jobs[4], jobs[3], jobs[2], jobs[0]]

    # and page by page, each once
    found, after = [], None
    while True:
        connection = (await client.data(page, {"first": 2, "after": after}))["generationJobs"]
        assert connection["totalCount"] == 5
        found += [node["id"] for node in connection["nodes"]]
        after = connection["pageInfo"]["endCursor"]
        if not connection["pageInfo"]["hasNextPage"]:
            break
    assert found == jobs[::-1]
    for job in jobs:
        await client.post("mutation($id: ID!) { cancelGeneration(input: {jobId: $id}) { __typename } }", {"id": job})


async def test_a_job_is_nobody_elses_business(easel: Installation) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    job = (await owner.submit("a cat", key="k", count=1, **QUICK))["job"]["id"]

    answer = await stranger.data("query($id: ID!) { generationJob(id: $id) { id } node(id: $id) { id } }", {"id": job})
    assert answer == {"generationJob": None, "node": None}
    assert (await stranger.core("cancel", {"jobId": job}))["code"] == "NOT_FOUND"
    for client, code in ((stranger, "NOT_FOUND"), (easel.client(), "UNAUTHENTICATED")):
        with pytest.raises(StreamError) as ended:
            await anext(client.watch(job))
        assert ended.value.code == code

    # and nothing of that has changed it
    async with asyncio.timeout(20):
        events = [event async for event in owner.watch(job)]
    assert events[-1]["job"]["status"] == "SUCCEEDED"
