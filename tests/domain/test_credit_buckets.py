"""Buckets of credits: which are spent first, what becomes of them when their time is over, and who is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from audit import check_ledger
from db.words import BucketKind, SlotStatus
from domain import credits, generation, jobs
from domain.credits import Grant
from domain.errors import InsufficientCredits
from domain.words import FailureCode, MyEventType
from stored import row_counts, sql
from workshop import make_ready, small

if TYPE_CHECKING:
    from uuid import UUID

    from workshop import Workshop

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


async def give(shop: Workshop, user: UUID, kind: BucketKind, amount: int, life: timedelta | None = None) -> None:
    async with shop.db.write() as tx:
        assert await credits.give(tx, user, Grant(kind, amount, life), uuid4().hex)


async def hold(shop: Workshop, user: UUID, price: int, count: int = 1) -> UUID:
    async with shop.db.write() as tx:
        return await generation.submit(tx, user, replace(small(count=count), price=price), uuid4().hex)


async def end_slots(shop: Workshop, job_id: UUID, *ready: bool) -> None:
    """End the job's slots in order: ready, or failed."""
    async with shop.db.write() as tx:
        wallet = await credits.lock_hold(tx, job_id)
        job = await jobs.lock(tx, job_id)
        for slot, is_ready in zip(await jobs.slots(tx, job_id), ready, strict=True):
            if is_ready:
                await make_ready(tx, slot)
                credits.capture(tx, wallet, slot.id, job.price)
            else:
                jobs.close_slot(tx, wallet, job, slot, SlotStatus.FAILED, FailureCode.ENGINE_ERROR)


def run_out(shop: Workshop) -> None:
    """Let the time of all buckets that have an end be over."""
    sql(
        shop.database_url, "UPDATE credit_buckets SET expires_at = now() - interval '1 second' WHERE expires_at > now()"
    )


def buckets(shop: Workshop) -> list[tuple[str, int, int]]:
    """Return kind, free and expired credits of the buckets, in the order in which they were given."""
    return sql(shop.database_url, "SELECT kind, available, expired FROM credit_buckets ORDER BY created_at")


async def test_promotional_credits_go_first_and_of_these_what_expires_first(shop: Workshop) -> None:
    user = await shop.user(grant=2)
    await give(shop, user, BucketKind.PAID, 5)
    await give(shop, user, BucketKind.PAID, 5, DAY)
    await give(shop, user, BucketKind.PROMOTIONAL, 3, DAY)

    taken = []
    for _ in range(15):
        await hold(shop, user, price=1)
        taken.append([available for _, available, _ in buckets(shop)])

    assert taken[2] == [2, 5, 5, 0]
    assert taken[4] == [0, 5, 5, 0]
    assert taken[9] == [0, 5, 0, 0]
    assert taken[14] == [0, 0, 0, 0]
    before = row_counts(shop.database_url)
    with pytest.raises(InsufficientCredits):
        await hold(shop, user, price=1)
    assert row_counts(shop.database_url) == before
    check_ledger(shop.database_url)


async def test_images_that_two_buckets_pay_for_take_of_the_first_and_give_to_the_last(shop: Workshop) -> None:
    user = await shop.user(grant=4)
    await give(shop, user, BucketKind.PAID, 10)

    # given three images of 3 credits, of which the promotional bucket pays 4 and the paid one 5
    job = await hold(shop, user, price=3, count=3)
    assert buckets(shop) == [("PROMOTIONAL", 0, 0), ("PAID", 5, 0)]

    # when one fails, one is ready, and one fails
    await end_slots(shop, job, False, True, False)

    # then paid credits came back before promotional ones
    assert buckets(shop) == [("PROMOTIONAL", 1, 0), ("PAID", 10, 0)]
    entries = sql(
        shop.database_url,
        "SELECT e.kind, b.kind, e.amount FROM ledger_entries e JOIN credit_buckets b ON b.id = bucket_id"
        " WHERE job_id IS NOT NULL ORDER BY number",
    )
    assert entries == [
        ("HOLD", "PROMOTIONAL", 4),
        ("HOLD", "PAID", 5),
        ("RELEASE", "PAID", 3),
        ("CAPTURE", "PROMOTIONAL", 3),
        ("RELEASE", "PAID", 2),
        ("RELEASE", "PROMOTIONAL", 1),
    ]
    check_ledger(shop.database_url)


async def test_what_nobody_spent_in_time_is_taken_back_by_an_entry(shop: Workshop) -> None:
    user = await shop.user(grant=7, life=DAY)
    await give(shop, user, BucketKind.PAID, 2)
    await hold(shop, user, price=3)

    # when nothing has expired yet, the sweeper changes nothing
    before = row_counts(shop.database_url)
    await shop.sweeper().expire_credits()
    assert row_counts(shop.database_url) == before

    # and when its time is over, nobody can spend it any more, even before the sweep
    run_out(shop)
    with pytest.raises(InsufficientCredits) as refused:
        await hold(shop, user, price=3)
    assert (refused.value.needed, refused.value.available) == (3, 2)

    # then sweeps take it back once
    for _ in range(3):
        await shop.sweeper().expire_credits()
    assert buckets(shop) == [("PROMOTIONAL", 0, 4), ("PAID", 2, 0)]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(5, 3)]
    expired = "SELECT amount, debit, credit, balance_after FROM ledger_entries WHERE kind = 'EXPIRE'"
    assert sql(shop.database_url, expired) == [(4, "AVAILABLE", "EXPIRED", 5)]
    check_ledger(shop.database_url)


async def test_held_credits_outlive_their_bucket_and_come_back_for_a_day_once(shop: Workshop) -> None:
    user = await shop.user(grant=4, life=DAY)
    first, second = await hold(shop, user, price=1, count=2), await hold(shop, user, price=1, count=2)

    # given a bucket that ends while all of it is held
    run_out(shop)
    await shop.sweeper().expire_credits()
    assert buckets(shop) == [("PROMOTIONAL", 0, 0)]

    # when one image is ready, and one fails
    await end_slots(shop, first, True, False)

    # then the one is paid, and the credit of the other can be spent for a day
    await shop.sweeper().expire_credits()
    assert buckets(shop) == [("PROMOTIONAL", 1, 0)]
    left = "SELECT expires_at > now() + interval '23 hours', is_extended FROM credit_buckets"
    assert sql(shop.database_url, left) == [(True, True)]
    again = await hold(shop, user, price=1)

    # and what comes back after that day too has expired: nobody keeps credits for ever by canceling
    run_out(shop)
    await end_slots(shop, second, True, False)
    await shop.cancel(user, again)
    await shop.sweeper().expire_credits()
    assert buckets(shop) == [("PROMOTIONAL", 0, 2)]
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(0, 0)]
    check_ledger(shop.database_url)


async def test_a_bucket_that_was_spent_since_it_was_found_is_left_alone(shop: Workshop) -> None:
    user = await shop.user(grant=1, life=DAY)
    job = await hold(shop, user, price=1)
    sql(shop.database_url, "UPDATE credit_buckets SET expires_at = now() + interval '1 day'")
    ((bucket,),) = sql(shop.database_url, "SELECT id FROM credit_buckets")
    before = row_counts(shop.database_url)

    # given a sweeper that has found it, when there is nothing free, and when its time is not over
    for statement in (run_out, lambda _: None):
        statement(shop)
        async with shop.db.write() as tx:
            await credits.expire(tx, bucket)
        assert row_counts(shop.database_url) == before
        sql(shop.database_url, "UPDATE credit_buckets SET expires_at = now() + interval '1 day'")
        await shop.cancel(user, job)
        before = row_counts(shop.database_url)
    assert buckets(shop) == [("PROMOTIONAL", 1, 0)]


async def test_a_grant_is_given_once(shop: Workshop) -> None:
    user = await shop.user(grant=1)

    for is_new in (True, False, False):
        async with shop.db.write() as tx:
            assert await credits.give(tx, user, Grant(BucketKind.PAID, 5), "order 1") is is_new

    assert buckets(shop) == [("PROMOTIONAL", 1, 0), ("PAID", 5, 0)]
    assert sql(shop.database_url, "SELECT balance FROM credit_accounts") == [(6,)]


async def test_who_has_little_left_is_told_once_each_time_it_falls(shop: Workshop) -> None:
    user = await shop.user(grant=12, low_mark=10)

    def told() -> int:
        return len(
            sql(shop.database_url, "SELECT id FROM outbox WHERE payload->>'kind' = %s", MyEventType.CREDITS_LOW.value)
        )

    # when credits are held, come back, and are spent down to the mark, nothing is told
    await end_slots(shop, await hold(shop, user, price=1, count=4), True, True, False, False)
    assert told() == 0

    # when the balance falls below it, that is told once
    await end_slots(shop, await hold(shop, user, price=1, count=3), True, True, True)
    assert told() == 1

    # and again when it has been higher since
    await give(shop, user, BucketKind.PAID, 5)
    await end_slots(shop, await hold(shop, user, price=1, count=3), True, True, True)
    assert told() == 2
