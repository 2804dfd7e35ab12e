"""The throttle of a cluster: each process decides by itself, and all of them add up in Redis, ten times a second."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING, Final

import orjson
import structlog
from redis.exceptions import RedisError

from adapters.throttle import BucketCount, LocalThrottle, WindowCount

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis.asyncio import Redis

    from adapters.throttle import Count

logger = structlog.stdlib.get_logger(__name__)
_FAILURES: Final = (RedisError, OSError, TimeoutError)
BATCH: Final = 1_000
"""Counts that one call of the script carries; the server answers nobody else meanwhile, for about 2 ms."""

EXCHANGE: Final = """
local now = redis.call('TIME')
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
local answer, told = {ms}, cjson.decode(ARGV[1])
for n, key in ipairs(KEYS) do
  local at = 4 * (n - 1)
  local per, index = told[at + 1], told[at + 2]
  local units, late = told[at + 3], told[at + 4]
  if per > 0 then
    local state = redis.call('HMGET', key, 'index', 'current', 'previous')
    local seen = tonumber(state[1]) or index
    local current, previous = tonumber(state[2]) or 0, tonumber(state[3]) or 0
    if index > seen then
      previous, current, seen = index == seen + 1 and current or 0, 0, index
    end
    if index == seen then
      current, previous = current + units, previous + late
    elseif index == seen - 1 then
      previous = previous + units
    end
    redis.call('HSET', key, 'index', seen, 'current', current, 'previous', previous)
    redis.call('PEXPIRE', key, 2 * per)
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = seen, current, previous
  else
    local refill = index
    local state = redis.call('HMGET', key, 'level', 'at')
    local level = (tonumber(state[1]) or 0) - (ms - (tonumber(state[2]) or ms)) * refill
    level = math.max(0, level) + units * 1000
    redis.call('HSET', key, 'level', level, 'at', ms)
    redis.call('PEXPIRE', key, math.ceil(level / refill) + 1000)
    answer[#answer + 1], answer[#answer + 2], answer[#answer + 3] = level, 0, 0
  end
end
return answer
"""
"""Adds what one process spent and answers with what all of them have. For each key four numbers, in one JSON array.

A window: its length in ms, its number, the units spent in it and in the one before; answered with the number of the
newest window and the units in it and before it. A bucket: 0, its refill, the units, 0; answered with its level in
thousandths. The first number of the answer is the server's clock in ms.
"""


class SharedThrottle(LocalThrottle):
    """Counts in this process, and with all others through Redis or Valkey; alone while that is away.

    Beyond the limit passes at most what arrives at all processes between two of their exchanges, and never more than
    the limit once for each process.
    """

    def __init__(
        self,
        redis: Redis,
        interval: timedelta = timedelta(milliseconds=100),
        patience: timedelta = timedelta(milliseconds=250),
        pause: timedelta = timedelta(seconds=2),
        prefix: str = "throttle:",
    ) -> None:
        """Exchange under ``prefix`` every ``interval`` while there is something to tell.

        Redis is waited for for ``patience``; after a failure it is left alone for ``pause``, and told then.
        """
        super().__init__()
        self.redis = redis
        self.interval = interval.total_seconds()
        self.patience = patience.total_seconds()
        self.pause = pause.total_seconds()
        self.prefix = prefix
        self.ahead = (time.time() - time.monotonic()) * 1000
        self._exchange = redis.register_script(EXCHANGE)
        self._moved: dict[Count, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._telling: asyncio.Task[None] | None = None
        self._is_away = False

    async def exchange(self) -> None:
        """Tell what was spent here since the last time and learn what all others spent.

        Raises:
            RedisError, OSError, TimeoutError: Redis is away; what was not told is told the next time.
        """
        moved = list(self._moved)
        self._moved.clear()
        try:
            async with asyncio.timeout(self.patience):
                while moved:
                    await self._tell(moved[-BATCH:])
                    del moved[-BATCH:]
        finally:
            self._moved.update(dict.fromkeys(moved))

    async def close(self) -> None:
        """Tell what is still untold, if Redis is there, and stop."""
        if self._timer:
            self._timer.cancel()
        if self._telling:
            await self._telling
        if self._timer:
            self._timer.cancel()
        with suppress(*_FAILURES):
            await self.exchange()

    def _spent(self, count: Count) -> None:
        self._moved[count] = None
        if self._timer is None:
            self._wait(self.interval)

    def _forgotten(self, count: Count) -> None:
        self._moved.pop(count, None)

    def _wait(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._start)

    def _start(self) -> None:
        self._telling = asyncio.create_task(self._exchange_and_wait())

    async def _exchange_and_wait(self) -> None:
        wait = self.interval
        try:
            await self.exchange()
        except _FAILURES as error:
            wait = self.pause
            if not self._is_away:
                logger.warning("throttle_in_process", reason=type(error).__name__)
            self._is_away = True
        else:
            if self._is_away:
                logger.info("throttle_in_redis_again")
            self._is_away = False
        self._timer = None
        if self._moved:
            self._wait(wait)

    async def _tell(self, counts: Sequence[Count]) -> None:
        told = [_take(count) for count in counts]
        kinds = ["window:" if isinstance(count, WindowCount) else "bucket:" for count in counts]
        keys = [f"{self.prefix}{kind}{count.key}" for kind, count in zip(kinds, counts, strict=True)]
        try:
            now, *answers = await self._exchange(keys=keys, args=[orjson.dumps([*chain.from_iterable(told)])])
        except BaseException:
            for count, numbers in zip(counts, told, strict=True):
                _give_back(count, numbers)
            raise
        at = self.clock() * 1000
        self.ahead = now - at
        for place, count in enumerate(counts):
            _learn(count, answers[3 * place : 3 * place + 3], at)


def _take(count: Count) -> tuple[int, int, int, int]:
    """Return what the script is told of a count, which then counts as told."""
    if isinstance(count, WindowCount):
        numbers = (count.per, count.index, count.untold, count.untold_before)
        count.untold = count.untold_before = 0
    else:
        numbers = (0, count.refill, count.untold, 0)
        count.untold = 0
    return numbers


def _give_back(count: Count, numbers: tuple[int, int, int, int]) -> None:
    """Count as untold again what could not be told."""
    _, index, units, late = numbers
    if isinstance(count, BucketCount):
        count.untold += units
    elif count.index == index:
        count.untold += units
        count.untold_before += late
    elif count.index == index + 1:
        count.untold_before += units


def _learn(count: Count, answer: Sequence[int], at: float) -> None:
    """Take over what all processes spent, and add what was spent here since it was told; ``at`` in ms."""
    if isinstance(count, BucketCount):
        count.level, count.at = answer[0] / 1000 + count.untold, at
        return
    index, current, previous = answer
    count.move_to(index)
    if count.index == index:
        count.current, count.previous = current + count.untold, previous + count.untold_before
    elif count.index == index + 1:
        count.previous = current + count.untold_before
