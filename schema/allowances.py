"""How many images a user may still submit today, in the graph."""

from datetime import datetime

import strawberry

from domain import allowance


@strawberry.type(description="How many images the viewer may submit in a day, which begins at midnight in Seoul.")
class GenerationAllowance:
    """What a user may have painted today."""

    used: int = strawberry.field(description="Images submitted today, but for those whose credits came back.")
    limit: int = strawberry.field(description="Images of a day.")
    remaining: int = strawberry.field(description="Images that may still be submitted today.")
    resets_at: datetime = strawberry.field(description="When the next day begins.")

    @classmethod
    def of(cls, today: allowance.Allowance) -> "GenerationAllowance":
        """Return the object of an allowance."""
        return cls(used=today.used, limit=today.limit, remaining=today.remaining, resets_at=today.resets_at)
