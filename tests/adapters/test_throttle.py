"""The throttle: exact in one process, added up in Redis for several, alone while Redis is away."""

from __future__ import annotations

import asyncio
import math
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import structlog
from anyio.lowlevel import checkpoint
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from adapters.shared_throttle import BATCH, SharedThrottle
from adapters.throttle import LocalThrottle
from domain.ports import Bucket
from spare_servers import running_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from domain.ports import Throttle

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
NEVER = HOUR
"""An interval between exchanges so long that a test makes each of them itself."""
BUCKET = Bucket(size=10, refill=2)


@pytest.fixture
async def valkey(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url) as client:
        yield client


def shared(valkey: Redis, interval: timedelta = NEVER) -> SharedThrottle:
    return SharedThrottle(valkey, interval, patience=timedelta(seconds=10), pause=timedelta(0))


@pytest.fixture(params=["local", "shared"])
async def throttle(request: pytest.FixtureRequest, valkey: Redis) -> AsyncIterator[Throttle]:
    if request.param == "local":
        yield LocalThrottle()
    else:
        throttle = shared(valkey)
        yield throttle
        await throttle.close()


class Clock:
    """A clock that stands still until it is moved; it starts at the start of a window."""

    def __init__(self) -> None:
        self.seconds = 7_200.0

    def __call__(self) -> float:
        return self.seconds

    def move(self, by: timedelta) -> None:
        self.seconds += by.total_seconds()


async def test_hits_pass_up_to_the_limit_and_refused_ones_do_not_count(throttle: Throttle) -> None:
    answers = [throttle.hit("user:1", 3, HOUR) for _ in range(5)]

    assert answers[:3] == [None, None, None]
    for refusal in answers[3:]:
        assert refusal
        assert (refusal.allowed, refusal.limit, refusal.remaining) == (False, 3, 0)
        assert timedelta(0) < refusal.retry_after <= 2 * HOUR
        assert datetime.now(UTC) < refusal.resets_at <= datetime.now(UTC) + 2 * HOUR
    assert throttle.hit("user:1", 4, HOUR) is None


async def test_a_bucket_holds_its_size_and_what_is_refused_costs_nothing(throttle: Throttle) -> None:
    answers = [throttle.draw("user:1", BUCKET, cost) for cost in (7, 4, 3)]

    assert [answer is None for answer in answers] == [True, False, True]
    refusal = answers[1]
    assert refusal
    assert (refusal.limit, refusal.remaining) == (10, 3)
    assert timedelta(seconds=0.4) < refusal.retry_after <= timedelta(seconds=0.5)
    level = throttle.level("user:1", BUCKET)
    assert (level.allowed, level.limit, level.remaining) == (True, 10, 0)
    assert level.resets_at <= datetime.now(UTC) + timedelta(seconds=5)


async def test_keys_and_kinds_are_counted_apart(throttle: Throttle) -> None:
    assert throttle.hit("user:1", 1, HOUR) is None
    assert throttle.draw("user:1", BUCKET, 10) is None

    assert throttle.hit("user:1", 1, HOUR)
    assert throttle.hit("user:2", 1, HOUR) is None
    assert throttle.draw("user:1", BUCKET, 1)
    assert throttle.draw("user:2", BUCKET, 1) is None


def test_a_bucket_leaks_as_fast_as_it_says_and_the_wait_told_is_exact() -> None:
    clock = Clock()
    throttle = LocalThrottle(clock=clock)
    throttle.draw("key", BUCKET, 10)
    clock.move(timedelta(seconds=1))
    refused = throttle.draw("key", BUCKET, 5)
    assert refused
    assert (refused.remaining, refused.retry_after) == (2, timedelta(seconds=1.5))

    clock.move(refused.retry_after - timedelta(milliseconds=1))
    too_early = throttle.draw("key", BUCKET, 5)
    clock.move(timedelta(milliseconds=1))

    assert too_early
    assert throttle.draw("key", BUCKET, 5) is None
    clock.move(HOUR)
    assert throttle.level("key", BUCKET).remaining == 10


@pytest.mark.parametrize("spent_at", [timedelta(0), timedelta(minutes=20), timedelta(minutes=59)])
@pytest.mark.parametrize("asked_after", [timedelta(0), timedelta(minutes=30), timedelta(minutes=70)])
def test_a_window_slides_and_the_wait_told_is_exact(spent_at: timedelta, asked_after: timedelta) -> None:
    clock = Clock()
    throttle = LocalThrottle(clock=clock)
    clock.move(spent_at)
    while throttle.hit("key", 10, HOUR) is None:
        pass
    clock.move(asked_after)
    while (refused := throttle.hit("key", 10, HOUR)) is None:
        pass

    clock.move(refused.retry_after - timedelta(milliseconds=1))
    too_early = throttle.hit("key", 10, HOUR)
    clock.move(timedelta(milliseconds=1))

    assert too_early
    assert throttle.hit("key", 10, HOUR) is None


def test_the_keys_used_least_lately_are_forgotten() -> None:
    throttle = LocalThrottle(max_keys=2)
    for key in ("a", "b", "a", "c"):
        assert throttle.hit(key, 2, HOUR) is None
        assert throttle.draw(key, BUCKET, 5) is None

    assert throttle.hit("a", 2, HOUR)
    assert throttle.draw("a", BUCKET, 5)
    assert throttle.hit("b", 1, HOUR) is None
    assert throttle.draw("b", BUCKET, 10) is None


async def test_processes_that_have_exchanged_count_together(valkey: Redis) -> None:
    # given two processes, each of which let two pass
    one, other = shared(valkey), shared(valkey)
    for throttle in (one, other):
        for _ in range(2):
            assert throttle.hit("user:1", 5, HOUR) is None
        assert throttle.draw("user:1", Bucket(100, 1), 40) is None

    # when each has told the others, and the first hears of it with its next hit
    for throttle in (one, other, one):
        await throttle.exchange()
    assert one.hit("user:1", 5, HOUR) is None
    await one.exchange()

    # then what is left is what is left for both
    assert one.hit("user:1", 5, HOUR)
    assert one.level("user:1", Bucket(100, 1)).remaining == 60
    assert one.draw("user:1", Bucket(100, 1), 1) is None
    await one.exchange()
    assert 19 <= one.level("user:1", Bucket(100, 1)).remaining <= 20
    # and the other, which knew of four, is told with its last one
    assert other.hit("user:1", 5, HOUR) is None
    await other.exchange()
    assert other.hit("user:1", 6, HOUR)


async def test_beyond_the_limit_passes_what_arrived_since_the_last_exchange_and_no_more(valkey: Redis) -> None:
    processes = [shared(valkey) for _ in range(4)]
    passed = 0

    for _ in range(50):
        for throttle in processes:
            passed += throttle.hit("user:1", 20, HOUR) is None
        for throttle in processes:
            await throttle.exchange()

    # 20 in five rounds, and one more round, which each process began without knowing of the others
    assert 20 <= passed <= 24


async def test_what_is_spent_during_an_exchange_counts_at_once_and_is_told_with_the_next(valkey: Redis) -> None:
    throttle = shared(valkey)

    # given an exchange that has told of one unit and waits for the answer
    throttle.hit("user:1", 2, HOUR)
    throttle.draw("user:1", BUCKET, 5)
    exchange = asyncio.create_task(throttle.exchange())
    await checkpoint()
    # when another is spent
    throttle.hit("user:1", 2, HOUR)
    throttle.draw("user:1", BUCKET, 5)
    await exchange

    # then this process knows of both and Redis of the first, until it is told
    assert throttle.hit("user:1", 2, HOUR)
    assert throttle.draw("user:1", BUCKET, 5)
    assert await valkey.hget("throttle:window:user:1", "current") == b"1"
    await throttle.exchange()
    assert await valkey.hget("throttle:window:user:1", "current") == b"2"
    assert throttle.hit("user:1", 2, HOUR)


async def test_a_window_that_turns_during_an_exchange_keeps_what_was_spent(valkey: Redis) -> None:
    throttle = shared(valkey)
    throttle.hit("user:1", 10, HOUR)
    count = throttle._windows["user:1"]
    exchange = asyncio.create_task(throttle.exchange())
    await checkpoint()
    count.move_to(count.index + 1)
    await exchange

    assert (count.current, count.previous, count.untold, count.untold_before) == (0, 1, 0, 0)


async def test_a_key_in_redis_expires_with_what_it_counts(valkey: Redis) -> None:
    throttle = shared(valkey)
    throttle.hit("user:1", 3, HOUR)
    throttle.draw("user:1", BUCKET, 10)

    await throttle.exchange()

    assert 0 < await valkey.pttl("throttle:window:user:1") <= 2 * HOUR / timedelta(milliseconds=1)
    assert 0 < await valkey.pttl("throttle:bucket:user:1") <= 6_000


async def test_all_keys_that_moved_are_told_and_only_these(valkey: Redis) -> None:
    throttle = shared(valkey)
    for number in range(BATCH + 1):
        throttle.hit(f"user:{number}", 3, HOUR)
    await throttle.exchange()
    assert len(await valkey.keys("throttle:window:user:*")) == BATCH + 1

    await valkey.flushall()
    throttle.hit("user:7", 3, HOUR)
    await throttle.exchange()

    assert await valkey.keys("throttle:window:user:*") == [b"throttle:window:user:7"]


async def test_an_emptied_redis_sets_everybody_free(valkey: Redis) -> None:
    throttle = shared(valkey)
    for _ in range(2):
        throttle.hit("user:1", 3, HOUR)
    await throttle.exchange()
    await valkey.flushall()

    throttle.hit("user:1", 3, HOUR)
    await throttle.exchange()

    assert [throttle.hit("user:1", 3, HOUR) is None for _ in range(3)] == [True, True, False]


async def test_windows_turn_by_the_clock_of_the_server(valkey: Redis) -> None:
    throttle = shared(valkey)
    throttle.ahead += 12 * 3_600_000
    throttle.hit("user:1", 3, HOUR)

    await throttle.exchange()

    seconds, microseconds = await valkey.time()
    now = throttle.clock() * 1000 + throttle.ahead
    assert math.isclose(now, seconds * 1000 + microseconds / 1000, abs_tol=60_000)


async def test_it_exchanges_by_itself_while_there_is_something_to_tell(valkey: Redis) -> None:
    # given a witness of what Redis is asked
    async with valkey.monitor() as monitor:
        throttle = shared(valkey, interval=timedelta(milliseconds=1))
        throttle.hit("user:1", 3, HOUR)

        # then the hit is told without further ado
        while "throttle:window:user:1" not in (await monitor.next_command())["command"]:
            pass
    await throttle.close()
    assert await valkey.hget("throttle:window:user:1", "current") == b"1"


async def test_closing_tells_what_is_untold(valkey: Redis) -> None:
    throttle = shared(valkey)
    throttle.hit("user:1", 3, HOUR)

    await throttle.close()

    assert await valkey.hget("throttle:window:user:1", "current") == b"1"


async def test_limits_hold_while_redis_is_away_and_all_is_told_after(tmp_path: Path) -> None:
    # given a process whose Redis goes away after it was told of one hit
    with running_valkey(tmp_path) as socket:
        client = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
        throttle = shared(client)
        throttle.hit("user:1", 4, HOUR)
        await throttle.exchange()
    # when it counts on
    throttle.hit("user:1", 4, HOUR)
    throttle.draw("user:1", BUCKET, 4)
    with pytest.raises((RedisError, OSError)):
        await throttle.exchange()
    throttle.draw("user:1", BUCKET, 4)
    assert throttle.hit("user:1", 2, HOUR)
    assert throttle.draw("user:1", BUCKET, 4)
    # then Redis, which comes back empty, is told what it was not told before
    with running_valkey(tmp_path):
        await throttle.exchange()
        assert await client.hget("throttle:window:user:1", "current") == b"1"
        assert await client.hget("throttle:bucket:user:1", "level") == b"8000"
        await client.aclose()


async def test_the_background_tells_once_that_redis_is_away_and_that_it_is_back(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as socket:
        client = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
    throttle = shared(client, interval=timedelta(0))
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            throttle.hit("user:1", 40, HOUR)
            await throttle._exchange_and_wait()
        with running_valkey(tmp_path):
            await throttle._exchange_and_wait()
            await throttle.close()
            await client.aclose()

    assert [entry["event"] for entry in logs] == ["throttle_in_process", "throttle_in_redis_again"]
