"""The audit in the graph: who did what to what."""

from datetime import datetime

import strawberry
from sqlalchemy import Text, cast, func

from db import tables
from db.words_moderation import AuditAction
from planner import Connection, column, expression, planned, to_one
from schema.accounts import User
from schema.node import Node, identity


@strawberry.type(description="Who did what to what. Entries are added, never changed; `node` finds none.")
@planned(tables.AuditEntry)
class AuditEntry(Node):
    """Who did what to what."""

    id: strawberry.ID = identity("audit", found=False)
    action: AuditAction = column("What was done.")
    actor: User | None = to_one(
        "Who did it; null where it followed from a rule.",
        lambda _ask, entry, user: user.id == entry.actor_id,
        unique=True,
        seen=True,
    )
    subject_id: strawberry.ID = expression(
        "Global id of what it was done to.",
        lambda _ask, entry: entry.subject_kind + "_" + func.replace(cast(entry.subject_id, Text), "-", ""),
    )
    before: str = expression(
        "What it has changed, as it was before: JSON.", lambda _ask, entry: cast(entry.before, Text)
    )
    after: str = expression("The same as it was then: JSON.", lambda _ask, entry: cast(entry.after, Text))
    created_at: datetime = column("When.")


@strawberry.type(description="A page of the audit.")
class AuditEntryConnection(Connection[AuditEntry]):
    """A page of the audit."""


@strawberry.input(description="Which entries; those left out say nothing.")
class AuditFilter:
    """Which entries."""

    actor_id: strawberry.ID | None = strawberry.field(default=None, description="Those of what this user did.")
    subject_id: strawberry.ID | None = strawberry.field(
        default=None, description="Those of what was done to this: a case, a restriction, a user."
    )
    action: AuditAction | None = strawberry.field(default=None, description="Those of this kind.")
