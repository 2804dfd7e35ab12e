"""The event log of jobs on a real Valkey: one order without gaps, each event once, and an honest memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from broadcaster import Event

from adapters.hub import RESYNC
from adapters.job_events import KEPT_EVENTS, KEPT_S
from domain.ports import Position
from waiting import until

if TYPE_CHECKING:
    from app.embedded.server import EmbeddedServer
    from workshop import Workshop

pytestmark = pytest.mark.anyio

NOWHERE = Position((0, 0), 0)


async def test_events_published_at_once_have_one_order_without_gaps(shop: Workshop) -> None:
    job_id = uuid4()

    async with shop.log.subscribe(job_id) as live:
        await asyncio.gather(*(shop.log.publish(job_id, "progress", {"n": n}) for n in range(50)))
        heard = [await live.next(5) for _ in range(50)]

    kept = await shop.log.read_after(job_id, NOWHERE)
    assert kept == heard
    assert [event.position.sequence for event in kept] == list(range(1, 51))
    assert {event.data["n"] for event in kept} == set(range(50))
    assert kept == sorted(kept, key=lambda event: event.position)
    assert await shop.log.tip(job_id) == kept[-1].position


async def test_an_event_with_a_key_is_published_once(shop: Workshop) -> None:
    job_id = uuid4()

    await asyncio.gather(*(shop.log.publish(job_id, "image_ready", {"slot": 0}, key="7") for _ in range(20)))
    await shop.log.publish(job_id, "image_ready", {"slot": 1}, key="8")

    events = await shop.log.read_after(job_id, NOWHERE)
    assert events
    assert [event.data for event in events] == [{"slot": 0}, {"slot": 1}]


async def test_nothing_follows_completed(shop: Workshop) -> None:
    job_id = uuid4()
    await shop.log.publish(job_id, "completed", {}, key="1")
    after = await shop.log.tip(job_id)

    for kind in ("progress", "image_ready", "completed"):
        await shop.log.publish(job_id, kind, {})

    assert await shop.log.read_after(job_id, after) == []


async def test_what_is_no_longer_kept_is_said_to_be_missing(shop: Workshop) -> None:
    job_id, positions = uuid4(), []
    for n in range(KEPT_EVENTS + 300):
        await shop.log.publish(job_id, "progress", {"n": n, "preview": "x" * 2_000})
        positions.append(await shop.log.tip(job_id))

    kept = await shop.log.read_after(job_id, positions[-KEPT_EVENTS])
    assert kept
    assert [event.position for event in kept] == positions[-KEPT_EVENTS + 1 :]
    assert await shop.log.read_after(job_id, positions[0]) is None
    assert await shop.log.read_after(job_id, NOWHERE) is None


async def test_a_position_of_another_log_is_missing(shop: Workshop) -> None:
    job_id = uuid4()
    assert await shop.log.read_after(job_id, NOWHERE) == []
    assert await shop.log.read_after(job_id, Position((1_700_000_000_000, 0), 3)) is None

    await shop.log.publish(job_id, "progress", {})
    tip = await shop.log.tip(job_id)
    assert await shop.log.read_after(job_id, Position((tip.stamp[0] + 60_000, 0), 9)) is None
    assert await shop.log.read_after(job_id, Position(tip.stamp, tip.sequence + 1)) is None


async def test_a_log_is_forgotten_an_hour_after_its_last_event(shop: Workshop) -> None:
    job_id = uuid4()
    await shop.log.publish(job_id, "progress", {})

    keys = [key async for key in shop.redis.scan_iter(match=f"*{job_id}*")]
    assert len(keys) == 2
    lives = [await shop.redis.ttl(key) for key in keys]
    assert all(0 < life <= KEPT_S for life in lives)


async def test_a_kill_loses_nothing_that_was_acknowledged(shop: Workshop, spare_valkey: EmbeddedServer) -> None:
    job_id = uuid4()
    for n in range(20):
        await shop.log.publish(job_id, "progress", {"n": n}, key=str(n))

    spare_valkey.kill()
    with pytest.raises(ConnectionError):
        await shop.log.publish(job_id, "progress", {})
    with pytest.raises(ConnectionError):
        await shop.log.read_after(job_id, NOWHERE)
    with pytest.raises(ConnectionError):
        await shop.log.tip(job_id)
    spare_valkey.start()

    await shop.log.publish(job_id, "progress", {"n": 0}, key="0")
    events = await shop.log.read_after(job_id, NOWHERE)
    assert events
    assert [event.data["n"] for event in events] == list(range(20))


async def test_hundreds_of_watchers_may_read_at_once(shop: Workshop) -> None:
    job_id = uuid4()
    await shop.log.publish(job_id, "progress", {})

    read = await asyncio.gather(*(shop.log.read_after(job_id, NOWHERE) for _ in range(300)))

    assert all(events and len(events) == 1 for events in read)


async def test_a_watcher_who_leaves_as_an_event_comes_has_left(shop: Workshop) -> None:
    job_id = uuid4()
    async with shop.log.subscribe(job_id) as live:
        waiting = asyncio.create_task(live.next(10))
        await asyncio.sleep(0)
        (queue,) = shop.hub._subscribers[f"easel:job:{job_id}"]

        queue.put_nowait(Event("", RESYNC))
        waiting.cancel()

        with pytest.raises(asyncio.CancelledError):
            await waiting


async def test_who_has_no_time_to_wait_is_told_so_whatever_is_there(shop: Workshop) -> None:
    job_id = uuid4()
    async with shop.log.subscribe(job_id) as live:
        await shop.log.publish(job_id, "progress", {})
        assert await live.next(10)
        await shop.log.publish(job_id, "progress", {})
        (queue,) = shop.hub._subscribers[f"easel:job:{job_id}"]
        await until(lambda: not queue.empty())

        with pytest.raises(TimeoutError):
            await live.next(0)
        assert await live.next(10)
