"""``rateLimit``: what the one who asks may still spend."""

import strawberry

from schema.context import Info
from schema.rates import RateLimit


@strawberry.type
class LimitQueries:
    """Root fields about limits."""

    @strawberry.field(description="How much the one who asks may still spend on operations.")
    def rate_limit(self, info: Info) -> RateLimit:
        """Return the bucket of the viewer, or of the address of somebody who is not signed in."""
        info.context.require_good_token()
        return RateLimit.of(info.context)
