"""The rate limiters: one contract for both, exact waits by a set clock, and Redis going away and coming back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import anyio
import pytest
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from adapters.rate_limits import LocalRateLimiter, RedisRateLimiter
from spare_servers import running_valkey

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from domain.ports import RateLimit, RateLimiter

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture(scope="module")
def valkey_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with running_valkey(tmp_path_factory.mktemp("valkey")) as socket:
        yield socket


@pytest.fixture
async def valkey(valkey_socket: Path) -> AsyncIterator[Redis]:
    async with Redis(unix_socket_path=str(valkey_socket)) as client:
        await client.flushall()
        yield client


@pytest.fixture(params=["redis", "local"])
def limiter(request: pytest.FixtureRequest, valkey: Redis) -> RateLimiter:
    return RedisRateLimiter(valkey, patience=timedelta(seconds=10)) if request.param == "redis" else LocalRateLimiter()


class Clock:
    """A clock that stands still until it is moved; it starts in the middle of nothing, at the start of a window."""

    def __init__(self) -> None:
        self.milliseconds = 7_200_000

    def __call__(self) -> float:
        return self.milliseconds / 1000

    def move(self, by: timedelta) -> None:
        self.milliseconds += by // MILLISECOND


async def test_hits_are_allowed_up_to_the_limit(limiter: RateLimiter) -> None:
    answers = [await limiter.hit("user:1", 3, HOUR) for _ in range(5)]

    assert [answer.allowed for answer in answers] == [True, True, True, False, False]
    assert [answer.remaining for answer in answers] == [2, 1, 0, 0, 0]
    assert all(answer.limit == 3 for answer in answers)
    assert all(answer.retry_after == timedelta(0) for answer in answers[:3])
    assert all(timedelta(0) < answer.retry_after <= 2 * HOUR for answer in answers[3:])
    assert all(datetime.now(UTC) < answer.resets_at <= datetime.now(UTC) + 2 * HOUR for answer in answers)


async def test_keys_are_counted_apart(limiter: RateLimiter) -> None:
    await limiter.hit("user:1", 1, HOUR)

    answers = [await limiter.hit(key, 1, HOUR) for key in ("user:1", "user:2")]

    assert [answer.allowed for answer in answers] == [False, True]


async def test_what_is_forgotten_is_free_again(limiter: RateLimiter) -> None:
    # given two keys that are spent
    for key in ("user:1", "user:2"):
        await limiter.hit(key, 1, HOUR)

    # when one of them is forgotten, also a second time
    for _ in range(2):
        await limiter.forget("user:1")

    # then it alone is free, as if it had never been used
    assert not (await limiter.hit("user:2", 1, HOUR)).allowed
    assert (await limiter.hit("user:1", 2, HOUR)).remaining == 1


async def test_a_hit_may_cost_several_units_and_a_refused_one_costs_none(limiter: RateLimiter) -> None:
    answers = [await limiter.hit("user:1", 10, HOUR, cost) for cost in (7, 4, 3, 1)]

    assert [answer.allowed for answer in answers] == [True, False, True, False]


async def test_a_hit_dearer_than_the_limit_is_never_allowed(limiter: RateLimiter) -> None:
    answer = await limiter.hit("user:1", 10, HOUR, 11)

    assert not answer.allowed
    assert answer.retry_after > timedelta(0)


async def test_of_fifty_hits_at_once_exactly_ten_pass(limiter: RateLimiter) -> None:
    answers: list[RateLimit] = []

    async def hit() -> None:
        answers.append(await limiter.hit("user:1", 10, HOUR))

    async with anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(hit)

    assert sum(answer.allowed for answer in answers) == 10


async def test_processes_count_together_in_redis(valkey: Redis) -> None:
    one, other = RedisRateLimiter(valkey), RedisRateLimiter(valkey)

    answers = [await limiter.hit("user:1", 3, HOUR) for limiter in (one, other, one, other)]

    assert [answer.allowed for answer in answers] == [True, True, True, False]


async def test_a_key_in_redis_expires_with_its_windows(valkey: Redis) -> None:
    await RedisRateLimiter(valkey).hit("user:1", 3, HOUR)

    assert 0 < await valkey.pttl("rate:user:1") <= 2 * HOUR / MILLISECOND


@pytest.mark.parametrize("spent_at", [timedelta(0), timedelta(minutes=20), timedelta(minutes=59)])
@pytest.mark.parametrize("asked_after", [timedelta(0), timedelta(minutes=30), timedelta(minutes=70)])
@pytest.mark.parametrize("cost", [1, 5])
async def test_the_wait_told_is_exact(spent_at: timedelta, asked_after: timedelta, cost: int) -> None:
    clock = Clock()
    limiter = LocalRateLimiter(clock=clock)
    clock.move(spent_at)
    for _ in range(10):
        await limiter.hit("key", 10, HOUR)
    clock.move(asked_after)
    refused = await limiter.hit("key", 10, HOUR, cost)
    while refused.allowed:
        refused = await limiter.hit("key", 10, HOUR, cost)

    clock.move(refused.retry_after - MILLISECOND)
    too_early = await limiter.hit("key", 10, HOUR, cost)
    clock.move(MILLISECOND)
    in_time = await limiter.hit("key", 10, HOUR, cost)

    assert (too_early.allowed, too_early.retry_after) == (False, MILLISECOND)
    assert in_time.allowed


async def test_the_whole_limit_is_free_again_when_told() -> None:
    clock = Clock()
    limiter = LocalRateLimiter(clock=clock)
    clock.move(timedelta(minutes=15))
    asked_at = datetime.now(UTC)
    answer = await limiter.hit("key", 10, HOUR, 10)

    clock.move(answer.resets_at - asked_at + MILLISECOND)

    assert (await limiter.hit("key", 10, HOUR, 10)).allowed


async def test_the_local_limiter_forgets_the_keys_used_least_lately() -> None:
    limiter = LocalRateLimiter(max_keys=2)
    for key in ("a", "b", "a", "c"):
        await limiter.hit(key, 2, HOUR)

    answers = {key: (await limiter.hit(key, 2, HOUR)).allowed for key in ("a", "c", "b")}

    assert answers == {"a": False, "c": True, "b": True}


async def test_limits_hold_in_this_process_while_redis_is_away_and_in_redis_again_after(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as socket:
        client = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
        limiter = RedisRateLimiter(client, patience=timedelta(seconds=10), pause=timedelta(0))
        before = await limiter.hit("user:1", 2, HOUR)
    with structlog.testing.capture_logs() as logs:
        during = [await limiter.hit("user:1", 2, HOUR) for _ in range(3)]
        with running_valkey(tmp_path):
            after = await limiter.hit("user:1", 2, HOUR)
            kept = await client.exists("rate:user:1")
            await client.aclose()

    assert before.remaining == 1
    assert [answer.allowed for answer in during] == [True, True, False]
    assert after.allowed
    assert kept == 1
    assert [entry["event"] for entry in logs] == ["rate_limits_in_process", "rate_limits_in_redis_again"]


async def test_redis_is_left_alone_for_a_pause_after_a_failure(tmp_path: Path) -> None:
    with running_valkey(tmp_path) as socket:
        client = Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))
        limiter = RedisRateLimiter(client, patience=timedelta(seconds=10), pause=HOUR)
    await limiter.hit("user:1", 2, HOUR)
    with running_valkey(tmp_path):
        await limiter.hit("user:1", 2, HOUR)
        kept = await client.exists("rate:user:1")
        await client.aclose()

    assert kept == 0
