"""The hub on a real Valkey: through restarts and kills, with slow listeners, and without leaving anything behind."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import redis

from adapters.hub import QUEUE_LENGTH, RESYNC, Hub
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from broadcaster import Event

    from app.embedded.server import EmbeddedServer

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def open_hub(url: str) -> AsyncIterator[Hub]:
    hub = Hub(url)
    await hub.connect()
    try:
        yield hub
    finally:
        await hub.disconnect()


async def heard(queue: asyncio.Queue[Event], last: str) -> list[str]:
    """Return the messages up to ``last``."""
    messages: list[str] = []
    async with asyncio.timeout(10):
        while not messages or messages[-1] != last:
            messages.append((await queue.get()).message)
    return messages


def listeners(url: str, channel: str) -> int:
    """Return how many connections Valkey has that listen to the channel."""
    with redis.Redis.from_url(url) as client:
        ((_, count),) = client.pubsub_numsub(channel)
        return int(count)


async def test_what_is_published_after_subscribing_is_heard_by_all_listeners_in_order(spare_redis_url: str) -> None:
    async with (
        open_hub(spare_redis_url) as hub,
        hub.subscribe("a") as a,
        hub.subscribe("a") as b,
        hub.subscribe("c") as c,
    ):
        for number in range(100):
            await hub.publish("a", str(number))
        await hub.publish("c", "other")

        assert await heard(a, "99") == [str(number) for number in range(100)]
        assert await heard(b, "99") == [str(number) for number in range(100)]
        assert await heard(c, "other") == ["other"]


@pytest.mark.parametrize("way", ["restart", "kill"])
async def test_a_lost_server_leaves_a_resync_mark_in_every_queue_and_is_heard_again(
    spare_valkey: EmbeddedServer, spare_redis_url: str, way: str
) -> None:
    async with (
        open_hub(spare_redis_url) as hub,
        hub.subscribe("a") as a,
        hub.subscribe("a") as b,
        hub.subscribe("c") as c,
    ):
        for outage in range(3):
            if way == "kill":
                spare_valkey.kill()
                spare_valkey.start()
            else:
                spare_valkey.restart()
            for queue in (a, b, c):
                assert await heard(queue, RESYNC) == [RESYNC]

            await hub.publish("a", f"a{outage}")
            await hub.publish("c", f"c{outage}")
            assert await heard(a, f"a{outage}") == [f"a{outage}"]
            assert await heard(b, f"a{outage}") == [f"a{outage}"]
            assert await heard(c, f"c{outage}") == [f"c{outage}"]


async def test_who_subscribes_while_the_server_is_away_is_told_of_the_gap_when_it_is_back(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_hub(spare_redis_url) as hub:
        spare_valkey.kill()
        try:
            async with hub.subscribe("late") as queue:
                spare_valkey.start()
                assert await heard(queue, RESYNC) == [RESYNC]
                await hub.publish("late", "hello")
                assert await heard(queue, "hello") == ["hello"]
        finally:
            spare_valkey.start()


async def test_who_subscribes_while_the_connection_is_made_is_not_forgotten(spare_redis_url: str) -> None:
    # given a hub that has not got its first connection yet, at every step of getting it
    for steps in range(40):
        async with open_hub(spare_redis_url) as hub:
            for _ in range(steps):
                await asyncio.sleep(0)
            async with hub.subscribe("early") as queue:
                await hub.publish("early", "hello")
                assert (await heard(queue, "hello"))[-1] == "hello"


async def test_a_slow_listener_loses_the_oldest_and_harms_nobody(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub, hub.subscribe("a") as slow, hub.subscribe("a") as quick:
        for start in range(0, 10_000, 200):
            numbers = [str(number) for number in range(start, start + 200)]
            for number in numbers:
                await hub.publish("a", number)
            assert await heard(quick, numbers[-1]) == numbers

        assert slow.qsize() == QUEUE_LENGTH
        assert await heard(slow, "9999") == [str(number) for number in range(10_000 - QUEUE_LENGTH, 10_000)]


async def test_the_last_listener_to_leave_ends_the_subscription(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        async with hub.subscribe("a"):
            async with hub.subscribe("a"):
                assert listeners(spare_redis_url, "a") == 1
            assert listeners(spare_redis_url, "a") == 1
        await until(lambda: listeners(spare_redis_url, "a") == 0)


async def test_coming_and_going_at_once_leaves_everybody_subscribed_who_stays(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        # given listeners who leave in the very moment in which others enter
        for round_number in range(50):
            entered, leave = asyncio.Event(), asyncio.Event()

            async def come_and_go(entered: asyncio.Event = entered, leave: asyncio.Event = leave) -> None:
                async with hub.subscribe("a"):
                    entered.set()
                    await leave.wait()

            async def stay(message: str) -> list[str]:
                async with hub.subscribe("a") as queue:
                    await hub.publish("a", message)
                    return await heard(queue, message)

            leaving = asyncio.create_task(come_and_go())
            await entered.wait()
            leave.set()
            messages = [f"{round_number}.{number}" for number in range(3)]
            results = await asyncio.gather(*map(stay, messages))
            await leaving

            assert [result[-1] for result in results] == messages


async def test_a_listener_who_is_cancelled_while_entering_leaves_nothing_behind(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        for steps in range(20):

            async def listen() -> None:
                async with hub.subscribe("a"):
                    await asyncio.Event().wait()

            tasks = [asyncio.create_task(listen()) for _ in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)

            assert all(isinstance(result, asyncio.CancelledError) for result in results)
            await until(lambda: not hub._subscribers)
        await until(lambda: listeners(spare_redis_url, "a") == 0)


async def test_a_thousand_subscriptions_leave_nothing_behind(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        for number in range(1_000):
            async with hub.subscribe(f"channel {number}"):
                pass

        gc.collect()
        backend = hub._backend
        assert (len(hub._subscribers), len(hub._locks), len(backend._confirmed)) == (0, 0, 0)
        await until(lambda: len(backend._pubsub.channels) == 1)


async def test_disconnecting_ends_all_tasks(spare_redis_url: str) -> None:
    before = asyncio.all_tasks()
    async with open_hub(spare_redis_url) as hub, hub.subscribe("a"):
        pass

    assert asyncio.all_tasks() == before


async def test_a_listener_who_enters_beside_one_who_is_cancelled_hears_everything(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:

        async def first() -> None:
            async with hub.subscribe("a"):
                await asyncio.Event().wait()

        async def second(message: str) -> list[str]:
            async with hub.subscribe("a") as queue:
                await hub.publish("a", message)
                return await heard(queue, message)

        for steps in range(60):
            leaving = asyncio.create_task(first())
            await asyncio.sleep(0)
            staying = asyncio.create_task(second(str(steps)))
            for _ in range(steps):
                await asyncio.sleep(0)
            leaving.cancel()

            assert (await staying)[-1] == str(steps)
            await asyncio.wait({leaving})
            await until(lambda: not hub._subscribers)
