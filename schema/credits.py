"""Credits in the graph."""

from datetime import datetime

import strawberry

from db import tables
from db.words import LedgerKind
from domain import credits
from planner import Connection, column, connection, expression, node_id, planned
from schema.node import Node, identity


@strawberry.type(description="One movement of credits. Entries are added, never changed.")
@planned(tables.LedgerEntry, visible_to=lambda ask, entry: credits.is_entry_of(entry, ask.viewer))
class LedgerEntry(Node):
    """One movement of credits."""

    id: strawberry.ID = identity("entry")
    kind: LedgerKind = column("What it did.")
    amount: int = column("How many credits moved; always positive.")
    balance_after: int = column("The account's balance after it.")
    held_after: int = column("How many of these were held after it.")
    job_id: strawberry.ID | None = node_id("job", "The generation job it belongs to.", "job_id")
    created_at: datetime = column("When.")


@strawberry.type(description="A page of ledger entries.")
class LedgerEntryConnection(Connection[LedgerEntry]):
    """A page of ledger entries."""


@strawberry.type(description="A user's credits. One credit pays for one image of the cheapest engine.")
@planned(tables.CreditAccount, visible_to=lambda ask, account: account.user_id == ask.viewer)
class CreditAccount(Node):
    """A user's credits."""

    id: strawberry.ID = identity("credits")
    balance: int = column("Credits owned, held ones included.")
    held: int = column("Credits set aside for jobs that have not ended.")
    available: int = expression(
        "Credits free to spend: `balance` less `held`.", lambda _ask, account: account.balance - account.held
    )
    ledger: LedgerEntryConnection = connection(
        "All movements, newest first.", by="account_id", order=("-id",), seen=True
    )
