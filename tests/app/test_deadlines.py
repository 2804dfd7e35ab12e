"""One timer for many waits."""

from __future__ import annotations

import asyncio

import pytest

from app.edge.deadline import Deadline

pytestmark = pytest.mark.anyio


async def test_each_wait_ends_in_its_time_and_only_those_that_are_late() -> None:
    deadline = Deadline(0.05)
    told: list[int] = []

    async def wait(number: int) -> str:
        try:
            with deadline.watch(lambda: told.append(number)):
                await asyncio.wait_for(asyncio.Event().wait(), 0.001 if number % 2 else None)
        except TimeoutError:
            return "late" if number in told else "its own"
        raise AssertionError

    first = await asyncio.gather(*(wait(number) for number in range(6)))
    later = await asyncio.gather(*(wait(number) for number in range(6, 8)))

    assert [*first, *later] == ["late", "its own"] * 4
    assert told == [0, 2, 4, 6]


async def test_a_wait_that_was_stopped_may_take_its_time() -> None:
    deadline = Deadline(0.01)
    with deadline.watch() as watch:
        watch.stop()
        with pytest.raises(TimeoutError), Deadline(0.03).watch():
            await asyncio.Event().wait()

    assert not watch.is_late


async def test_who_is_cancelled_from_outside_is_not_late() -> None:
    async def wait() -> None:
        with Deadline(60).watch():
            await asyncio.Event().wait()

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
