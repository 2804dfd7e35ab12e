"""The proof of the ledger: it is quiet where all is well, and names each kind of difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

import pytest

from audit import check_ledger
from domain import ledger
from stored import sql

if TYPE_CHECKING:
    from workshop import Workshop

pytestmark = pytest.mark.anyio

TAMPERED: dict[str, LiteralString] = {
    "account is not the fold of its entries": "UPDATE credit_accounts SET balance = balance + 1",
    "bucket is not the fold of its entries": "UPDATE credit_buckets SET available = available - 1",
    "free credits of an account are not those of its buckets": "UPDATE credit_accounts SET held = held + 1",
    "hold is not the fold of its entries": "UPDATE holds SET captured = 0, released = 2 WHERE captured > 0",
    "credits held of an account are not those of its holds": "UPDATE holds SET amount = amount + 1",
    "entry does not say what was left after it, or one before it is missing": (
        "DELETE FROM ledger_entries WHERE number = 2"
    ),
    "entry does not move as its kind does": "UPDATE ledger_entries SET kind = 'RELEASE' WHERE kind = 'CAPTURE'",
    "entry names a bucket of another account": (
        "UPDATE ledger_entries SET bucket_id = (SELECT max(id::text)::uuid FROM credit_buckets)"
    ),
    "slot is not settled as it ended": "UPDATE generation_slots SET status = 'FAILED' WHERE index = 0",
}


def test_every_question_is_tried() -> None:
    assert TAMPERED.keys() == ledger.QUESTIONS.keys()


@pytest.mark.parametrize("what", TAMPERED)
async def test_each_kind_of_difference_is_named(shop: Workshop, what: str) -> None:
    # given work that leaves the ledger true
    await shop.job(await shop.user(), prompt="a cat #fail:1", count=2)
    await shop.painter().paint_waiting()
    await shop.job(await shop.user(grant=3), count=2)
    check_ledger(shop.database_url)

    # when somebody changes rows past the rules and the trigger
    change: LiteralString = "SET session_replication_role = replica; "
    sql(shop.database_url, change + TAMPERED[what])

    # then it is told what differs, and from what
    told = [difference for difference in ledger.differences(shop.database_url) if difference.what == what]
    assert told
    assert all(difference.stored != difference.told for difference in told)
