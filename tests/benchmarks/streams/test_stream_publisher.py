"""The publisher of the stream benchmark: what it sends is what Easel's own log sends."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import orjson
import pytest
import redis

from adapters.hub import redis_client
from benchmarks.streams.operations import WATCH
from benchmarks.streams.publisher import Publisher, PublishingFailedError
from benchmarks.streams.wires import ORIGIN, Channels, EaselLog, Emitters
from domain import streams

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.streams.wires import Wire

pytestmark = pytest.mark.anyio


async def published(redis_url: str, wire: Wire, subjects: Sequence[str], count: int) -> None:
    publisher = Publisher()
    await publisher.prepare(redis_url, wire, WATCH, subjects)
    assert await publisher.publish(rate=1_000, seconds=count / 1_000) == count


async def received(redis_url: str, wire: Wire, subject: str, count: int) -> list[bytes]:
    """Publish to one subject and return what its channel was told."""
    async with redis_client(redis_url) as client, client.pubsub() as pubsub:
        await pubsub.subscribe(subject)
        await pubsub.get_message(timeout=10)
        await published(redis_url, wire, [subject], count)
        messages: list[dict[str, Any]] = [await pubsub.get_message(timeout=10) for _ in range(count)]
        return [message["data"] for message in messages]


async def test_the_log_holds_each_event_as_a_worker_would_have_told_it(redis_url: str) -> None:
    # given two jobs
    subjects = [streams.of_job(uuid4()), streams.of_job(uuid4())]
    # when ten events are published in turn
    await published(redis_url, EaselLog(), subjects, 10)
    # then each log numbers five of them
    with redis.Redis.from_url(redis_url) as client:
        for subject in subjects:
            (stream,) = client.keys(f"*{subject}*:events")
            entries = [fields for _, fields in client.xrange(stream)]
            assert [int(fields[b"s"]) for fields in entries] == [1, 2, 3, 4, 5]
            for fields in entries:
                body = orjson.loads(fields[b"b"])
                assert body["kind"] == "progress"
                assert re.fullmatch(r"data:,1\d{9}", body["data"].pop("preview"))
                assert body["data"] == {"slot": 0, "step": 4, "total": 20}


async def test_peers_are_told_the_root_value_with_its_number_and_moment(redis_url: str) -> None:
    messages = [orjson.loads(data) for data in await received(redis_url, Channels(), "subject", 3)]
    events = [message["generationJobEvents"] for message in messages]
    assert [event["sequence"] for event in events] == [ORIGIN + 1, ORIGIN + 2, ORIGIN + 3]
    assert all(re.fullmatch(r"data:,1\d{9}", event["preview"]) for event in events)
    assert {event["__typename"] for event in events} == {"GenerationProgress"}


async def test_envelopes_carry_the_number_in_binary_and_in_their_id(redis_url: str) -> None:
    first, second = await received(redis_url, Emitters(), "subject", 2)
    for number, message in ((ORIGIN + 1, first), (ORIGIN + 2, second)):
        assert b"sequence\xd2" + number.to_bytes(4, "big") in message
        assert f"/{number}".encode() in message
    assert len(first) == len(second)


async def test_a_command_that_is_refused_is_no_measurement(redis_url: str) -> None:
    subject = streams.of_job(uuid4())
    publisher = Publisher()
    await publisher.prepare(redis_url, EaselLog(), WATCH, [subject])
    with redis.Redis.from_url(redis_url) as client:
        client.script_flush()
    async with asyncio.timeout(10):
        with pytest.raises(PublishingFailedError, match="NOSCRIPT"):
            await publisher.publish(rate=1_000, seconds=0.01)
