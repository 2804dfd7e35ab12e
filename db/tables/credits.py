"""Credits: an account a user, buckets that expire, holds for running jobs, a ledger that is only ever added to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import BucketKind, HoldStatus, LedgerKind, LedgerPlace


class CreditAccount(SQLModel, table=True):
    """How many credits a user owns, and how many of these are held for jobs; the fold of the ledger."""

    __tablename__ = "credit_accounts"
    __table_args__ = (CheckConstraint("held >= 0 AND balance >= held", name="covered"),)

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", unique=True)
    balance: int = 0
    held: int = 0
    entry_count: int = 0
    low_mark: int = 0
    """The owner is told when the balance falls below it."""
    created_at: datetime = moment()


class CreditBucket(SQLModel, table=True):
    """Credits that came together and expire together; the fold of the ledger's entries that name it.

    What is held of them is in ``holds``, so that a capture changes no bucket.
    """

    __tablename__ = "credit_buckets"
    __table_args__ = (
        CheckConstraint("available >= 0 AND expired >= 0", name="not_negative"),
        CheckConstraint("available + expired <= granted", name="within_granted"),
        Index("ix_credit_buckets_expires_at", "expires_at", postgresql_where=text("available > 0")),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="credit_accounts.id", ondelete="CASCADE", index=True)
    kind: BucketKind = word(BucketKind, "kind")
    granted: int = 0
    available: int = 0
    expired: int = 0
    expires_at: datetime | None = moment_or_none()
    is_extended: bool = False
    """Whether credits came back after its end, and it was given one more day for them."""
    created_at: datetime = moment()


class Hold(SQLModel, table=True):
    """Credits of one bucket set aside for one job: captured image by image, the remainder released."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND captured >= 0 AND released >= 0", name="not_negative"),
        CheckConstraint("captured + released <= amount", name="within_amount"),
        UniqueConstraint("job_id", "bucket_id"),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="credit_accounts.id", ondelete="CASCADE", index=True)
    bucket_id: UUID = Field(foreign_key="credit_buckets.id", ondelete="CASCADE", index=True)
    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE")
    status: HoldStatus = word(HoldStatus, "status", HoldStatus.ACTIVE)
    amount: int
    captured: int = 0
    released: int = 0
    created_at: datetime = moment()


class LedgerEntry(SQLModel, table=True):
    """One movement of credits of a bucket between two places; a trigger forbids changing or deleting it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount > 0 AND debit <> credit", name="moves"),
        UniqueConstraint("account_id", "number"),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="credit_accounts.id")
    number: int
    """1 for the first entry of the account, and without gaps."""
    bucket_id: UUID = Field(foreign_key="credit_buckets.id", index=True)
    business_key: str = Field(unique=True)
    kind: LedgerKind = word(LedgerKind, "kind")
    debit: LedgerPlace = word(LedgerPlace, "debit")
    credit: LedgerPlace = word(LedgerPlace, "credit")
    amount: int
    balance_after: int
    held_after: int
    job_id: UUID | None = Field(default=None, index=True)
    slot_id: UUID | None = None
    created_at: datetime = moment()
