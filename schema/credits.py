"""Credits in the graph."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import BucketKind, LedgerKind
from domain import credits
from domain.messages import message
from planner import Connection, column, computed, connection, expression, node_id, planned, to_many, to_one
from schema.context import Context
from schema.errors import InvalidInput
from schema.node import Node, identity


@strawberry.type(description="Credits that came together, are of one kind, and expire together.")
@planned(tables.CreditBucket, visible_to=lambda ask, bucket: credits.is_entry_of(bucket, ask.viewer))
class CreditBucket(Node):
    """Credits that expire together."""

    id: strawberry.ID = identity("bucket")
    kind: BucketKind = column("Where they came from.")
    amount: int = column("How many of them are free to spend; held ones are not counted.", "available")
    expires_at: datetime | None = column(
        "When what is free of them expires; null for never. Held ones do not: where some come back later, the bucket "
        "lives on for a day, once."
    )


def _description(context: Context, kind: str) -> str:
    return message(f"ledger.{kind}", context.language)


@strawberry.type(description="One movement of credits. Entries are added, never changed.")
@planned(tables.LedgerEntry, visible_to=lambda ask, entry: credits.is_entry_of(entry, ask.viewer))
class LedgerEntry(Node):
    """One movement of credits."""

    id: strawberry.ID = identity("entry")
    number: int = column("1 for the first of the account; no number is left out.")
    kind: LedgerKind = column("What it did.")
    description: str = computed(
        "What it did, for people, in the language of the request (Korean or English).", _description, "kind"
    )
    amount: int = column("How many credits moved; always positive.")
    balance_after: int = column("The account's balance after it.")
    held_after: int = column("How many of these were held after it.")
    bucket: CreditBucket = to_one("The bucket whose credits moved.", by="bucket_id", seen=True)
    job_id: strawberry.ID | None = node_id("job", "The generation job it belongs to.", "job_id")
    slot_id: strawberry.ID | None = node_id("slot", "The image of that job it belongs to.", "slot_id")
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
    low_mark: int = column("The owner is told on `myEvents` when `balance` falls below it; 0 for never.")
    buckets: list[CreditBucket] = to_many(
        "The free credits, in the order in which they are spent: promotional ones first, then those that expire first. "
        f"{credits.MAXIMUM_BUCKETS} at most.",
        lambda _ask, account, bucket: (bucket.account_id == account.id) & (bucket.available > 0),
        order=credits.spent_first,
        limit=credits.MAXIMUM_BUCKETS,
        seen=True,
    )
    ledger: LedgerEntryConnection = connection(
        "All movements, newest first.", by="account_id", order=("-number", "-id"), seen=True
    )


@strawberry.input(description="When to be told of a low balance.")
class SetLowCreditMarkInput:
    """When to be told of a low balance."""

    credits: int | None = strawberry.field(
        description="The balance below which `CreditsLow` tells, 0 to 1,000,000; null, or 0, for never."
    )


@strawberry.type(description="The mark is set.")
class SetLowCreditMarkSuccess:
    """The mark is set."""

    account: CreditAccount = strawberry.field(description="The viewer's account.")


SetLowCreditMarkResult = Annotated[
    SetLowCreditMarkSuccess | InvalidInput,
    strawberry.union("SetLowCreditMarkResult", description="Result of `setLowCreditMark`."),
]
