"""Windows and buckets counted in this process: decisions without waiting.

Windows follow Cloudflare's sliding window counter, as in ``adapters.rate_limits``; buckets are leaky buckets as a meter
(ITU-T I.371): a level that falls with time and rises with what is spent.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from adapters.rate_limits import Window
from domain.ports import RateLimit

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import Bucket


class WindowCount:
    """The units of one key in the window of number ``index`` and in the one before."""

    __slots__ = ("current", "index", "key", "per", "previous", "untold", "untold_before")

    def __init__(self, key: str, index: int, per: int) -> None:
        """Start with nothing counted; windows are ``per`` ms long."""
        self.key = key
        self.index = index
        self.per = per
        self.current = 0
        self.previous = 0
        self.untold = 0
        """Part of ``current`` that other processes have not been told of."""
        self.untold_before = 0
        """The same of ``previous``."""

    def move_to(self, index: int) -> None:
        """Let the window of number ``index`` be the present one; an earlier one changes nothing."""
        if index <= self.index:
            return
        is_next = index == self.index + 1
        self.previous, self.untold_before = (self.current, self.untold) if is_next else (0, 0)
        self.index, self.current, self.untold = index, 0, 0


class BucketCount:
    """How full the bucket of one key is."""

    __slots__ = ("at", "key", "level", "refill", "untold")

    def __init__(self, key: str, at: float, refill: int) -> None:
        """Start empty at the time ``at`` (ms)."""
        self.key = key
        self.at = at
        self.refill = refill
        self.level = 0.0
        self.untold = 0
        """Units spent that other processes have not been told of."""

    def fall_to(self, now: float) -> None:
        """Let out what has leaked until ``now`` (ms)."""
        if now > self.at:
            self.level = max(0.0, self.level - (now - self.at) * self.refill / 1000)
            self.at = now


Count = WindowCount | BucketCount


class LocalThrottle:
    """Counts in this process alone; forgets the keys used least lately."""

    def __init__(self, max_keys: int = 50_000, clock: Callable[[], float] = time.monotonic) -> None:
        """Start with nothing counted; ``max_keys`` windows and as many buckets take 15 MB. ``clock`` tells seconds."""
        self.max_keys = max_keys
        self.clock = clock
        self.ahead = 0.0
        """Ms to add to ``clock`` for the time that tells one window from the next."""
        self._windows: OrderedDict[str, WindowCount] = OrderedDict()
        self._buckets: OrderedDict[str, BucketCount] = OrderedDict()

    def hit(self, key: str, limit: int, per: timedelta) -> RateLimit | None:
        """Spend one unit of a window."""
        length = max(1, int(per.total_seconds() * 1000))
        index, elapsed = divmod(int(self.clock() * 1000 + self.ahead), length)
        count = self._windows.get(key)
        if count is None or count.per != length:
            count = self._windows[key] = WindowCount(key, index, length)
            self._make_room(self._windows)
        self._windows.move_to_end(key)
        if index != count.index:
            count.move_to(index)
            elapsed = elapsed if index == count.index else 0  # the common time was set back a little
        if count.previous * (length - elapsed) + (count.current + 1) * length > limit * length:
            return Window(False, count.previous, count.current, elapsed).answer(limit, length, 1)
        count.current += 1
        count.untold += 1
        self._spent(count)
        return None

    def draw(self, key: str, bucket: Bucket, cost: int) -> RateLimit | None:
        """Spend units of a bucket."""
        count = self._bucket(key, bucket)
        if count.level + cost > bucket.size:
            return _told(count.level, bucket, cost)
        count.level += cost
        count.untold += cost
        self._spent(count)
        return None

    def level(self, key: str, bucket: Bucket) -> RateLimit:
        """Return how full a bucket is."""
        return _told(self._bucket(key, bucket).level, bucket, 0)

    def _bucket(self, key: str, bucket: Bucket) -> BucketCount:
        now = self.clock() * 1000
        count = self._buckets.get(key)
        if count is None or count.refill != bucket.refill:
            count = self._buckets[key] = BucketCount(key, now, bucket.refill)
            self._make_room(self._buckets)
        self._buckets.move_to_end(key)
        count.fall_to(now)
        return count

    def _make_room(self, counts: OrderedDict[str, WindowCount] | OrderedDict[str, BucketCount]) -> None:
        if len(counts) > self.max_keys:
            self._forgotten(counts.popitem(last=False)[1])

    def _spent(self, count: Count) -> None:
        """Take notice of units that were spent."""

    def _forgotten(self, count: Count) -> None:
        """Take notice that a key is counted no more."""


def _told(level: float, bucket: Bucket, cost: int) -> RateLimit:
    missing = max(0.0, level + cost - bucket.size)
    return RateLimit(
        allowed=missing == 0,
        limit=bucket.size,
        remaining=max(0, int(bucket.size - level)),
        retry_after=timedelta(seconds=missing / bucket.refill),
        resets_at=datetime.now(UTC) + timedelta(seconds=level / bucket.refill),
    )
