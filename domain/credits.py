"""Credits: granted, held for a job, captured for each finished image, released for each that did not come to be.

The ledger is double entry in its compact form: each entry names the bucket it takes from (debit) and the one it gives
to (credit), so debits equal credits by construction; account and hold are folds of it. A slot is settled once: its
capture and its release would share one business key, and that is unique.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlmodel import col

from db import outbox
from db.tables import CreditAccount, Hold, LedgerEntry
from db.words import HoldStatus, LedgerBucket, LedgerKind
from domain import streams
from domain.errors import InsufficientCredits
from domain.words import MyEventType

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

_MOVES = {
    LedgerKind.GRANT: (LedgerBucket.HOUSE, LedgerBucket.AVAILABLE),
    LedgerKind.HOLD: (LedgerBucket.AVAILABLE, LedgerBucket.HELD),
    LedgerKind.CAPTURE: (LedgerBucket.HELD, LedgerBucket.SPENT),
    LedgerKind.RELEASE: (LedgerBucket.HELD, LedgerBucket.AVAILABLE),
}


def is_entry_of(entry: Row, user_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which entries belong to the user's account."""
    return exists().where(col(CreditAccount.id) == entry.account_id, col(CreditAccount.user_id) == user_id)


async def open_account(tx: AsyncSession, user_id: UUID, grant: int) -> CreditAccount:
    """Open the account of a new user with a welcome grant of ``grant`` credits."""
    account = CreditAccount(user_id=user_id)
    tx.add(account)
    await tx.flush()
    if grant:
        _enter(tx, account, LedgerKind.GRANT, grant, f"grant:welcome:{user_id}")
    return account


async def lock_account(tx: AsyncSession, user_id: UUID) -> CreditAccount:
    """Return the user's account, locked until the transaction ends."""
    query = select(CreditAccount).where(col(CreditAccount.user_id) == user_id).with_for_update()
    return (await tx.execute(query.execution_options(populate_existing=True))).scalar_one()


async def hold(tx: AsyncSession, user_id: UUID, job_id: UUID, amount: int) -> Hold:
    """Set ``amount`` credits aside for a job; locks the account until the transaction ends.

    Raises:
        InsufficientCredits: fewer are available.
    """
    account = await lock_account(tx, user_id)
    available = account.balance - account.held
    if available < amount:
        raise InsufficientCredits(needed=amount, available=available)
    _enter(tx, account, LedgerKind.HOLD, amount, f"hold:{job_id}", job_id)
    held = Hold(account_id=account.id, job_id=job_id, amount=amount)
    tx.add(held)
    return held


async def lock_hold(tx: AsyncSession, job_id: UUID) -> tuple[CreditAccount, Hold]:
    """Lock account and hold of a job, in this order; the job's own row is locked after them."""
    account_id = select(col(Hold.account_id)).where(col(Hold.job_id) == job_id).scalar_subquery()
    locked = select(CreditAccount).where(col(CreditAccount.id) == account_id).with_for_update()
    account = (await tx.execute(locked)).scalar_one()
    held = (await tx.execute(select(Hold).where(col(Hold.job_id) == job_id).with_for_update())).scalar_one()
    return account, held


def capture(tx: AsyncSession, wallet: tuple[CreditAccount, Hold], slot_id: UUID, amount: int) -> None:
    """Spend ``amount`` of a locked hold for a finished image."""
    account, held = wallet
    held.captured += amount
    _enter(tx, account, LedgerKind.CAPTURE, amount, f"slot:{slot_id}", held.job_id, slot_id)
    _settle(held)


def release(tx: AsyncSession, wallet: tuple[CreditAccount, Hold], slot_id: UUID, amount: int) -> None:
    """Give ``amount`` of a locked hold back for an image that did not come to be."""
    account, held = wallet
    held.released += amount
    _enter(tx, account, LedgerKind.RELEASE, amount, f"slot:{slot_id}", held.job_id, slot_id)
    _settle(held)


def _settle(held: Hold) -> None:
    if held.captured + held.released < held.amount:
        held.status = HoldStatus.PARTIALLY_CAPTURED if held.captured else HoldStatus.ACTIVE
    else:
        held.status = HoldStatus.SETTLED if held.captured else HoldStatus.RELEASED


def _enter(  # noqa: PLR0913, PLR0917 - an entry has as many facts
    tx: AsyncSession,
    account: CreditAccount,
    kind: LedgerKind,
    amount: int,
    business_key: str,
    job_id: UUID | None = None,
    slot_id: UUID | None = None,
) -> None:
    debit, credit = _MOVES[kind]
    account.balance += amount * ((debit is LedgerBucket.HOUSE) - (credit is LedgerBucket.SPENT))
    account.held += amount * ((credit is LedgerBucket.HELD) - (debit is LedgerBucket.HELD))
    entry = LedgerEntry(
        account_id=account.id,
        business_key=business_key,
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
        balance_after=account.balance,
        held_after=account.held,
        job_id=job_id,
        slot_id=slot_id,
    )
    tx.add(entry)
    told = {"account": str(account.id), "entry": str(entry.id)}
    outbox.publish(tx, streams.of_user(account.user_id), MyEventType.CREDITS_CHANGED, told)
