"""Units taken in lots: the limit holds, who asks often rarely asks the store, and little is lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from adapters.rate_limits import LocalRateLimiter
from app.edge.allowances import Allowances

if TYPE_CHECKING:
    from domain.ports import RateLimit

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Counted(LocalRateLimiter):
    """A limiter that tells how often it was asked, and for how much."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock)
        self.costs: list[int] = []

    async def hit(self, key: str, limit: int, per: timedelta, cost: int = 1) -> RateLimit:
        self.costs.append(cost)
        return await super().hit(key, limit, per, cost)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limiter(clock: Clock) -> Counted:
    return Counted(clock)


@pytest.fixture
def allowances(limiter: Counted, clock: Clock) -> Allowances:
    return Allowances(limiter, max_keys=2, clock=clock)


@pytest.mark.parametrize("limit", [1, 2, 99, 300, 1_500])
async def test_one_who_asks_on_and_on_gets_exactly_the_limit(allowances: Allowances, limit: int) -> None:
    refusals = [await allowances.spend("a", limit, HOUR) for _ in range(limit + 5)]

    assert [refusal is None for refusal in refusals] == [True] * limit + [False] * 5
    last = refusals[-1]
    assert last
    assert last.limit == limit


async def test_lots_grow_to_a_fiftieth_of_the_limit(allowances: Allowances, limiter: Counted) -> None:
    for _ in range(100):
        await allowances.spend("a", 500, HOUR)

    assert limiter.costs == [1, 2, 4, 8, *[10] * 9]


async def test_who_asks_now_and_then_is_counted_one_by_one(
    allowances: Allowances, limiter: Counted, clock: Clock
) -> None:
    for _ in range(4):
        await allowances.spend("a", 500, HOUR)
    for _ in range(3):
        clock.now += HOUR.total_seconds() / 10 + 1
        assert not allowances.take("a")
        await allowances.spend("a", 500, HOUR)

    assert limiter.costs == [1, 2, 4, 1, 1, 1]


async def test_only_so_many_keys_are_remembered(allowances: Allowances, limiter: Counted) -> None:
    for key in ("a", "b", "a", "b", "c"):
        await allowances.spend(key, 500, HOUR)

    assert not allowances.take("a")
    assert allowances.take("b")
    assert limiter.costs == [1, 1, 2, 2, 1]
