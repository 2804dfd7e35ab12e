"""Credits in the graph."""

from datetime import datetime
from functools import partial

import strawberry

from db import tables
from db.words import LedgerKind
from domain import credits
from schema.connections import After, Connection, First, keyset
from schema.context import Info
from schema.node import Node, global_id


@strawberry.type(description="One movement of credits. Entries are added, never changed.")
class LedgerEntry(Node):
    """One movement of credits."""

    kind: LedgerKind = strawberry.field(description="What it did.")
    amount: int = strawberry.field(description="How many credits moved; always positive.")
    balance_after: int = strawberry.field(description="The account's balance after it.")
    held_after: int = strawberry.field(description="How many of these were held after it.")
    job_id: strawberry.ID | None = strawberry.field(description="The generation job it belongs to.")
    created_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, row: tables.LedgerEntry) -> "LedgerEntry":
        """Return the object of a row."""
        return cls(
            id=global_id("entry", row.id),
            kind=row.kind,
            amount=row.amount,
            balance_after=row.balance_after,
            held_after=row.held_after,
            job_id=global_id("job", row.job_id) if row.job_id else None,
            created_at=row.created_at,
        )


@strawberry.type(description="A page of ledger entries.")
class LedgerEntryConnection(Connection[LedgerEntry]):
    """A page of ledger entries."""


@strawberry.type(description="A user's credits. One credit pays for one image of the cheapest engine.")
class CreditAccount(Node):
    """A user's credits."""

    row: strawberry.Private[tables.CreditAccount]
    balance: int = strawberry.field(description="Credits owned, held ones included.")
    held: int = strawberry.field(description="Credits set aside for jobs that have not ended.")
    available: int = strawberry.field(description="Credits free to spend: `balance` less `held`.")

    @classmethod
    def of(cls, row: tables.CreditAccount) -> "CreditAccount":
        """Return the object of a row."""
        return cls(
            id=global_id("credits", row.id),
            row=row,
            balance=row.balance,
            held=row.held,
            available=row.balance - row.held,
        )

    @strawberry.field(description="All movements, newest first.")
    async def ledger(self, info: Info, first: First = None, after: After = None) -> LedgerEntryConnection:
        """Return a page of entries."""
        page = keyset(f"ledger:{self.row.id}", first, after)
        async with info.context.services.db.read() as tx:
            rows = await credits.entries_of(tx, self.row.id, page.before_key, page.limit)
        count = partial(credits.count_entries, account_id=self.row.id)
        return LedgerEntryConnection(**page.page(rows, LedgerEntry.of, count))
