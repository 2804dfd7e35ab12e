"""Attempts at something that is guarded: few in all, and the further apart the more of them there were."""

from __future__ import annotations

import hashlib
import math
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from db.tables.columns import now
from domain.errors import TooManyAttempts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.ports import RateLimit, RateLimiter

Stair = tuple[int, timedelta]
"""So many attempts in any such time."""

PER_ACCOUNT: Final[Sequence[Stair]] = (
    (3, timedelta(seconds=30)),
    (4, timedelta(minutes=3)),
    (5, timedelta(minutes=15)),
)
"""Passwords tried for one account: three at once, then after half a minute, some minutes, a quarter of an hour."""
PER_ADDRESS: Final[Sequence[Stair]] = ((25, timedelta(minutes=5)),)
"""Attempts from one address, whoever they are for; the numbers are Mastodon's."""


async def count(limiter: RateLimiter, what: str, who: str, stairs: Sequence[Stair]) -> None:
    """Count one attempt at ``what`` for, or from, ``who`` before it is made; refused ones count on the higher stairs.

    Raises:
        TooManyAttempts: one of the stairs is full.
    """
    _require_allowed([await limiter.hit(_key(what, who, per), limit, per) for limit, per in stairs])


async def require_room(limiter: RateLimiter, what: str, who: str, stairs: Sequence[Stair]) -> None:
    """Refuse where one more attempt would be too many, and count none: how it ends decides whether it counts.

    Raises:
        TooManyAttempts: one of the stairs is full.
    """
    _require_allowed([await limiter.hit(_key(what, who, per), limit - 1, per, cost=0) for limit, per in stairs])


async def note(limiter: RateLimiter, what: str, who: str, stairs: Sequence[Stair]) -> None:
    """Count one attempt that was made."""
    for limit, per in stairs:
        await limiter.hit(_key(what, who, per), limit, per)


async def forget(limiter: RateLimiter, what: str, who: str, stairs: Sequence[Stair]) -> None:
    """Begin anew: the last attempt was right."""
    for _, per in stairs:
        await limiter.forget(_key(what, who, per))


def _require_allowed(verdicts: Sequence[RateLimit]) -> None:
    wait = max(verdict.retry_after for verdict in verdicts)
    if not all(verdict.allowed for verdict in verdicts):
        raise TooManyAttempts(now() + wait, max(1, math.ceil(wait.total_seconds())))


def _key(what: str, who: str, per: timedelta) -> str:
    """Return a key of bounded length that tells nobody's address."""
    digest = hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{what}:{digest}:{per.total_seconds():.0f}"
