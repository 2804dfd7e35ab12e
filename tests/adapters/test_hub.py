"""The hub on a real Valkey: through restarts and kills, with bad listeners, and without leaving anything behind."""

from __future__ import annotations

import asyncio
import gc
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
import redis

from adapters.hub import RESYNC, Hub, redis_client
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from app.embedded.server import EmbeddedServer

pytestmark = pytest.mark.anyio


class Ear:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self._messages: asyncio.Queue[object] = asyncio.Queue()

    def __call__(self, message: object) -> None:
        self._messages.put_nowait(message)

    async def heard(self, last: object) -> list[object]:
        """Return the messages up to ``last``."""
        messages: list[object] = []
        async with asyncio.timeout(10):
            while not messages or messages[-1] != last:
                messages.append(await self._messages.get())
        return messages


@asynccontextmanager
async def open_hub(url: str) -> AsyncIterator[Hub]:
    hub = Hub(url)
    await hub.connect()
    try:
        yield hub
    finally:
        await hub.disconnect()


@asynccontextmanager
async def listening(hub: Hub, channel: str) -> AsyncIterator[Ear]:
    ear = Ear()
    await hub.enter(channel, ear)
    try:
        yield ear
    finally:
        hub.leave(channel, ear)


def listeners(url: str, channel: str) -> int:
    """Return how many connections Valkey has that listen to the channel."""
    with redis.Redis.from_url(url) as client:
        ((_, count),) = client.pubsub_numsub(channel)
        return int(count)


def channels(url: str) -> int:
    """Return how many channels Valkey has that somebody listens to."""
    with redis.Redis.from_url(url) as client:
        return len(client.pubsub_channels())


async def test_what_is_published_after_entering_is_heard_by_all_listeners_in_order(spare_redis_url: str) -> None:
    async with (
        open_hub(spare_redis_url) as hub,
        listening(hub, "a") as a,
        listening(hub, "a") as b,
        listening(hub, "c") as c,
    ):
        for number in range(100):
            await hub.publish("a", str(number))
        await hub.publish("c", "other")

        numbers = [b"%d" % number for number in range(100)]
        assert await a.heard(b"99") == numbers
        assert await b.heard(b"99") == numbers
        assert await c.heard(b"other") == [b"other"]


@pytest.mark.parametrize("way", ["restart", "kill"])
async def test_a_lost_server_leaves_a_resync_mark_with_every_listener_and_is_heard_again(
    spare_valkey: EmbeddedServer, spare_redis_url: str, way: str
) -> None:
    async with (
        open_hub(spare_redis_url) as hub,
        listening(hub, "a") as a,
        listening(hub, "a") as b,
        listening(hub, "c") as c,
    ):
        for outage in range(3):
            if way == "kill":
                spare_valkey.kill()
                spare_valkey.start()
            else:
                spare_valkey.restart()
            for ear in (a, b, c):
                assert await ear.heard(RESYNC) == [RESYNC]

            await hub.publish("a", f"a{outage}")
            await hub.publish("c", f"c{outage}")
            assert await a.heard(b"a%d" % outage) == [b"a%d" % outage]
            assert await b.heard(b"a%d" % outage) == [b"a%d" % outage]
            assert await c.heard(b"c%d" % outage) == [b"c%d" % outage]


async def test_who_enters_while_the_server_is_away_is_told_of_the_gap_when_it_is_back(
    spare_valkey: EmbeddedServer, spare_redis_url: str
) -> None:
    async with open_hub(spare_redis_url) as hub:
        spare_valkey.kill()
        try:
            async with listening(hub, "late") as ear:
                spare_valkey.start()
                assert await ear.heard(RESYNC) == [RESYNC]
                await hub.publish("late", "hello")
                assert await ear.heard(b"hello") == [b"hello"]
        finally:
            spare_valkey.start()


async def test_who_enters_while_the_connection_is_made_is_not_forgotten(spare_redis_url: str) -> None:
    # given a hub that has not got its first connection yet, at every step of getting it
    for steps in range(40):
        async with open_hub(spare_redis_url) as hub:
            for _ in range(steps):
                await asyncio.sleep(0)
            async with listening(hub, "early") as ear:
                await hub.publish("early", "hello")
                assert (await ear.heard(b"hello"))[-1] == b"hello"


async def test_a_listener_that_raises_harms_nobody(spare_redis_url: str, caplog: pytest.LogCaptureFixture) -> None:
    def bad(message: bytes) -> None:
        raise LookupError(message)

    async with open_hub(spare_redis_url) as hub:
        # given one that raises before others are called
        await hub.enter("a", bad)
        async with listening(hub, "a") as a, listening(hub, "c") as c:
            for number in range(10):
                await hub.publish("a", str(number))
            await hub.publish("c", "other")

            assert await a.heard(b"9") == [b"%d" % number for number in range(10)]
            assert await c.heard(b"other") == [b"other"]
        hub.leave("a", bad)

    assert [record.exc_info and record.exc_info[0] for record in caplog.records] == [LookupError] * 10


async def test_a_message_that_can_not_be_read_is_told_as_a_gap(spare_redis_url: str) -> None:
    hub = Hub(spare_redis_url, int)
    await hub.connect()
    try:
        async with listening(hub, "a") as ear:
            for message in ("1", "no number", "2"):
                await hub.publish("a", message)

            assert await ear.heard(2) == [1, RESYNC, 2]
    finally:
        await hub.disconnect()


async def test_ten_thousand_messages_are_heard_in_order_and_none_is_kept(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub, listening(hub, "a") as a, listening(hub, "a") as b:
        async with redis_client(spare_redis_url) as client, client.pipeline(transaction=False) as publishing:
            for number in range(10_000):
                publishing.publish("a", number)
            await publishing.execute()

        numbers = [b"%d" % number for number in range(10_000)]
        assert await a.heard(b"9999") == numbers
        assert await b.heard(b"9999") == numbers


async def test_a_listener_may_leave_and_let_others_leave_while_it_is_told(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub, listening(hub, "a") as before:
        told: list[bytes] = []

        def once(message: bytes) -> None:
            told.append(message)
            hub.leave("a", once)

        await hub.enter("a", once)
        async with listening(hub, "a") as after:
            await hub.publish("a", "first")
            await hub.publish("a", "second")

            assert await before.heard(b"second") == [b"first", b"second"]
            assert await after.heard(b"second") == [b"first", b"second"]
            assert told == [b"first"]


async def test_the_last_listener_to_leave_ends_the_subscription(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        async with listening(hub, "a"):
            async with listening(hub, "a"):
                assert listeners(spare_redis_url, "a") == 1
            assert listeners(spare_redis_url, "a") == 1
        await until(lambda: listeners(spare_redis_url, "a") == 0)


async def test_coming_and_going_at_once_leaves_everybody_subscribed_who_stays(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        # given listeners who leave in the very moment in which others enter
        for round_number in range(50):
            entered, leave = asyncio.Event(), asyncio.Event()

            async def come_and_go(entered: asyncio.Event = entered, leave: asyncio.Event = leave) -> None:
                async with listening(hub, "a"):
                    entered.set()
                    await leave.wait()

            async def stay(message: bytes) -> list[object]:
                async with listening(hub, "a") as ear:
                    await hub.publish("a", message)
                    return await ear.heard(message)

            leaving = asyncio.create_task(come_and_go())
            await entered.wait()
            leave.set()
            messages = [b"%d.%d" % (round_number, number) for number in range(3)]
            results = await asyncio.gather(*map(stay, messages))
            await leaving

            assert [result[-1] for result in results] == messages


async def test_who_enters_as_the_last_one_leaves_is_not_confirmed_by_the_answer_that_was_for_them(
    spare_redis_url: str,
) -> None:
    async with open_hub(spare_redis_url) as hub:
        async with listening(hub, "ready"):
            pass
        for steps in range(30):
            # given one who leaves when the command to subscribe has been sent, was answered, or neither
            entering = asyncio.create_task(hub.enter("a", Ear()))
            for _ in range(steps):
                await asyncio.sleep(0)
            if entering.done():
                hub.leave("a", next(iter(hub._listeners["a"])))
            entering.cancel()
            await asyncio.wait({entering})

            # when another enters at once: UNSUBSCRIBE and SUBSCRIBE go together
            async with listening(hub, "a") as ear:
                await hub.publish("a", str(steps))

                # then what was confirmed holds: there is no gap to be told of
                assert await ear.heard(b"%d" % steps) == [b"%d" % steps]


async def test_a_listener_who_is_cancelled_while_entering_leaves_nothing_behind(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        for steps in range(20):

            async def listen() -> None:
                async with listening(hub, "a"):
                    await asyncio.Event().wait()

            tasks = [asyncio.create_task(listen()) for _ in range(3)]
            for _ in range(steps):
                await asyncio.sleep(0)
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)

            assert all(isinstance(result, asyncio.CancelledError) for result in results)
            assert not hub._listeners
            assert not hub._backend._channels
        await until(lambda: listeners(spare_redis_url, "a") == 0)


async def test_a_thousand_subscriptions_leave_nothing_behind(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:
        for number in range(1_000):
            async with listening(hub, f"channel {number}"):
                pass

        gc.collect()
        backend = hub._backend
        assert (len(hub._listeners), len(backend._channels), len(backend._due)) == (0, 0, 0)
        await until(lambda: channels(spare_redis_url) == 1)
        assert backend._saying is None
        assert not backend._unsaid


async def test_disconnecting_at_any_step_of_connecting_ends_all_tasks_at_once(spare_redis_url: str) -> None:
    before = asyncio.all_tasks()
    async with asyncio.timeout(10):
        for steps in range(60):
            async with open_hub(spare_redis_url):
                for _ in range(steps):
                    await asyncio.sleep(0)

            assert asyncio.all_tasks() == before


async def test_disconnecting_ends_all_tasks(spare_redis_url: str) -> None:
    before = asyncio.all_tasks()
    async with open_hub(spare_redis_url) as hub, listening(hub, "a"):
        pass

    assert asyncio.all_tasks() == before


async def test_a_listener_who_enters_beside_one_who_is_cancelled_hears_everything(spare_redis_url: str) -> None:
    async with open_hub(spare_redis_url) as hub:

        async def first() -> None:
            async with listening(hub, "a"):
                await asyncio.Event().wait()

        async def second(message: bytes) -> list[object]:
            async with listening(hub, "a") as ear:
                await hub.publish("a", message)
                return await ear.heard(message)

        for steps in range(60):
            leaving = asyncio.create_task(first())
            await asyncio.sleep(0)
            staying = asyncio.create_task(second(b"%d" % steps))
            for _ in range(steps):
                await asyncio.sleep(0)
            leaving.cancel()

            assert (await staying)[-1] == b"%d" % steps
            await asyncio.wait({leaving})
            assert not hub._listeners
