"""What moderation can decide about, as its author and moderators see it."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db.words import ContentLevel
from planner import column, to_one

if TYPE_CHECKING:
    from schema.moderation import ModerationDecision

LastDecision = Annotated["ModerationDecision", strawberry.lazy("schema.moderation")] | None


def last_decision() -> LastDecision:
    """Declare what was decided last about a thing."""
    decision: LastDecision = to_one(
        "The last decision about it, such as why it is hidden; null where there is none, and for everybody but the one "
        "concerned and moderators.",
        lambda _ask, thing, decision: decision.subject_id == thing.id,
        order=("-id",),
    )
    return decision


@strawberry.interface(description="Something that moderation can decide about.")
class Moderated:
    """Something that moderation can decide about."""

    content_level: ContentLevel = column("For whom it is suitable.")
    moderation: LastDecision = last_decision()
