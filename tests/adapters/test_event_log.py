"""The event log on a real Valkey: one order without gaps, each event once, and an honest memory."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from domain import streams
from domain.ports import Position, Publication
from waiting import until

if TYPE_CHECKING:
    from app.embedded.server import EmbeddedServer
    from domain.ports import Event
    from workshop import Workshop

pytestmark = pytest.mark.anyio

NOWHERE = Position((0, 0), 0)
KEPT = streams.keeping("job:")


async def test_events_published_at_once_have_one_order_without_gaps(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())

    heard: list[Event | None] = []
    await shop.log.enter(stream, heard.append)
    await asyncio.gather(*(shop.log.publish(stream, "progress", {"n": n}) for n in range(50)))
    await until(lambda: len(heard) == 50)
    shop.log.leave(stream, heard.append)

    kept = await shop.log.read_after(stream, NOWHERE)
    assert kept == heard
    assert [event.position.sequence for event in kept] == list(range(1, 51))
    assert {event.data["n"] for event in kept} == set(range(50))
    assert kept == sorted(kept, key=lambda event: event.position)
    assert await shop.log.tip(stream) == kept[-1].position


async def test_an_event_with_a_key_is_published_once(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())

    await asyncio.gather(*(shop.log.publish(stream, "image_ready", {"slot": 0}, key="7") for _ in range(20)))
    await shop.log.publish(stream, "image_ready", {"slot": 1}, key="8")

    events = await shop.log.read_after(stream, NOWHERE)
    assert events
    assert [event.data for event in events] == [{"slot": 0}, {"slot": 1}]


async def test_nothing_follows_the_last_event(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())
    await shop.log.publish(stream, "completed", {}, key="1", is_last=True)
    after = await shop.log.tip(stream)

    for kind in ("progress", "image_ready", "completed"):
        await shop.log.publish(stream, kind, {})

    assert await shop.log.read_after(stream, after) == []


async def test_what_is_no_longer_kept_is_said_to_be_missing(shop: Workshop) -> None:
    stream, positions = streams.of_job(uuid4()), []
    for n in range(KEPT.events + 300):
        await shop.log.publish(stream, "progress", {"n": n, "preview": "x" * 2_000})
        positions.append(await shop.log.tip(stream))

    kept = await shop.log.read_after(stream, positions[-KEPT.events])
    assert kept
    assert [event.position for event in kept] == positions[-KEPT.events + 1 :]
    assert await shop.log.read_after(stream, positions[0]) is None
    assert await shop.log.read_after(stream, NOWHERE) is None


async def test_a_position_of_another_log_is_missing(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())
    assert await shop.log.read_after(stream, NOWHERE) == []
    assert await shop.log.read_after(stream, Position((1_700_000_000_000, 0), 3)) is None

    await shop.log.publish(stream, "progress", {})
    tip = await shop.log.tip(stream)
    assert await shop.log.read_after(stream, Position((tip.stamp[0] + 60_000, 0), 9)) is None
    assert await shop.log.read_after(stream, Position(tip.stamp, tip.sequence + 1)) is None


async def test_a_log_is_forgotten_an_hour_after_its_last_event(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())
    await shop.log.publish(stream, "progress", {}, key="1")

    keys = [key async for key in shop.redis.scan_iter(match=f"*{stream}*")]
    assert len(keys) == 3
    lives = [await shop.redis.ttl(key) for key in keys]
    assert all(0 < life <= KEPT.seconds for life in lives)


async def test_a_kill_loses_nothing_that_was_acknowledged(shop: Workshop, spare_valkey: EmbeddedServer) -> None:
    stream = streams.of_job(uuid4())
    for n in range(20):
        await shop.log.publish(stream, "progress", {"n": n}, key=str(n))

    spare_valkey.kill()
    with pytest.raises(ConnectionError):
        await shop.log.publish(stream, "progress", {})
    with pytest.raises(ConnectionError):
        await shop.log.read_after(stream, NOWHERE)
    with pytest.raises(ConnectionError):
        await shop.log.tip(stream)
    spare_valkey.start()

    await shop.log.publish(stream, "progress", {"n": 0}, key="0")
    events = await shop.log.read_after(stream, NOWHERE)
    assert events
    assert [event.data["n"] for event in events] == list(range(20))


async def test_hundreds_of_watchers_may_read_at_once(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())
    await shop.log.publish(stream, "progress", {})

    read = await asyncio.gather(*(shop.log.read_after(stream, NOWHERE) for _ in range(300)))

    assert all(events and len(events) == 1 for events in read)


async def test_who_has_left_hears_nothing_more_and_nobody_else_is_harmed(shop: Workshop) -> None:
    stream = streams.of_job(uuid4())
    leaving: list[Event | None] = []
    staying: list[Event | None] = []
    await shop.log.enter(stream, leaving.append)
    await shop.log.enter(stream, staying.append)
    await shop.log.publish(stream, "progress", {})
    await until(lambda: len(leaving) == len(staying) == 1)

    shop.log.leave(stream, leaving.append)
    await shop.log.publish(stream, "progress", {})

    await until(lambda: len(staying) == 2)
    assert len(leaving) == 1


async def test_each_stream_has_an_order_of_its_own_and_is_kept_as_long_as_its_kind_says(shop: Workshop) -> None:
    names = [streams.of_job(uuid4()), streams.of_user(uuid4()), streams.of_feed("LATEST"), streams.of_queue("sandbox")]
    for _ in range(2):
        for name in names:
            await shop.log.publish(name, "said", {"to": name})

    for name in names:
        events = await shop.log.read_after(name, NOWHERE)
        assert events
        assert [(event.position.sequence, event.data["to"]) for event in events] == [(1, name), (2, name)]
        kept = streams.keeping(name)
        for part, longest in (("events", kept.seconds), ("meta", kept.place_seconds)):
            assert longest - 60 < await shop.redis.ttl(f"easel:{{{name}}}:{part}") <= longest
    assert await shop.log.tips(names) == [await shop.log.tip(name) for name in names]


async def test_keys_are_remembered_for_as_many_events_as_are_kept(shop: Workshop) -> None:
    stream = streams.of_queue("sandbox")
    kept = streams.keeping(stream).events
    for n in range(kept + 1):
        await shop.log.publish(stream, "said", {}, key=str(n))
    tip = await shop.log.tip(stream)

    await shop.log.publish(stream, "said", {}, key="1")
    assert await shop.log.tip(stream) == tip
    await shop.log.publish(stream, "said", {}, key="0")
    assert (await shop.log.tip(stream)).sequence == tip.sequence + 1
    assert await shop.redis.zcard(f"easel:{{{stream}}}:once") == kept


async def test_who_came_before_the_first_event_comes_back_to_the_same_log_alone(shop: Workshop) -> None:
    stream = streams.of_user(uuid4())
    start = await shop.log.tip(stream)
    assert (start.sequence, await shop.log.read_after(stream, start)) == (0, [])

    await shop.log.publish(stream, "said", {"n": 1})
    (event,) = await shop.log.read_after(stream, start) or []
    assert event.position > start

    # when the log was emptied, and has begun again
    await shop.redis.flushall()
    assert await shop.log.read_after(stream, start) is None
    await shop.log.publish(stream, "said", {"n": 2})
    assert await shop.log.read_after(stream, start) is None


async def test_who_missed_nothing_goes_on_when_the_events_are_forgotten(shop: Workshop) -> None:
    stream, positions = streams.of_feed("LATEST"), []
    for _ in range(2):
        await shop.log.publish(stream, "said", {})
        positions.append(await shop.log.tip(stream))
    # given a stream that was quiet for so long that its events are gone, and its place nearly
    meta = f"easel:{{{stream}}}:meta"
    await shop.redis.delete(f"easel:{{{stream}}}:events")
    await shop.redis.expire(meta, 60)

    assert await shop.log.read_after(stream, positions[0]) is None
    assert await shop.log.read_after(stream, positions[1]) == []

    # then those who watch keep it in mind
    assert await shop.redis.ttl(meta) > 60
    await shop.redis.expire(meta, 60)
    assert await shop.log.tip(stream) == positions[1]
    assert await shop.redis.ttl(meta) > 60
    await shop.log.publish(stream, "said", {"n": 3})
    (event,) = await shop.log.read_after(stream, positions[1]) or []
    assert (event.position.sequence, event.data) == (3, {"n": 3})


async def test_many_events_are_published_in_their_order_each_once_also_by_a_server_that_has_forgotten_how(
    shop: Workshop,
) -> None:
    names = [streams.of_job(uuid4()), streams.of_user(uuid4())]
    told = [Publication(name, "said", {"n": n}, key=str(n)) for n in range(50) for name in names]
    told.append(Publication(names[0], "completed", {}, key="end", is_last=True))
    for _ in range(2):
        await shop.redis.script_flush()
        await shop.log.publish_all(told)
    await shop.log.publish_all([])
    await shop.log.publish_all([Publication(name, "said", {"n": 50}) for name in names])

    first, second = [await shop.log.read_after(name, NOWHERE) or [] for name in names]
    assert [event.data.get("n") for event in first] == [*range(50), None]
    assert [event.data["n"] for event in second] == list(range(51))


async def test_many_events_that_can_not_be_published_are_said_to_be(
    shop: Workshop, spare_valkey: EmbeddedServer
) -> None:
    stream = streams.of_job(uuid4())
    spare_valkey.kill()
    with pytest.raises(ConnectionError):
        await shop.log.publish_all([Publication(stream, "said", {})])
    spare_valkey.start()
    assert await shop.log.read_after(stream, NOWHERE) == []
