"""Credits: granted in buckets, held for a job, captured for finished images, released for others, expired.

The ledger is double entry in its compact form: each entry moves credits of one bucket from one place (debit) to another
(credit), so debits equal credits by construction; accounts, buckets and holds are folds of it. Every change of an
account is made under the lock of its row. A slot is settled once: capture and release share a business key, and that
is unique.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import bindparam, exists, or_, select
from sqlmodel import col

from db import outbox
from db.tables import CreditAccount, CreditBucket, Hold, LedgerEntry
from db.tables.columns import now
from db.words import BucketKind, HoldStatus, LedgerKind, LedgerPlace, NotificationKind
from domain import notifications, streams
from domain.errors import InsufficientCredits, InvalidInput
from domain.notifications import Note
from domain.words import MyEventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

Source = TypeVar("Source")

RETURNED_LIFE: Final = timedelta(days=1)
"""How long credits that come back after their bucket has ended can still be spent; granted once to a bucket."""
MAXIMUM_BUCKETS: Final = 100
"""That are told of an account."""
MAXIMUM_LOW_MARK: Final = 1_000_000
_BATCH: Final = 100
_MOVES: Final = {
    LedgerKind.GRANT: (LedgerPlace.HOUSE, LedgerPlace.AVAILABLE),
    LedgerKind.HOLD: (LedgerPlace.AVAILABLE, LedgerPlace.HELD),
    LedgerKind.CAPTURE: (LedgerPlace.HELD, LedgerPlace.SPENT),
    LedgerKind.RELEASE: (LedgerPlace.HELD, LedgerPlace.AVAILABLE),
    LedgerKind.EXPIRE: (LedgerPlace.AVAILABLE, LedgerPlace.EXPIRED),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """Credits that come together, and expire after ``life``, if ever."""

    kind: BucketKind
    amount: int
    life: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Welcome:
    """How accounts are opened."""

    grant: Grant
    low_mark: int
    """Balance below which the owner is told, once each time it falls."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """A locked account, and what it holds for one job: for each bucket in the order of being spent."""

    account: CreditAccount
    holds: tuple[tuple[Hold, CreditBucket], ...]

    @property
    def released(self) -> int:
        """Credits of the job that came back so far."""
        return sum(held.released for held, _ in self.holds)


def spent_first(bucket: Row) -> list[ColumnElement[Any]]:
    """Return the order in which buckets are spent: promotional ones, then those that expire first, if ever.

    PostgreSQL puts NULL behind all moments.
    """
    return [bucket.kind.desc(), bucket.expires_at, bucket.id]


def is_entry_of(entry: Row, user_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which entries, or buckets, belong to the user's account."""
    return exists().where(col(CreditAccount.id) == entry.account_id, col(CreditAccount.user_id) == user_id)


async def open_account(tx: AsyncSession, user_id: UUID, welcome: Welcome) -> CreditAccount:
    """Open the account of a new user with a welcome grant; one of nothing is not entered."""
    account = CreditAccount(user_id=user_id, low_mark=welcome.low_mark)
    tx.add(account)
    await tx.flush()
    if welcome.grant.amount:
        await _fill(tx, account, welcome.grant, f"grant:welcome:{user_id}")
    return account


async def give(tx: AsyncSession, user_id: UUID, grant: Grant, key: str) -> bool:
    """Give a user credits; return whether that is new.

    The same ``key`` again changes nothing.
    """
    account = await lock_account(tx, user_id)
    business_key = f"grant:{key}"
    known = select(exists().where(col(LedgerEntry.business_key) == business_key))
    if (await tx.execute(known)).scalar_one():
        return False
    await _fill(tx, account, grant, business_key)
    return True


async def hold(tx: AsyncSession, account: CreditAccount, job_id: UUID, amount: int) -> None:
    """Set ``amount`` credits of a locked account aside for a job.

    Promotional credits go before paid ones, and those that expire sooner before those that expire later.

    Raises:
        InsufficientCredits: fewer are available.
    """
    buckets = (await tx.execute(_spendable(), {"account": account.id, "now": now()})).scalars().all()
    available = sum(bucket.available for bucket in buckets)
    if available < amount:
        raise InsufficientCredits(needed=amount, available=available)
    parts = _shares(amount, ((bucket, bucket.available) for bucket in buckets))
    for number, (bucket, part) in enumerate(parts):
        _enter(tx, (account, bucket), LedgerKind.HOLD, part, _numbered(f"hold:{job_id}", number), (job_id, None))
        tx.add(Hold(account_id=account.id, bucket_id=bucket.id, job_id=job_id, amount=part))


@cache
def _spendable() -> Select[CreditBucket]:
    """Return the statement, put together once: every submit runs it."""
    lives = or_(col(CreditBucket.expires_at).is_(None), col(CreditBucket.expires_at) > bindparam("now"))
    of_account = col(CreditBucket.account_id) == bindparam("account")
    query = select(CreditBucket).where(of_account, col(CreditBucket.available) > 0, lives)
    return query.order_by(*spent_first(CreditBucket))


async def lock_account(tx: AsyncSession, user_id: UUID) -> CreditAccount:
    """Return the account of a user, locked until the transaction ends."""
    return (await tx.execute(_lock(), {"user": user_id})).scalar_one()


@cache
def _lock() -> Select[CreditAccount]:
    return _locking(col(CreditAccount.user_id) == bindparam("user"))


async def lock_hold(tx: AsyncSession, job_id: UUID) -> Wallet:
    """Lock the account that pays for a job, and with it its holds; the job's own row is locked after it."""
    account_id = select(col(Hold.account_id)).where(col(Hold.job_id) == job_id).limit(1).scalar_subquery()
    account = await _locked(tx, col(CreditAccount.id) == account_id)
    query = (
        select(Hold, CreditBucket)
        .join(CreditBucket, col(CreditBucket.id) == col(Hold.bucket_id))
        .where(col(Hold.job_id) == job_id)
        .order_by(*spent_first(CreditBucket))
    )
    found = await tx.execute(query.execution_options(populate_existing=True))
    return Wallet(account, tuple((held, bucket) for held, bucket in found))


def capture(tx: AsyncSession, wallet: Wallet, slot_id: UUID, amount: int) -> None:
    """Spend ``amount`` of a locked hold for a finished image, from the buckets that are spent first."""
    parts = _shares(amount, [((held, bucket), _open(held)) for held, bucket in wallet.holds])
    for number, ((held, bucket), part) in enumerate(parts):
        held.captured += part
        settle(held)
        key = _numbered(f"slot:{slot_id}", number)
        _enter(tx, (wallet.account, bucket), LedgerKind.CAPTURE, part, key, (held.job_id, slot_id))


def release(tx: AsyncSession, wallet: Wallet, slot_id: UUID, amount: int) -> None:
    """Give ``amount`` of a locked hold back for an image that did not come to be, to the buckets that are spent last.

    A bucket that has ended meanwhile lives on for ``RETURNED_LIFE``, once.
    """
    parts = _shares(amount, [((held, bucket), _open(held)) for held, bucket in reversed(wallet.holds)])
    for number, ((held, bucket), part) in enumerate(parts):
        held.released += part
        settle(held)
        if not bucket.is_extended and bucket.expires_at and bucket.expires_at <= now():
            bucket.expires_at, bucket.is_extended = now() + RETURNED_LIFE, True
        key = _numbered(f"slot:{slot_id}", number)
        _enter(tx, (wallet.account, bucket), LedgerKind.RELEASE, part, key, (held.job_id, slot_id))


def checked_low_mark(credits: int | None) -> int:
    """Return the balance below which an owner is told; 0, which no balance falls below, where they are never told.

    Raises:
        InvalidInput: it is no number of credits that an account could sensibly have.
    """
    if credits is not None and not 0 <= credits <= MAXIMUM_LOW_MARK:
        raise InvalidInput("low_mark.range", ("input", "credits"), maximum=MAXIMUM_LOW_MARK)
    return credits or 0


async def set_low_mark(tx: AsyncSession, user_id: UUID, mark: int) -> UUID:
    """Set the balance below which a user is told from now on, by a checked mark; return the key of their account."""
    account = await lock_account(tx, user_id)
    account.low_mark = mark
    return account.id


async def expiring(tx: AsyncSession) -> Sequence[UUID]:
    """Return buckets that have ended with credits in them, the oldest first."""
    query = select(col(CreditBucket.id)).where(col(CreditBucket.expires_at) <= now(), col(CreditBucket.available) > 0)
    return (await tx.execute(query.order_by(col(CreditBucket.expires_at)).limit(_BATCH))).scalars().all()


async def expire(tx: AsyncSession, bucket_id: UUID) -> None:
    """Take back what is free in a bucket that has ended; what is held of it stays held."""
    account_id = select(col(CreditBucket.account_id)).where(col(CreditBucket.id) == bucket_id).scalar_subquery()
    account = await _locked(tx, col(CreditAccount.id) == account_id)
    bucket = await tx.get_one(CreditBucket, bucket_id, populate_existing=True)
    if bucket.available and bucket.expires_at and bucket.expires_at <= now():
        key = f"expire:{bucket.id}:{bucket.expired}"
        _enter(tx, (account, bucket), LedgerKind.EXPIRE, bucket.available, key)


async def _locked(tx: AsyncSession, which: ColumnElement[bool]) -> CreditAccount:
    return (await tx.execute(_locking(which))).scalar_one()


def _locking(which: ColumnElement[bool]) -> Select[CreditAccount]:
    return select(CreditAccount).where(which).with_for_update().execution_options(populate_existing=True)


async def _fill(tx: AsyncSession, account: CreditAccount, grant: Grant, key: str) -> None:
    expires_at = None if grant.life is None else now() + grant.life
    bucket = CreditBucket(account_id=account.id, kind=grant.kind, expires_at=expires_at)
    tx.add(bucket)
    await tx.flush()
    _enter(tx, (account, bucket), LedgerKind.GRANT, grant.amount, key)


def _shares(amount: int, sources: Iterable[tuple[Source, int]]) -> Iterator[tuple[Source, int]]:
    """Yield from which sources, in order, ``amount`` is taken; of the last one too much, where all have too little.

    The database then refuses that.
    """
    left, last = amount, None
    for source, room in sources:
        part, last = min(left, room), source
        left -= part
        if part:
            yield source, part
    if left and last is not None:
        yield last, left


def _numbered(key: str, number: int) -> str:
    """Return the business key of one of several entries; the first has that of all, and so it guards all."""
    return f"{key}:{number}" if number else key


def _open(held: Hold) -> int:
    return held.amount - held.captured - held.released


def settle(held: Hold) -> None:
    """Bring the state of a hold to what its numbers say; as these only grow, it never goes back (docs/states.md)."""
    if _open(held) > 0:
        held.status = HoldStatus.PARTIALLY_CAPTURED if held.captured else HoldStatus.ACTIVE
    else:
        held.status = HoldStatus.SETTLED if held.captured else HoldStatus.RELEASED


def _enter(
    tx: AsyncSession,
    purse: tuple[CreditAccount, CreditBucket],
    kind: LedgerKind,
    amount: int,
    business_key: str,
    about: tuple[UUID | None, UUID | None] = (None, None),
) -> None:
    account, bucket = purse
    debit, credit = _MOVES[kind]
    before = account.balance
    account.entry_count += 1
    account.balance += amount * ((debit is LedgerPlace.HOUSE) - (credit in {LedgerPlace.SPENT, LedgerPlace.EXPIRED}))
    account.held += amount * ((credit is LedgerPlace.HELD) - (debit is LedgerPlace.HELD))
    bucket.granted += amount * (debit is LedgerPlace.HOUSE)
    bucket.available += amount * ((credit is LedgerPlace.AVAILABLE) - (debit is LedgerPlace.AVAILABLE))
    bucket.expired += amount * (credit is LedgerPlace.EXPIRED)
    entry = LedgerEntry(
        account_id=account.id,
        number=account.entry_count,
        bucket_id=bucket.id,
        business_key=business_key,
        kind=kind,
        debit=debit,
        credit=credit,
        amount=amount,
        balance_after=account.balance,
        held_after=account.held,
        job_id=about[0],
        slot_id=about[1],
    )
    tx.add(entry)
    told = {"account": str(account.id), "entry": str(entry.id)}
    outbox.publish(tx, streams.of_user(account.user_id), MyEventType.CREDITS_CHANGED, told)
    if account.balance < account.low_mark <= before:
        outbox.publish(tx, streams.of_user(account.user_id), MyEventType.CREDITS_LOW, told)
        notifications.note(tx, Note(NotificationKind.CREDITS_LOW, account.user_id, account.user_id, item_id=entry.id))
