"""Idempotency keys: the same request again has one effect and one answer, another request is a conflict."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from domain import generation
from graph_client import SMALL_SIZE
from pictures_from_pictures import asked, ended, images_of
from stored import leave, row_counts, sql
from workshop import small

if TYPE_CHECKING:
    from uuid import UUID

    from conftest import Installation
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

TABLES = ("generation_jobs", "generation_slots", "holds", "idempotency_keys")
RETRY = """mutation($input: RetryFailedImagesInput!) { retryFailedImages(input: $input) {
  ... on RetryFailedImagesSuccess { job { id } } ... on UserError { code path } } }"""


async def test_the_same_request_again_returns_the_first_job(easel: Installation, database_url: str) -> None:
    # given a job that was submitted and has ended
    client = await easel.signed_up()
    first = await client.submit("a cat", "key", count=2, steps=1)
    _ = [event async for event in client.watch(first["job"]["id"])]
    before, accounts = row_counts(database_url), sql(database_url, "SELECT * FROM credit_accounts")

    # when the same comes again, written a little differently
    again = await client.submit(" a cat ", " key ", count=2, steps=1)

    # then it is answered with the job as it is now, and nothing is written
    assert again["job"]["id"] == first["job"]["id"]
    assert again["job"]["status"] == "SUCCEEDED"
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM credit_accounts") == accounts


async def test_another_request_with_the_same_key_is_a_conflict(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    request = {"prompt": "a cat", "idempotencyKey": "key", "count": 2, "steps": 1, "size": SMALL_SIZE}
    first = await client.core("submit", request)
    _ = [event async for event in client.watch(first["job"]["id"])]
    before, accounts = row_counts(database_url), sql(database_url, "SELECT * FROM credit_accounts")

    changes: list[dict[str, Any]] = [{"prompt": "a dog"}, {"count": 3}, {"seed": 1}, {"steps": 2}]
    changes += [{"size": {"width": 64, "height": 72}}, {"size": None, "ratio": "1:1"}]
    for change in changes:
        refused = await client.core("submit", request | change)
        assert (refused["code"], refused["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"]), change

    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM credit_accounts") == accounts


async def test_a_key_belongs_to_one_user(easel: Installation) -> None:
    one, other = await easel.signed_up(), await easel.signed_up()
    jobs = [(await client.submit("a cat", "key", count=1, steps=1))["job"]["id"] for client in (one, other)]
    assert jobs[0] != jobs[1]


async def test_a_request_is_the_same_when_its_engine_has_another_price_since(shop: Workshop) -> None:
    user = await shop.user()

    async def submit(price: int) -> UUID:
        async with shop.db.write() as tx:
            return await generation.submit(tx, user, replace(small(), price=price), "key")

    first = await submit(1)
    before = row_counts(shop.database_url)

    assert await submit(2) == first
    assert row_counts(shop.database_url) == before


async def test_a_key_may_have_255_characters(easel: Installation) -> None:
    client = await easel.signed_up()
    keys = ["k" * 255, "k" * 254, "🔑" * 255]
    jobs = {(await client.submit("a cat", key, count=1, steps=1))["job"]["id"] for key in keys}
    assert len(jobs) == 3


async def test_fifty_at_once_have_one_effect_and_one_answer(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()

    answers = await asyncio.gather(*(client.submit("a cat", "key", count=3, steps=1) for _ in range(50)))

    assert len({answer["job"]["id"] for answer in answers}) == 1
    assert {answer["job"]["cost"] for answer in answers} == {3}
    assert [len(answer["job"]["slots"]) for answer in answers] == [3] * 50
    counts = row_counts(database_url)
    assert [counts[table] for table in TABLES] == [1, 3, 1, 1]
    held = sql(database_url, "SELECT kind, amount FROM ledger_entries WHERE kind = 'HOLD'")
    assert held == [("HOLD", 3)]


async def a_half_failed_job(client: GraphClient) -> tuple[str, str]:
    """Return a job that has ended, of which one image failed, and the id of the other."""
    job = (await client.submit("a cat #fail:1", "first", count=2, steps=1))["job"]["id"]
    (image,) = await images_of(client, job)
    return job, image


@pytest.mark.parametrize("mutation", ["retryFailedImages", "rerunGeneration"])
async def test_fifty_repetitions_at_once_are_one_job(easel: Installation, database_url: str, mutation: str) -> None:
    client = await easel.signed_up()
    job, image = await a_half_failed_job(client)
    before = row_counts(database_url)

    async def once(key: str = "again") -> Any:  # noqa: ANN401
        if mutation == "rerunGeneration":
            return await asked(client, mutation, fromAssetId=image, idempotencyKey=key)
        given = {"jobId": job, "idempotencyKey": key}
        return (await client.data(RETRY, {"input": given}))["retryFailedImages"]

    answers = await asyncio.gather(*(once() for _ in range(50)))

    # then there is one new job of one image, held for and answered with once
    (again,) = {answer["job"]["id"] for answer in answers}
    assert again != job
    counts = row_counts(database_url)
    assert [counts[table] - before[table] for table in TABLES] == [1, 1, 1, 1]
    held = sql(database_url, "SELECT amount FROM ledger_entries WHERE kind = 'HOLD' ORDER BY number")
    assert held == [(2,), (1,)]

    # and the key serves no other request, also when that job has ended
    await ended(client, again)
    after = row_counts(database_url)
    refused = await client.core("submit", {"prompt": "a cat", "idempotencyKey": "again", "count": 1})
    assert (refused["code"], refused["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
    assert row_counts(database_url) == after
    assert (await once())["job"]["id"] == again


async def test_of_fifty_spends_at_once_as_many_pass_as_there_are_credits(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    leave(database_url, 10)

    answers = await asyncio.gather(*(client.submit("a cat", f"{n}", count=1, steps=1) for n in range(50)))

    assert sum("job" in answer for answer in answers) == 10
    assert {answer["code"] for answer in answers if "job" not in answer} == {"INSUFFICIENT_CREDITS"}
    counts = row_counts(database_url)
    assert [counts[table] for table in TABLES] == [10, 10, 10, 10]
