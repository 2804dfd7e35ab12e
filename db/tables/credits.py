"""Credits: an account a user, holds for running jobs, and a ledger to which entries are only ever added."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, word
from db.words import HoldStatus, LedgerBucket, LedgerKind


class CreditAccount(SQLModel, table=True):
    """How many credits a user owns, and how many of these are held for jobs; the fold of the ledger."""

    __tablename__ = "credit_accounts"
    __table_args__ = (CheckConstraint("held >= 0 AND balance >= held", name="covered"),)

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", unique=True)
    balance: int = 0
    held: int = 0
    created_at: datetime = moment()


class Hold(SQLModel, table=True):
    """Credits set aside for one job: captured image by image, the remainder released."""

    __tablename__ = "holds"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND captured >= 0 AND released >= 0", name="not_negative"),
        CheckConstraint("captured + released <= amount", name="within_amount"),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="credit_accounts.id", ondelete="CASCADE", index=True)
    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE", unique=True)
    status: HoldStatus = word(HoldStatus, "status", HoldStatus.ACTIVE)
    amount: int
    captured: int = 0
    released: int = 0
    created_at: datetime = moment()


class LedgerEntry(SQLModel, table=True):
    """One movement of credits between two buckets of an account; a trigger forbids changing or deleting it."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount > 0 AND debit <> credit", name="moves"),
        Index("ix_ledger_entries_account_id_id", "account_id", "id"),
    )

    id: UUID = key()
    account_id: UUID = Field(foreign_key="credit_accounts.id")
    business_key: str = Field(unique=True)
    kind: LedgerKind = word(LedgerKind, "kind")
    debit: LedgerBucket = word(LedgerBucket, "debit")
    credit: LedgerBucket = word(LedgerBucket, "credit")
    amount: int
    balance_after: int
    held_after: int
    job_id: UUID | None = Field(default=None, index=True)
    slot_id: UUID | None = None
    created_at: datetime = moment()
