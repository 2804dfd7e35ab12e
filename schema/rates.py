"""What operations cost over time: a leaky bucket for each user, or for each address of those not signed in."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import strawberry
from graphql import GraphQLError

from domain.errors import RateLimited

if TYPE_CHECKING:
    from schema.context import Context


@strawberry.type(description="How much the one who asks may still spend on operations.")
class RateLimit:
    """The bucket of the one who asks."""

    limit: int = strawberry.field(description="Cost that the bucket holds.")
    remaining: int = strawberry.field(description="Cost that can be spent at once, this operation being paid.")
    refill_per_second: int = strawberry.field(description="Cost that becomes free again in a second.")
    resets_at: datetime = strawberry.field(description="When the whole limit is free again, if nothing is spent.")

    @classmethod
    def of(cls, context: Context) -> RateLimit:
        """Return the bucket of the one who asks."""
        bucket = context.services.cost_bucket
        level = context.services.throttle.level(_payer(context), bucket)
        return cls(
            limit=level.limit,
            remaining=level.remaining,
            refill_per_second=bucket.refill,
            resets_at=level.resets_at,
        )


def charge(context: Context, cost: int) -> GraphQLError | None:
    """Spend the cost of an operation before it runs; return its refusal where the bucket has no room for it."""
    if context.is_charged:
        return None
    refusal = context.services.throttle.draw(_payer(context), context.services.cost_bucket, cost)
    if refusal is None:
        return None
    wait = math.ceil(refusal.retry_after.total_seconds())
    extensions = {
        "code": RateLimited.code,
        "cost": cost,
        "available": refusal.remaining,
        "retryAfterSeconds": wait,
    }
    left = f"this costs {cost:,}, {refusal.remaining:,} is left"
    message = f"Too much in too short a time: {left}. Try again in {wait} s."
    return GraphQLError(message, extensions=extensions)


def _payer(context: Context) -> str:
    return f"cost:user:{context.claims.user_key}" if context.claims else f"cost:address:{context.address}"
