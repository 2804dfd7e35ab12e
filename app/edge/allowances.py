"""Rates that need not ask their store each time: units are taken in small lots by those who ask often."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from domain.ports import RateLimit, RateLimiter

_PARTS: Final = 50
"""A lot is at most this part of the limit, so that a limit is never off by more than 2 % for each process."""
_LIVES: Final = 10
"""A lot is used within this part of the window."""


@dataclass(slots=True)
class _Lot:
    size: int
    left: int
    ends: float


class Allowances:
    """Spends units of a ``RateLimiter``, which are taken one by one at first and in lots by who asks again soon.

    A lot grows to twice its size when it was used up in time, and begins anew with one unit when it was not. What is
    left over then is lost to its key. Where a lot is refused one unit is tried, so that the last ones are had too.
    """

    def __init__(
        self, limiter: RateLimiter, max_keys: int = 50_000, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take units from ``limiter``; the keys beyond ``max_keys`` that came first are forgotten."""
        self._limiter = limiter
        self._max_keys = max_keys
        self._clock = clock
        self._lots: dict[str, _Lot] = {}

    def take(self, key: str) -> bool:
        """Spend one unit that was taken before, without any I/O; False where there is none."""
        lot = self._lots.get(key)
        if lot is None or not lot.left or lot.ends < self._clock():
            return False
        lot.left -= 1
        return True

    async def spend(self, key: str, limit: int, per: timedelta) -> RateLimit | None:
        """Spend one unit of ``limit`` units ``per`` window under ``key``; return the refusal where there is none."""
        if self.take(key):
            return None
        now = self._clock()
        before = self._lots.get(key)
        is_quick = before is not None and before.ends >= now
        size = min(before.size * 2, max(1, limit // _PARTS)) if before and is_quick else 1
        answer = await self._limiter.hit(key, limit, per, size)
        if not answer.allowed and size > 1:
            size = 1
            answer = await self._limiter.hit(key, limit, per)
        if not answer.allowed:
            return answer
        self._lots.pop(key, None)
        self._lots[key] = _Lot(size, size - 1, now + per.total_seconds() / _LIVES)
        if len(self._lots) > self._max_keys:
            del self._lots[next(iter(self._lots))]
        return None
