"""Sliding-window rate limits: counted in Redis for a cluster, or in this process where there is no Redis.

Both follow Cloudflare's sliding window counter (2017, "How we built rate limiting capable of scaling to millions of
domains"): the units of the window before, weighted by the part of it that the sliding window still covers, plus the
units of the present window. What is refused is not counted, and the two numbers are all that is kept.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError

from domain.ports import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from redis.asyncio import Redis

    from domain.ports import RateLimiter

logger = structlog.stdlib.get_logger(__name__)

HIT = """
local per, limit, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local index = math.floor(ms / per)
local elapsed = ms - index * per
local state = redis.call('HMGET', KEYS[1], 'index', 'current', 'previous')
local seen, current, previous = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
if seen == index - 1 then
  previous, current = current, 0
elseif seen ~= index then
  previous, current = 0, 0
end
local allowed = previous * (per - elapsed) + (current + cost) * per <= limit * per
if allowed then
  current = current + cost
  redis.call('HSET', KEYS[1], 'index', index, 'current', current, 'previous', previous)
  redis.call('PEXPIRE', KEYS[1], 2 * per)
end
return {allowed and 1 or 0, previous, current, elapsed}
"""
"""Decides and counts in one step by the clock of the server. All in ms; the key holds the last two windows."""


@dataclass(frozen=True, slots=True)
class Window:
    """Two neighbouring fixed windows, seen ``elapsed`` ms after the second began; counts are after the hit."""

    allowed: bool
    previous: int
    current: int
    elapsed: int

    def answer(self, limit: int, per: int, cost: int) -> RateLimit:
        """Put into words what the window holds; ``per`` in ms."""
        used = self.current + self.previous * (per - self.elapsed) / per
        emptied = (2 if self.current else bool(self.previous)) * per - self.elapsed
        return RateLimit(
            allowed=self.allowed,
            limit=limit,
            remaining=max(0, int(limit - used)),
            retry_after=timedelta(milliseconds=0 if self.allowed else self._wait(limit, per, cost)),
            resets_at=datetime.now(UTC) + timedelta(milliseconds=max(0, emptied)),
        )

    def _wait(self, limit: int, per: int, cost: int) -> int:
        """Return the ms until ``cost`` units fit: in this window as the one before fades, or else in the next one."""
        free = limit - self.current - cost
        if free >= 0:
            return _fade(self.previous, free, per) - self.elapsed
        return per - self.elapsed + _fade(self.current, max(0, limit - cost), per)


def _fade(units: int, free: int, per: int) -> int:
    """Return how many ms into a window the ``units`` of the one before weigh at most ``free``."""
    return 0 if units <= free else -(-per * (units - free) // units)


class LocalRateLimiter:
    """Counts in this process, for a single-process set-up and while Redis is away; forgets the keys used least lately.

    With N processes each counts for itself, so that N times the limit may pass.
    """

    def __init__(self, max_keys: int = 50_000, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing counted; a key takes about 200 bytes. ``clock`` tells seconds."""
        self.max_keys = max_keys
        self.clock = clock
        self._windows: OrderedDict[str, tuple[int, int, int]] = OrderedDict()

    async def hit(self, key: str, limit: int, per: timedelta, cost: int = 1) -> RateLimit:
        """Spend ``cost`` units under ``key``."""
        length = _milliseconds(per)
        index, elapsed = divmod(int(self.clock() * 1000), length)
        seen, current, previous = self._windows.pop(key, (index, 0, 0))
        if seen == index - 1:
            current, previous = 0, current
        elif seen != index:
            current, previous = 0, 0
        allowed = previous * (length - elapsed) + (current + cost) * length <= limit * length
        current += cost if allowed else 0
        self._windows[key] = (index, current, previous)
        if len(self._windows) > self.max_keys:
            self._windows.popitem(last=False)
        return Window(allowed, previous, current, elapsed).answer(limit, length, cost)

    async def forget(self, key: str) -> None:
        """Make all units of ``key`` free again."""
        self._windows.pop(key, None)


class RedisRateLimiter:
    """Counts in Redis or Valkey for all processes together, and by ``fallback`` while Redis is away."""

    def __init__(
        self,
        redis: Redis,
        fallback: RateLimiter | None = None,
        patience: timedelta = timedelta(milliseconds=250),
        pause: timedelta = timedelta(seconds=2),
        prefix: str = "rate:",
    ) -> None:
        """Count under ``prefix``; a hit waits ``patience`` for Redis, which is then left alone for ``pause``."""
        self.redis = redis
        self.fallback = fallback or LocalRateLimiter()
        self.patience = patience.total_seconds()
        self.pause = pause.total_seconds()
        self.prefix = prefix
        self._hit = redis.register_script(HIT)
        self._away_until: float | None = None

    async def hit(self, key: str, limit: int, per: timedelta, cost: int = 1) -> RateLimit:
        """Spend ``cost`` units under ``key``."""
        if self._away_until is not None and time.monotonic() < self._away_until:
            return await self.fallback.hit(key, limit, per, cost)
        length = _milliseconds(per)
        try:
            async with asyncio.timeout(self.patience):
                allowed, previous, current, elapsed = await self._hit(
                    keys=[self.prefix + key], args=[length, limit, cost]
                )
        except (RedisError, OSError, TimeoutError) as error:
            self._left_by(error)
            return await self.fallback.hit(key, limit, per, cost)
        if self._away_until is not None:
            self._away_until = None
            logger.info("rate_limits_in_redis_again")
        return Window(bool(allowed), previous, current, elapsed).answer(limit, length, cost)

    async def forget(self, key: str) -> None:
        """Make all units of ``key`` free again, here and in Redis."""
        await self.fallback.forget(key)
        if self._away_until is not None and time.monotonic() < self._away_until:
            return
        try:
            async with asyncio.timeout(self.patience):
                await self.redis.delete(self.prefix + key)
        except (RedisError, OSError, TimeoutError) as error:
            self._left_by(error)

    def _left_by(self, error: Exception) -> None:
        if self._away_until is None:
            logger.warning("rate_limits_in_process", reason=type(error).__name__)
        self._away_until = time.monotonic() + self.pause


def _milliseconds(duration: timedelta) -> int:
    return max(1, duration // timedelta(milliseconds=1))
