"""The images of a day: counted, told, refused beyond the limit however they are submitted, free again at midnight."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from conftest import install
from db.words import OwnerKind
from domain import allowance, generation, retries
from domain.errors import DailyLimitReached, OwnerBusy
from domain.galleries import Owner
from domain.retries import Retry
from gallery_client import create
from stored import row_counts, sql
from waiting import until
from workshop import small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from app.embedded.server import EmbeddedServer
    from conftest import Installation
    from graph_client import GraphClient
    from workshop import Workshop

pytestmark = pytest.mark.anyio

ALLOWANCE = "{ generationAllowance { used limit remaining resetsAt } }"
SUBMIT = """mutation Submit($input: SubmitGenerationInput!) {
  submitGeneration(input: $input) {
    __typename
    ... on SubmitGenerationSuccess { job { id } }
    ... on DailyLimitReached { limit used resetsAt }
    ... on OwnerBusy { jobId }
    ... on UserError { code message path retryable }
  }
}"""


async def allowed(client: GraphClient) -> dict[str, Any]:
    told: dict[str, Any] = (await client.data(ALLOWANCE))["generationAllowance"]
    return told


async def submitted(client: GraphClient, key: str, count: int, owner: str | None = None) -> dict[str, Any]:
    wanted = {"prompt": "a cat", "idempotencyKey": key, "count": count, "ratio": "1:1", "steps": 1, "ownerId": owner}
    result: dict[str, Any] = (await client.data(SUBMIT, {"input": wanted}))["submitGeneration"]
    return result


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, spare_postgres: EmbeddedServer, spare_valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an API that nothing paints for and that has the limit of the defaults."""
    folder = tmp_path_factory.mktemp("limited")
    with install(folder, spare_postgres.url, spare_valkey.url, DAILY_IMAGES="24").running("api") as installation:
        yield installation


@pytest.fixture
def limited(api: Installation, spare_database_url: str, spare_redis_url: str) -> Installation:  # noqa: ARG001
    """Return that API when nobody has used it yet."""
    return api


async def test_the_twenty_fifth_image_is_refused_and_nothing_is_written(
    limited: Installation, spare_database_url: str
) -> None:
    client = await limited.signed_up()
    assert (await allowed(client))["remaining"] == 24
    jobs = [(await submitted(client, f"{n}", 8))["job"]["id"] for n in range(3)]
    before = row_counts(spare_database_url)

    refused = await submitted(client, "one more", 1)

    told = await allowed(client)
    assert told == {"used": 24, "limit": 24, "remaining": 0, "resetsAt": refused["resetsAt"]}
    assert {name: refused[name] for name in ("__typename", "code", "path", "retryable", "limit", "used")} == {
        "__typename": "DailyLimitReached",
        "code": "DAILY_LIMIT_REACHED",
        "path": ["input", "count"],
        "retryable": True,
        "limit": 24,
        "used": 24,
    }
    assert "24 of today's 24" in refused["message"]
    assert row_counts(spare_database_url) == before

    # and the same request again is the first one's job, which costs nothing
    assert (await submitted(client, "0", 8))["job"]["id"] == jobs[0]

    # when the credits of a job come back, so do its images
    await client.core("cancel", {"jobId": jobs[0]})
    assert (await allowed(client))["remaining"] == 8
    assert (await submitted(client, "now", 8))["__typename"] == "SubmitGenerationSuccess"


async def test_the_next_day_begins_at_midnight_in_seoul(limited: Installation, spare_database_url: str) -> None:
    client = await limited.signed_up()
    await submitted(client, "1", 8)
    midnight = allowance.beginning_of_day(datetime.now(UTC))
    moved = "UPDATE generation_jobs SET created_at = %s"

    sql(spare_database_url, moved, midnight)
    told = await allowed(client)
    assert (told["used"], datetime.fromisoformat(told["resetsAt"])) == (8, midnight + timedelta(days=1))
    sql(spare_database_url, moved, midnight - timedelta(microseconds=1))
    assert (await allowed(client))["used"] == 0


async def test_the_day_ends_at_midnight_in_seoul_and_not_before(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a clock that shows two minutes before midnight in Seoul, tomorrow, and a user who has had all of that day's
    user = await shop.user()
    midnight = allowance.beginning_of_day(datetime.now(UTC)) + timedelta(days=2)
    evening = midnight - timedelta(minutes=2)

    async def submit(moment: datetime) -> UUID:
        monkeypatch.setattr(allowance, "now", lambda: moment)
        async with shop.db.write() as tx:
            return await generation.submit(tx, user, small(count=4), uuid4().hex, None, 8)

    for _ in range(2):
        await submit(evening)
    sql(shop.database_url, "UPDATE generation_jobs SET created_at = %s", evening)
    before = row_counts(shop.database_url)

    # when more is asked for in the last microsecond of the day, nothing is written
    with pytest.raises(DailyLimitReached) as refused:
        await submit(midnight - timedelta(microseconds=1))
    assert (refused.value.used, refused.value.resets_at) == (8, midnight)
    assert row_counts(shop.database_url) == before

    # and in the first of the next, it is painted
    await submit(midnight)


@pytest.mark.parametrize(
    ("moment", "began"),
    [
        ("2026-06-01T14:59:59+00:00", "2026-05-31T15:00:00+00:00"),
        ("2026-06-01T15:00:00+00:00", "2026-06-01T15:00:00+00:00"),
        ("2026-12-31T20:00:00+00:00", "2026-12-31T15:00:00+00:00"),
    ],
)
def test_midnight_in_seoul(moment: str, began: str) -> None:
    assert allowance.beginning_of_day(datetime.fromisoformat(moment)) == datetime.fromisoformat(began)


async def test_who_submits_at_once_is_counted_one_by_one(shop: Workshop) -> None:
    user = await shop.user()

    async def submit() -> UUID:
        async with shop.db.write() as tx:
            return await generation.submit(tx, user, small(count=4), uuid4().hex, None, 10)

    # given one that has been let through and has not committed
    async with shop.db.write() as tx:
        await generation.submit(tx, user, small(count=4), "first", None, 10)
        await tx.flush()
        others = asyncio.gather(*(submit() for _ in range(4)), return_exceptions=True)
        await until(lambda: sql(shop.database_url, "SELECT 1 FROM pg_locks WHERE NOT granted"))

    # then only one of the others is let through
    ends = await others
    assert sum(isinstance(end, DailyLimitReached) for end in ends) == 3
    assert sql(shop.database_url, "SELECT sum(count) FROM generation_jobs") == [(8,)]


async def test_there_is_one_unfinished_job_for_a_gallery(shop: Workshop) -> None:
    user = await shop.user()
    spec = replace(small(), owner=Owner(OwnerKind.USER, user))

    async def submit() -> UUID:
        async with shop.db.write() as tx:
            return await generation.submit(tx, user, spec, uuid4().hex)

    first = await submit()
    before = row_counts(shop.database_url)
    with pytest.raises(OwnerBusy) as refused:
        await submit()
    assert refused.value.job_id == first
    assert row_counts(shop.database_url) == before

    # when it is painted, the next may come
    await shop.painter().paint_waiting()
    await submit()


async def test_a_second_job_for_an_entity_is_refused_and_nothing_is_written(
    limited: Installation, spare_database_url: str
) -> None:
    client = await limited.signed_up()
    busy, idle = await create(client), await create(client)
    first = (await submitted(client, "1", 1, busy))["job"]["id"]
    before = row_counts(spare_database_url)

    for language, words in (("en", "are being made already"), ("ko", "이미 이미지를 만들고 있습니다")):
        client.language = language
        refused = await submitted(client, "2", 1, busy)
        assert words in refused.pop("message")
        assert refused == {
            "__typename": "OwnerBusy",
            "code": "OWNER_BUSY",
            "path": ["input", "ownerId"],
            "retryable": True,
            "jobId": first,
        }
    assert row_counts(spare_database_url) == before

    # and of many at once for another one, one is accepted, and names itself to the others
    results = await asyncio.gather(*(submitted(client, f"at once {n}", 1, idle) for n in range(8)))
    (second,) = [result["job"]["id"] for result in results if result["__typename"] == "SubmitGenerationSuccess"]
    assert [result["jobId"] for result in results if result["__typename"] == "OwnerBusy"] == [second] * 7
    assert sql(spare_database_url, "SELECT count(*) FROM generation_jobs") == [(2,)]
    await client.core("cancel", {"jobId": first})
    assert (await submitted(client, "3", 1, busy))["__typename"] == "SubmitGenerationSuccess"


async def test_of_many_submits_at_once_at_the_edge_of_the_day_only_what_is_left_is_accepted(
    limited: Installation, spare_database_url: str
) -> None:
    client = await limited.signed_up()
    for number in range(2):
        await submitted(client, f"{number}", 8)
    await submitted(client, "almost", 7)

    results = await asyncio.gather(*(submitted(client, f"at once {n}", 1) for n in range(10)))

    ends = sorted(result["__typename"] for result in results)
    assert ends == ["DailyLimitReached"] * 9 + ["SubmitGenerationSuccess"]
    assert sql(spare_database_url, "SELECT sum(count) FROM generation_jobs") == [(24,)]
    assert sql(spare_database_url, "SELECT held FROM credit_accounts") == [(24,)]


async def test_jobs_that_cost_nothing_are_not_asked_for_without_end(
    limited: Installation, spare_database_url: str
) -> None:
    client, other = await limited.signed_up(), await limited.signed_up()
    job = (await submitted(client, "1", 1))["job"]["id"]
    await client.core("cancel", {"jobId": job})
    before = row_counts(spare_database_url)
    upscale = "mutation($input: UpscaleInput!) { upscale(input: $input) { ... on UserError { code } } }"

    async def upscaled(key: str) -> str:
        given = {"input": {"assetId": "asset_" + "0" * 32, "factor": 2, "idempotencyKey": key}}
        code: str = (await client.data(upscale, given))["upscale"]["code"]
        return code

    for ten in range(13):
        found = await asyncio.gather(*(upscaled(f"{ten} {one}") for one in range(23)))
        assert set(found) == {"NOT_FOUND"}

    refused = await submitted(client, "another", 1)

    assert (refused["code"], refused["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    assert await upscaled("k") == "TOO_MANY_ATTEMPTS"
    assert (await submitted(client, "1", 1))["job"]["id"] == job, "the same again is no attempt"
    assert row_counts(spare_database_url) == before
    assert (await submitted(other, "1", 1))["__typename"] == "SubmitGenerationSuccess"


async def test_what_is_painted_again_counts_too_and_waits_for_its_gallery(shop: Workshop) -> None:
    # given a job for a gallery, of which one image is ready and one failed
    user = await shop.user()
    owner = await shop.character(user)
    job = await shop.job(user, "a cat #fail:1", 2, owner)
    await shop.painter().paint_waiting()

    async def retry(limit: int) -> UUID:
        async with shop.db.write() as tx:
            spec, told = await retries.specified(tx, user, Retry(job), ["sandbox"])
            return await retries.submit(tx, user, spec, "again", told, limit)

    # then its failed image is one more of the day
    before = row_counts(shop.database_url)
    with pytest.raises(DailyLimitReached) as refused:
        await retry(1)
    assert refused.value.used == 1
    assert row_counts(shop.database_url) == before

    # and is not painted while another job for the gallery has not ended
    other = await shop.job(user, owner=owner)
    before = row_counts(shop.database_url)
    with pytest.raises(OwnerBusy) as busy:
        await retry(10)
    assert busy.value.job_id == other
    assert row_counts(shop.database_url) == before

    # but then
    await shop.painter().paint_waiting()
    child = await retry(3)
    assert (await shop.row(child)).gallery_id == owner.id
