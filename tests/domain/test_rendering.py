"""A job under a lease: who may write to it, what is written once, and which moves there are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from audit import check_end, check_rows
from db.words import JobStatus
from domain import rendering
from domain.rendering import JobCanceled, Lease, LeaseLost
from domain.words import FailureCode
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.rendering import Claim
    from workshop import Workshop

pytestmark = pytest.mark.anyio

MINUTE = timedelta(minutes=1)


async def claimed(shop: Workshop, owner: UUID | None = None) -> Claim:
    async with shop.db.write() as tx:
        claim = await rendering.claim(tx, ("sandbox",), owner or uuid4(), MINUTE)
    assert claim
    return claim


def writes(slot: UUID) -> list[Callable[[AsyncSession, Lease], Awaitable[object]]]:
    """Return everything that a worker writes."""
    return [
        lambda tx, lease: rendering.start(tx, lease, [slot]),
        lambda tx, lease: rendering.reserve_assets(tx, lease, {slot: ""}),
        lambda tx, lease: rendering.give_up_slot(tx, lease, slot, FailureCode.ENGINE_ERROR),
        lambda tx, lease: rendering.fail(tx, lease, FailureCode.ENGINE_ERROR),
        rendering.finish,
        rendering.lose,
        rendering.let_go,
    ]


async def test_what_is_tried_late_changes_nothing_that_has_ended(shop: Workshop) -> None:
    # given a job of two images, one of which has ended
    await shop.job(await shop.user(), count=2)
    claim = await claimed(shop)
    ended = claim.open_slots[0].id
    async with shop.db.write() as tx:
        await rendering.start(tx, claim.lease, [slot.id for slot in claim.open_slots])
        await rendering.reserve_assets(tx, claim.lease, {ended: ""})
        await rendering.give_up_slot(tx, claim.lease, ended, FailureCode.ENGINE_ERROR)

    # when what came before is tried once more, by a worker that did not hear of it
    async with shop.db.write() as tx:
        await rendering.start(tx, claim.lease, [ended])
        await rendering.reserve_assets(tx, claim.lease, {ended: ""})

    assert sql(shop.database_url, "SELECT status FROM generation_slots WHERE id = %s", ended) == [("FAILED",)]
    check_rows(shop.database_url)


async def test_what_is_tried_late_leaves_a_job_alone_that_the_same_worker_has_claimed_again(shop: Workshop) -> None:
    # given an image that was painted, went back to the line with its job, and waits to be painted anew
    await shop.job(await shop.user())
    claim = await claimed(shop)
    (slot,) = claim.open_slots
    async with shop.db.write() as tx:
        await rendering.start(tx, claim.lease, [slot.id])
        (asset,) = (await rendering.reserve_assets(tx, claim.lease, {slot.id: ""})).values()
        await rendering.let_go(tx, claim.lease)
    again = await claimed(shop, claim.lease.owner)
    before = row_counts(shop.database_url)

    # when its worker, which did not hear of its first writes, tries them once more
    async with shop.db.write() as tx:
        assert await rendering.reserve_assets(tx, claim.lease, {slot.id: ""}) == {slot.id: asset}
        await rendering.give_up_slot(tx, claim.lease, slot.id, FailureCode.CONTENT_BLOCKED)

    # then it waits as before, for the picture that it has the row of
    assert sql(shop.database_url, "SELECT status FROM generation_slots") == [("PENDING",)]
    assert row_counts(shop.database_url) == before
    async with shop.db.write() as tx:
        await rendering.start(tx, again.lease, [slot.id])
        assert await rendering.reserve_assets(tx, again.lease, {slot.id: ""}) == {slot.id: asset}
    assert sql(shop.database_url, "SELECT status FROM generation_slots") == [("CHECKING",)]
    check_rows(shop.database_url)


async def test_what_is_painted_anew_tells_of_the_worker_that_painted_it(shop: Workshop) -> None:
    # given an image that was painted, and lost with its worker before it was delivered
    await shop.job(await shop.user())
    claim = await claimed(shop)
    (slot,) = claim.open_slots
    async with shop.db.write() as tx:
        await rendering.start(tx, claim.lease, [slot.id])
        await rendering.reserve_assets(tx, claim.lease, {slot.id: "lanczos"}, "old")
        await rendering.let_go(tx, claim.lease)

    # when a worker with another engine paints it, and the first one tries late what nobody waits for
    again = await claimed(shop)
    async with shop.db.write() as tx:
        await rendering.start(tx, again.lease, [slot.id])
        await rendering.reserve_assets(tx, again.lease, {slot.id: "model"}, "new")
        await rendering.reserve_assets(tx, again.lease, {slot.id: "lanczos"}, "old")

    assert sql(shop.database_url, "SELECT method, engine_revision FROM media_assets") == [("model", "new")]
    check_rows(shop.database_url)


async def test_nobody_writes_to_a_job_without_its_lease(shop: Workshop) -> None:
    await shop.job(await shop.user())
    claim = await claimed(shop)
    before = row_counts(shop.database_url), await shop.row(claim.job.id)

    for write in writes(claim.open_slots[0].id):
        with pytest.raises(LeaseLost):
            async with shop.db.write() as tx:
                await write(tx, Lease(claim.job.id, uuid4()))
    async with shop.db.write() as tx:
        assert await rendering.renew(tx, uuid4(), [claim.job.id], MINUTE) == {}

    assert (row_counts(shop.database_url), await shop.row(claim.job.id)) == before


async def test_a_canceled_job_is_only_let_go(shop: Workshop) -> None:
    user = await shop.user()
    await shop.job(user)
    claim = await claimed(shop)
    await shop.cancel(user, claim.job.id)
    before = row_counts(shop.database_url)

    *others, _lose, let_go = writes(claim.open_slots[0].id)
    for write in others:
        with pytest.raises(JobCanceled):
            async with shop.db.write() as tx:
                await write(tx, claim.lease)
    assert row_counts(shop.database_url) == before

    async with shop.db.write() as tx:
        renewed = await rendering.renew(tx, claim.lease.owner, [claim.job.id], MINUTE)
        assert renewed == {claim.job.id: JobStatus.CANCELING}
        await let_go(tx, claim.lease)
    assert (await shop.row(claim.job.id)).status == JobStatus.CANCELED
    check_end(shop.database_url)


@pytest.mark.parametrize("begins", [True, False])
async def test_a_job_that_loses_its_worker_three_times_fails_with_refund(shop: Workshop, begins: bool) -> None:  # noqa: FBT001
    job = await shop.job(await shop.user(), count=3)
    for loss in range(3):
        assert (await shop.row(job)).attempt == loss
        claim = await claimed(shop)
        if begins:
            async with shop.db.write() as tx:
                await rendering.start(tx, claim.lease, [slot.id for slot in claim.open_slots])
        sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")
        await shop.sweeper().rescue_lost()
        check_rows(shop.database_url)

    row = await shop.row(job)
    assert (row.status, row.failure_code) == (JobStatus.FAILED, FailureCode.WORKER_LOST)
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 0)]
    assert sql(shop.database_url, "SELECT DISTINCT status, failure_code FROM generation_slots") == [
        ("FAILED", "WORKER_LOST")
    ]
    check_end(shop.database_url)


async def test_a_canceled_job_whose_worker_is_lost_ends(shop: Workshop) -> None:
    user = await shop.user()
    job = await shop.job(user)
    await claimed(shop)
    await shop.cancel(user, job)
    sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")

    await shop.sweeper().rescue_lost()

    assert (await shop.row(job)).status == JobStatus.CANCELED
    check_end(shop.database_url)


async def test_a_canceled_job_whose_engine_is_lost_ends(shop: Workshop) -> None:
    user = await shop.user()
    job = await shop.job(user)
    claim = await claimed(shop)
    await shop.cancel(user, job)

    async with shop.db.write() as tx:
        await rendering.lose(tx, claim.lease)

    assert (await shop.row(job)).status == JobStatus.CANCELED
    check_end(shop.database_url)


async def test_a_job_whose_lease_was_renewed_meanwhile_is_not_rescued(shop: Workshop) -> None:
    job = await shop.job(await shop.user())
    claim = await claimed(shop)
    sql(shop.database_url, "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second'")

    # given a sweeper that has found the job, and a worker that is alive after all
    async with shop.db.read() as tx:
        assert await rendering.lost(tx) == [job]
    async with shop.db.write() as tx:
        await rendering.renew(tx, claim.lease.owner, [job], MINUTE)
    async with shop.db.write() as tx:
        await rendering.rescue(tx, job)

    assert ((await shop.row(job)).status, (await shop.row(job)).attempt) == (JobStatus.PREPARING, 0)


async def test_a_job_that_waited_too_long_expires_with_refund(shop: Workshop) -> None:
    user = await shop.user()
    old, new = await shop.job(user, count=2), await shop.job(user)
    sql(shop.database_url, "UPDATE generation_jobs SET created_at = now() - interval '2 hours' WHERE id = %s", old)

    await shop.sweeper().expire_overdue()

    assert ((await shop.row(old)).status, (await shop.row(old)).failure_code) == (JobStatus.EXPIRED, "EXPIRED")
    assert (await shop.row(new)).status == JobStatus.QUEUED
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(100, 1)]
    check_rows(shop.database_url)


async def test_of_many_overdue_jobs_the_oldest_are_ended_first_and_others_are_looked_after_between(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await shop.user()
    ids = [await shop.job(user) for _ in range(3)]
    for hours, job in enumerate(reversed(ids), 2):
        sql(
            shop.database_url,
            "UPDATE generation_jobs SET created_at = now() - %s * interval '1 h' WHERE id = %s",
            *(hours, job),
        )
    monkeypatch.setattr(rendering, "_BATCH", 2)

    await shop.sweeper().expire_overdue()
    assert [(await shop.row(job)).status for job in ids] == [JobStatus.EXPIRED, JobStatus.EXPIRED, JobStatus.QUEUED]
    await shop.sweeper().expire_overdue()
    check_end(shop.database_url)


async def test_a_job_that_goes_back_to_the_line_waits_anew(shop: Workshop) -> None:
    # given a job that waited long before it was painted, and lost its worker then
    await shop.job(await shop.user())
    sql(shop.database_url, "UPDATE generation_jobs SET created_at = now() - interval '59 min 59 s'")
    claim = await claimed(shop)
    async with shop.db.write() as tx:
        await rendering.lose(tx, claim.lease)
    sql(shop.database_url, "UPDATE generation_jobs SET created_at = now() - interval '61 min'")

    await shop.sweeper().expire_overdue()
    assert (await shop.row(claim.job.id)).status is JobStatus.QUEUED

    # but not for ever
    sql(shop.database_url, "UPDATE generation_jobs SET started_at = now() - interval '61 min'")
    await shop.sweeper().expire_overdue()
    assert (await shop.row(claim.job.id)).status is JobStatus.EXPIRED
    check_end(shop.database_url)
