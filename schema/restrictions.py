"""What decisions do to people, as they and moderators see it: strikes and restrictions."""

from collections.abc import Sequence
from datetime import datetime

import strawberry

from db import tables
from db.words_moderation import Activity, ReportReason
from domain import restrictions
from planner import column, computed, expression, planned, to_one
from schema.accounts import User
from schema.context import Context
from schema.moderation import ModerationDecision
from schema.node import Node, identity


def _activities(_context: Context, activities: Sequence[str]) -> list[Activity]:
    return [Activity(activity) for activity in activities]


@strawberry.type(description="Somebody may not do some things for a while. It ends by itself.")
@planned(tables.Restriction, visible_to=lambda ask, row: (row.user_id == ask.viewer) | ask.moderator)
class Restriction(Node):
    """Somebody may not do some things for a while."""

    id: strawberry.ID = identity("restriction")
    activities: list[Activity] = computed("What they may not do.", _activities, "activities")
    reason: ReportReason = column("Why.")
    until: datetime = column("When it ends.")
    is_active: bool = expression("Whether it holds now.", lambda _ask, row: restrictions.is_active(row))
    is_automatic: bool = column("Whether it follows from the number of strikes alone.")
    user: User = to_one("Who is restricted.", by="user_id", seen=True)
    decision: ModerationDecision = to_one("The decision that it follows from.", by="decision_id")
    created_at: datetime = column("When it began.")
    lifted_at: datetime | None = column("When it was ended before its time; null where it was not.")


@strawberry.type(description="A decision counts against somebody, for a while. Several at once restrict them.")
@planned(tables.Strike, visible_to=lambda ask, row: (row.user_id == ask.viewer) | ask.moderator)
class Strike(Node):
    """A decision counts against somebody."""

    id: strawberry.ID = identity("strike")
    expires_at: datetime = column("When it counts no more.")
    is_active: bool = expression("Whether it counts now.", lambda _ask, row: restrictions.counts(row))
    decision: ModerationDecision = to_one("The decision.", by="decision_id")
    created_at: datetime = column("When.")
    taken_back_at: datetime | None = column("When an appeal took it back; null where none did.")
