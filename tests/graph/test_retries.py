"""Failed images painted again: a child job with their seeds, once, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from audit import check_end
from domain import retries
from domain.errors import NothingToRetry
from domain.retries import Retry
from gallery_client import create
from stored import leave, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from uuid import UUID

    from conftest import Installation
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

RETRY = """mutation Retry($input: RetryFailedImagesInput!) {
  retryFailedImages(input: $input) {
    __typename
    ... on RetryFailedImagesSuccess {
      job { id cost count width height steps guidance style prompt parent { id } slots { index seed } }
    }
    ... on ContentBlocked { reason }
    ... on UserError { code path retryable }
  }
}"""

DELETE = """mutation($input: DeleteCharacterInput!) {
  deleteCharacter(input: $input) { ... on DeleteCharacterSuccess { deletedId } } }"""


async def retried(client: GraphClient, job: str, key: str = "again") -> dict[str, Any]:
    given = {"jobId": job, "idempotencyKey": key}
    result: dict[str, Any] = (await client.data(RETRY, {"input": given}))["retryFailedImages"]
    return result


async def painted(client: GraphClient, job: str) -> dict[str, Any]:
    last: dict[str, Any] = [event async for event in client.watch(job)][-1]["job"]
    return last


async def test_the_failed_images_alone_are_painted_again_with_their_seeds(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    options = {"count": 4, "seed": 7, "steps": 2, "guidance": 3.0, "size": {"width": 64, "height": 128}}
    job = (await client.submit("a cat #fail:2 #block:3", "1", style="anime", **options))["job"]["id"]
    assert (await painted(client, job))["status"] == "PARTIAL"
    sql(database_url, "UPDATE generation_jobs SET prompt = 'a cat'")  # the engine is well again

    child = (await retried(client, job))["job"]

    assert child == {
        "id": child["id"],
        "cost": 2,
        "count": 2,
        "width": 64,
        "height": 128,
        "steps": 2,
        "guidance": 3.0,
        "style": "anime",
        "prompt": "a cat",
        "parent": {"id": job},
        "slots": [{"index": 0, "seed": 7}, {"index": 1, "seed": 8}],
    }
    assert (await painted(client, child["id"]))["status"] == "SUCCEEDED"
    check_end(database_url)

    # and the same key again is the same retry, another one is refused
    before = row_counts(database_url)
    assert (await retried(client, job))["job"]["id"] == child["id"]
    refused = await retried(client, job, "once more")
    assert (refused["code"], refused["path"]) == ("NOTHING_TO_RETRY", ["input", "jobId"])
    assert row_counts(database_url) == before


async def test_what_fails_again_is_retried_as_its_child(easel: Installation) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #fail", "1", count=1, seed=3, steps=1))["job"]["id"]
    for number in range(2):
        assert (await painted(client, job))["status"] == "FAILED"
        child = (await retried(client, job, f"again {number}"))["job"]
        assert (child["parent"]["id"], child["slots"][0]["seed"]) == (job, 3)
        job = child["id"]


async def test_two_retries_at_once_are_one(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    job = (await client.submit("a cat #fail", "1", count=1, steps=1))["job"]["id"]
    await painted(client, job)

    results = await asyncio.gather(*(retried(client, job, f"again {number}") for number in range(8)))

    assert sorted(result["__typename"] for result in results) == ["NothingToRetry"] * 7 + ["RetryFailedImagesSuccess"]
    assert sql(database_url, "SELECT count(*) FROM generation_jobs") == [(2,)]


async def test_what_has_not_failed_is_not_retried_and_nothing_is_written(
    easel: Installation, database_url: str
) -> None:
    client, other = await easel.signed_up(), await easel.signed_up()
    blocked = (await client.submit("a cat #block", "1", count=1, steps=1))["job"]["id"]
    await painted(client, blocked)
    failed = (await client.submit("a cat #fail", "2", count=1, steps=1))["job"]["id"]
    await painted(client, failed)
    leave(database_url, 0)
    before = row_counts(database_url)

    assert (await retried(client, blocked))["code"] == "NOTHING_TO_RETRY"
    assert (await retried(other, failed))["code"] == "NOT_FOUND"
    assert (await retried(client, "job_1"))["code"] == "NOT_FOUND"
    assert (await retried(client, failed, ""))["path"] == ["input", "idempotencyKey"]
    assert (await retried(client, failed))["code"] == "INSUFFICIENT_CREDITS"
    assert row_counts(database_url) == before


async def test_a_retry_that_came_to_nothing_leaves_the_images_to_another(shop: Workshop) -> None:
    # given failed images whose retry was canceled before any of them was painted
    user = await shop.user()
    job = await shop.job(user, "a cat #fail:2", 3)
    await shop.painter().paint_waiting()

    async def retry(key: str) -> UUID:
        async with shop.db.write() as tx:
            spec, told = await retries.specified(tx, user, Retry(job), ["sandbox"])
            return await retries.submit(tx, user, spec, key, told, 24)

    canceled = await retry("1")
    await shop.cancel(user, canceled)

    # then they can be painted by another, once
    child = await retry("2")
    assert ((await shop.row(child)).count, (await shop.row(child)).parent_id) == (2, job)
    before = row_counts(shop.database_url)
    with pytest.raises(NothingToRetry):
        await retry("3")
    await shop.painter().paint_waiting()
    with pytest.raises(NothingToRetry):
        await retry("3")
    assert await retry("1") == canceled
    assert row_counts(shop.database_url)["generation_jobs"] == before["generation_jobs"]
    check_end(shop.database_url)


async def test_the_same_retry_again_is_the_first_one_whatever_has_become_of_its_owner(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client, "Character")
    job = (await client.submit("a cat #fail", "1", count=1, steps=1, ownerId=owner))["job"]["id"]
    await painted(client, job)
    child = (await retried(client, job))["job"]["id"]
    await painted(client, child)

    # when the character is gone, and then the whole job is no more what it was
    deleted = await client.data(DELETE, {"input": {"id": owner}})
    assert deleted["deleteCharacter"]["deletedId"] == owner
    assert (await retried(client, job))["job"]["id"] == child
    sql(database_url, "UPDATE generation_jobs SET engine = 'gone'")

    before = row_counts(database_url)
    assert (await retried(client, job))["job"]["id"] == child
    refused = await retried(client, child, "other")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "jobId"])
    assert row_counts(database_url) == before


async def test_what_the_guard_blocks_by_now_is_not_painted_again(easel: Installation, database_url: str) -> None:
    # given a prompt that passed when its job was submitted, and would not pass now
    client = await easel.signed_up()
    job = (await client.submit("a cat #fail", "1", count=1, steps=1))["job"]["id"]
    await painted(client, job)
    sql(database_url, "UPDATE generation_jobs SET prompt = 'porn'")
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    before = row_counts(database_url)

    refused = await retried(client, job)

    assert (refused["code"], refused["reason"]) == ("CONTENT_BLOCKED", "SEXUAL_EXPLICIT")
    assert refused["path"] == ["input", "jobId"]
    assert row_counts(database_url) == before | {"guard_decisions": before["guard_decisions"] + 1}
