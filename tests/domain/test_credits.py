"""Credits: the ledger under concurrency and random work, and what the database itself forbids."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, LiteralString
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from audit import check_end, check_rows
from db.words import HoldStatus, SlotStatus
from domain import credits, jobs
from domain.errors import InsufficientCredits
from domain.words import FailureCode
from stored import sql
from workshop import slots_of

if TYPE_CHECKING:
    from uuid import UUID

    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def test_a_hundred_spends_at_once_of_a_balance_for_ten_are_exactly_ten(shop: Workshop) -> None:
    user = await shop.user(grant=10)

    results = await asyncio.gather(*(shop.job(user) for _ in range(100)), return_exceptions=True)

    refused = [result for result in results if isinstance(result, BaseException)]
    assert len(refused) == 90
    for refusal in refused:
        assert isinstance(refusal, InsufficientCredits)
        assert (refusal.needed, refusal.available) == (1, 0)
    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(10, 10)]
    assert sql(shop.database_url, "SELECT count(*) FROM generation_jobs") == [(10,)]
    assert sql(shop.database_url, "SELECT max(held_after) FROM ledger_entries") == [(10,)]
    check_rows(shop.database_url)


async def test_random_work_keeps_the_ledger_true(shop: Workshop) -> None:
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated
    users = [await shop.user(grant=chance.randint(0, 20)) for _ in range(3)]
    running: dict[UUID, UUID] = {}

    async def submit() -> None:
        user = chance.choice(users)
        with suppress(InsufficientCredits):
            running[await shop.job(user, count=chance.randint(1, 8))] = user

    async def settle() -> None:
        """Release the credits of an open slot; sometimes die in the middle of it, and leave no trace."""
        job_id = chance.choice(list(running))
        ways_out = [ZeroDivisionError] if chance.random() < 0.3 else []
        with suppress(*ways_out):
            async with shop.db.write() as tx:
                wallet = await credits.lock_hold(tx, job_id)
                job = await jobs.lock(tx, job_id)
                slot = next((slot for slot in await jobs.slots(tx, job_id) if not slot.status.is_final), None)
                if slot:
                    jobs.close_slot(tx, wallet, job, slot, SlotStatus.FAILED, FailureCode.ENGINE_ERROR)
                    await tx.flush()
                assert not ways_out or 1 / 0

    async def cancel() -> None:
        job_id = chance.choice(list(running))
        await shop.cancel(running.pop(job_id), job_id)

    for _ in range(30):
        work = [submit] + ([submit, settle, settle, settle, cancel] if running else [])
        await asyncio.gather(*(chance.choice(work)() for _ in range(4) if running or work == [submit]))
        check_rows(shop.database_url)
    for job_id, user in running.items():
        await shop.cancel(user, job_id)
    check_end(shop.database_url)


async def test_a_slot_is_settled_once(shop: Workshop) -> None:
    user = await shop.user(grant=5)
    job_id = await shop.job(user, count=2)
    async with shop.db.read() as tx:
        slot, _ = await slots_of(tx, job_id)
    async with shop.db.write() as tx:
        credits.capture(tx, await credits.lock_hold(tx, job_id), slot.id, 1)

    for settle in (credits.capture, credits.release):
        with pytest.raises(IntegrityError, match="uq_ledger_entries_business_key"):
            async with shop.db.write() as tx:
                settle(tx, await credits.lock_hold(tx, job_id), slot.id, 1)

    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(4, 1)]
    assert sql(shop.database_url, "SELECT status, captured, released FROM holds") == [
        (HoldStatus.PARTIALLY_CAPTURED, 1, 0)
    ]


async def test_more_than_was_held_can_not_be_settled(shop: Workshop) -> None:
    job_id = await shop.job(await shop.user(grant=5))

    for settle in (credits.capture, credits.release):
        with pytest.raises(IntegrityError, match=r"within_amount|covered"):
            async with shop.db.write() as tx:
                settle(tx, await credits.lock_hold(tx, job_id), uuid4(), 2)

    assert sql(shop.database_url, "SELECT balance, held FROM credit_accounts") == [(5, 1)]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET amount = amount + 1",
        "UPDATE ledger_entries SET account_id = account_id WHERE false",
        "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries",
        "TRUNCATE credit_accounts CASCADE",
        "DELETE FROM users",
    ],
)
async def test_what_is_in_the_ledger_stays(shop: Workshop, statement: LiteralString) -> None:
    await shop.job(await shop.user())
    before = sql(shop.database_url, "SELECT * FROM ledger_entries ORDER BY id")
    assert len(before) == 2

    with pytest.raises(psycopg.Error, match="ledger"):
        sql(shop.database_url, statement)

    assert sql(shop.database_url, "SELECT * FROM ledger_entries ORDER BY id") == before
