"""News of the line: told when it has changed, its length no more often than once a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

from domain.catalogue import ENGINES
from domain.streams import of_job, of_queue
from workers.line_news import BETWEEN_LENGTHS_S, REST, SETTLE_S, LineNews

if TYPE_CHECKING:
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class Clock:
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class TickingClock(Clock):
    """Goes on each time that it is looked at."""

    TICK_S: Final = 0.1

    def __call__(self) -> float:
        self.now += self.TICK_S
        return self.now


async def lengths_told(shop: Workshop, engine: str = "sandbox") -> int:
    return (await shop.log.tip(of_queue(engine))).sequence


async def test_everything_is_told_at_first_and_then_what_has_changed(shop: Workshop) -> None:
    clock = Clock()
    job = await shop.job(await shop.user())

    # given news that begin with all that is there
    news = LineNews(shop.db, shop.log, clock)
    assert news.due_in(2) == 0
    await news.tell()
    assert [await lengths_told(shop, engine) for engine in ENGINES] == [1] * len(ENGINES)
    assert (await shop.log.tip(of_job(job))).sequence == 1
    assert news.due_in(2) == 2

    # when another job comes
    second = await shop.job(await shop.user())
    news.line_changed()

    # then its place is told as soon as the line has settled, and the length a second after it was told last
    assert news.due_in(2) == pytest.approx(SETTLE_S)
    clock.now += SETTLE_S
    await news.tell()
    assert (await shop.log.tip(of_job(second))).sequence == 1
    assert (await shop.log.tip(of_job(job))).sequence == 1
    assert await lengths_told(shop) == 1
    clock.now += news.due_in(2)
    await news.tell()
    assert clock.now == pytest.approx(1_000 + BETWEEN_LENGTHS_S)
    assert [await lengths_told(shop, engine) for engine in ("sandbox", "diffusers")] == [2, 1]


async def test_a_hundred_changes_in_a_second_are_told_as_one(shop: Workshop) -> None:
    clock = Clock()
    news = LineNews(shop.db, shop.log, clock)
    await news.tell()
    user = await shop.user(grant=200)
    for _ in range(100):
        news.line_changed()
        clock.now += 0.009
        await news.tell()
    await shop.job(user)

    clock.now += 1
    await news.tell()

    assert await lengths_told(shop) == 2


async def test_a_change_that_changes_nothing_is_not_told(shop: Workshop) -> None:
    clock = Clock()
    news = LineNews(shop.db, shop.log, clock)
    await news.tell()

    news.line_changed()
    clock.now += 2
    await news.tell()

    assert await lengths_told(shop) == 1
    assert news.due_in(2) == 2


async def test_a_line_that_takes_long_to_tell_is_told_more_seldom(shop: Workshop) -> None:
    clock = TickingClock()
    news = LineNews(shop.db, shop.log, clock)
    began = clock.now
    await news.tell()
    took = clock.now - began

    news.line_changed()

    assert SETTLE_S < TickingClock.TICK_S < news.due_in(60) < 2 * REST * took
