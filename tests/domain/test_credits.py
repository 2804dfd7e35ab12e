"""Credits: the ledger under concurrency and random work, and what the database itself forbids."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, LiteralString
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy.exc import IntegrityError

from audit import check_ledger, check_rows
from db.session import Database
from db.words import HoldStatus
from domain import credits
from domain.errors import InsufficientCredits
from ledger_work import Fault, LedgerWork
from stored import sql
from workshop import slots_of

if TYPE_CHECKING:
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


async def test_random_work_with_faults_keeps_the_ledger_true(shop: Workshop) -> None:
    chance = random.Random(7)  # noqa: S311 - chance that can be repeated
    work = LedgerWork(Database(shop.database_url, pool_size=20), chance, fault_share=0.2)
    await work.welcome(4)

    # when many do whatever they like, and every fifth time something fails in the middle of it
    for _ in range(4):
        await work.run(operations=50, clients=10)
        check_ledger(shop.database_url)
    await work.end()
    await work.db.close()

    # then everything was tried, and nothing is amiss or still held
    assert {*work.done} == {"submit", "capture", "release", "cancel", "give", "outlive", "expire"}
    assert {*work.faults} == {fault.name for fault in Fault}
    check_ledger(shop.database_url)
    assert sql(shop.database_url, "SELECT sum(held) FROM credit_accounts") == [(0,)]
    assert sql(shop.database_url, "SELECT count(*) FROM generation_jobs") == [(len(work.jobs),)]


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
