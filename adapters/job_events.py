"""The event log of jobs on Redis: a capped, expiring stream a job, and a message to the watchers, in one script."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Final

import orjson
from redis.exceptions import RedisError

from adapters.hub import RESYNC
from domain.ports import JobEvent, Position

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
    from uuid import UUID

    from broadcaster import Event
    from redis.asyncio import Redis

    from adapters.hub import Hub

KEPT_EVENTS: Final = 512
KEPT_S: Final = 3600

_PUBLISH: Final = """
local stream, meta = KEYS[1], KEYS[2]
local channel, body, once, kept, ttl, final = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
if redis.call('HEXISTS', meta, 'final') == 1 then return 0 end
if once ~= '' and redis.call('HSETNX', meta, 'once:' .. once, 1) == 0 then return 0 end
local sequence = redis.call('HINCRBY', meta, 'sequence', 1)
local id = redis.call('XADD', stream, 'MAXLEN', '~', kept, '*', 's', sequence, 'b', body)
redis.call('HSET', meta, 'tip', id)
if final == '1' then redis.call('HSET', meta, 'final', 1) end
redis.call('EXPIRE', stream, ttl)
redis.call('EXPIRE', meta, ttl)
redis.call('PUBLISH', channel, id .. ' ' .. sequence .. ' ' .. body)
return sequence
"""


class RedisJobEventLog:
    """``domain.ports.JobEventLog`` on Redis."""

    def __init__(self, redis: Redis, hub: Hub) -> None:
        """Write and read through ``redis``; listen through ``hub``."""
        self._redis = redis
        self._hub = hub
        self._script = redis.register_script(_PUBLISH)

    async def publish(self, job_id: UUID, kind: str, data: Mapping[str, Any], key: str = "") -> None:
        """See ``JobEventLog.publish``."""
        body = orjson.dumps({"kind": kind, "data": data})
        final = "1" if kind == "completed" else "0"
        arguments: list[str | bytes | int] = [_channel(job_id), body, key, KEPT_EVENTS, KEPT_S, final]
        await _reached(self._script(keys=[_stream(job_id), _meta(job_id)], args=arguments))

    async def read_after(self, job_id: UUID, position: Position) -> list[JobEvent] | None:
        """See ``JobEventLog.read_after``."""
        read = self._redis.pipeline(transaction=True)
        read.xrange(_stream(job_id), min=f"({_stamp_text(position.stamp)}")
        read.hmget(_meta(job_id), ["tip", "sequence"])
        entries, tip = await _reached(read.execute())
        events = [_event(stamp, fields[b"s"], fields[b"b"]) for stamp, fields in entries]
        follows = events[0].position.sequence == position.sequence + 1 if events else _position(*tip) == position
        return events if follows else None

    async def tip(self, job_id: UUID) -> Position:
        """See ``JobEventLog.tip``."""
        return (await self.tips([job_id]))[0]

    async def tips(self, job_ids: Sequence[UUID]) -> list[Position]:
        """See ``JobEventLog.tips``."""
        read = self._redis.pipeline(transaction=False)
        for job_id in job_ids:
            read.hmget(_meta(job_id), ["tip", "sequence"])
        return [_position(*tip) for tip in await _reached(read.execute())]

    @asynccontextmanager
    async def subscribe(self, job_id: UUID) -> AsyncIterator[RedisLiveEvents]:
        """See ``JobEventLog.subscribe``."""
        async with self._hub.subscribe(_channel(job_id)) as queue:
            yield RedisLiveEvents(queue)


class RedisLiveEvents:
    """``domain.ports.LiveEvents`` from a queue of the hub."""

    def __init__(self, queue: asyncio.Queue[Event]) -> None:
        """Read from ``queue``."""
        self._queue = queue

    async def next(self, wait_s: float) -> JobEvent | None:
        """See ``LiveEvents.next``."""
        if wait_s <= 0:
            raise TimeoutError
        async with asyncio.timeout(wait_s):  # wait_for would swallow a cancellation that comes with an event
            message: str = (await self._queue.get()).message
        if message == RESYNC:
            return None
        stamp, sequence, body = message.split(" ", 2)
        return _event(stamp.encode(), sequence.encode(), body.encode())


async def _reached(answer: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever Redis answers
    try:
        return await answer
    except (RedisError, OSError) as error:
        raise ConnectionError(str(error)) from error


def _event(stamp: bytes, sequence: bytes, body: bytes) -> JobEvent:
    content = orjson.loads(body)
    return JobEvent(Position(_stamp(stamp), int(sequence)), content["kind"], content["data"])


def _position(stamp: bytes | None, sequence: bytes | None) -> Position:
    return Position(_stamp(stamp), int(sequence)) if stamp and sequence else Position((0, 0), 0)


def _stamp(text: bytes) -> tuple[int, int]:
    milliseconds, counter = text.split(b"-")
    return int(milliseconds), int(counter)


def _stamp_text(stamp: tuple[int, int]) -> str:
    return f"{stamp[0]}-{stamp[1]}"


def _channel(job_id: UUID) -> str:
    return f"easel:job:{job_id}"


def _stream(job_id: UUID) -> str:
    return f"easel:{{job:{job_id}}}:events"


def _meta(job_id: UUID) -> str:
    return f"easel:{{job:{job_id}}}:meta"
