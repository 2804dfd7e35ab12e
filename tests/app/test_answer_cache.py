"""The cache of answers: one execution for all who ask, good answers only, bounded in time and bytes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from app.cache import AnswerCache
from app.delivery import deliver
from app.edge.negotiation import Medium
from app.execution import Answer

pytestmark = pytest.mark.anyio
KEY = ("POST", b"{ feed }")
GOOD = Answer(b'{"data":{}}', is_cacheable=True)
FAILED = Answer(b'{"errors":[]}')


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Execution:
    """Executions that a test lets end, one after another."""

    outcomes: list[Answer | Exception]
    begun: int = 0
    cancelled: int = 0
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self) -> Answer:
        self.begun += 1
        try:
            await self.may_end.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def asked(cache: AnswerCache[Answer], execution: Execution, count: int) -> list[asyncio.Task[Answer]]:
    """Let ``count`` ask, and return when all of them wait."""
    tasks = [asyncio.create_task(cache.fetch(KEY, None, execution)) for _ in range(count)]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> AnswerCache[Answer]:
    return AnswerCache(1, 10_000, clock)


async def test_all_who_ask_at_once_share_one_execution(cache: AnswerCache[Answer], clock: Clock) -> None:
    execution = Execution([GOOD, GOOD])
    tasks = await asked(cache, execution, 20)
    execution.may_end.set()

    assert await asyncio.gather(*tasks) == [GOOD] * 20
    assert execution.begun == 1

    # it is kept for a second from then on
    clock.now = 0.99
    kept = cache.find(KEY)
    assert kept
    assert kept.answer is GOOD
    clock.now = 1.0
    assert cache.find(KEY) is None
    await cache.fetch(KEY, None, execution)
    assert execution.begun == 2
    assert cache.find(KEY)


async def test_who_leaves_does_not_take_the_others_along(cache: AnswerCache[Answer]) -> None:
    execution = Execution([GOOD])
    leader, *others = await asked(cache, execution, 3)
    leader.cancel()
    await asyncio.wait([leader])
    execution.may_end.set()

    assert await asyncio.gather(*others) == [GOOD] * 2
    assert (execution.begun, execution.cancelled) == (1, 0)
    assert cache.find(KEY)


async def test_when_all_have_left_the_execution_ends_and_a_newcomer_begins_another(cache: AnswerCache[Answer]) -> None:
    execution = Execution([GOOD])
    tasks = await asked(cache, execution, 3)
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    (newcomer,) = await asked(cache, execution, 1)
    execution.may_end.set()

    assert await newcomer is GOOD
    assert (execution.begun, execution.cancelled) == (2, 1)


@pytest.mark.parametrize("outcome", [RuntimeError("broke"), FAILED])
async def test_a_failure_is_the_leaders_alone_and_is_not_kept(
    cache: AnswerCache[Answer], outcome: Answer | Exception
) -> None:
    execution = Execution([outcome, GOOD, GOOD])
    tasks = await asked(cache, execution, 3)
    execution.may_end.set()
    leader, *others = await asyncio.gather(*tasks, return_exceptions=True)

    assert leader is outcome
    assert others == [GOOD] * 2
    assert execution.begun == 3
    assert cache.find(KEY) is None


async def test_what_was_used_least_lately_makes_room_and_compressed_bytes_count(cache: AnswerCache[Answer]) -> None:
    async def large() -> Answer:
        return Answer(b"x" * 2_000, is_cacheable=True)

    keys = [("POST", b"%d" % number) for number in range(3)]
    for key in keys:
        await cache.fetch(key, None, large)
    first = cache.find(keys[0])
    assert first
    before = cache.size
    delivery = cache.in_encoding(first, "gzip", lambda: deliver(first.answer, Medium.JSON, "gzip", b"no-store"))
    assert cache.size == before + len(delivery.body)
    assert cache.in_encoding(first, "gzip", lambda: pytest.fail("made twice")) is delivery

    await cache.fetch(("POST", b"one more"), None, large)
    assert cache.find(keys[1]) is None
    assert cache.find(keys[0]) is first
    assert cache.size <= 10_000


async def test_what_is_no_longer_fresh_makes_room_at_once(cache: AnswerCache[Answer], clock: Clock) -> None:
    async def good() -> Answer:
        return GOOD

    for number in range(3):
        await cache.fetch(("POST", b"%d" % number), None, good)
    three = cache.size
    clock.now = 5.0
    await cache.fetch(KEY, None, good)

    assert cache.size < three / 2


async def test_an_answer_larger_than_the_cache_is_answered_and_not_kept(cache: AnswerCache[Answer]) -> None:
    async def huge() -> Answer:
        return Answer(b"x" * 20_000, is_cacheable=True)

    assert len((await cache.fetch(KEY, None, huge)).body) == 20_000
    assert cache.find(KEY) is None
    assert cache.size == 0
