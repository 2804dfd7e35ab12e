"""The event log on Redis: one script appends to a capped, expiring Redis stream and tells its watchers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import orjson
from redis.exceptions import NoScriptError, RedisError

from adapters.hub import RESYNC
from domain.ports import Event, Position, Publication
from domain.streams import keeping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence

    from redis.asyncio import Redis

    from adapters.hub import Hub
    from domain.ports import Listener

    Keys = list[str]
    Arguments = list[str | bytes | int]

ANSWER_WAIT_S: Final = 5.0
"""For Redis, attempts and the wait for a connection together: who comes while it hangs shall not wait for its end."""
_PUBLISH: Final = """
local stream, meta, once = KEYS[1], KEYS[2], KEYS[3]
local channel, body, key, kept, ttl, place_ttl, final = unpack(ARGV)
if redis.call('HEXISTS', meta, 'final') == 1 then return 0 end
if key ~= '' and redis.call('ZSCORE', once, key) then return 0 end
local sequence = redis.call('HINCRBY', meta, 'sequence', 1)
local id = redis.call('XADD', stream, 'MAXLEN', '~', kept, '*', 's', sequence, 'b', body)
redis.call('HSET', meta, 'tip', id)
if final == '1' then redis.call('HSET', meta, 'final', 1) end
if key ~= '' then
  redis.call('ZADD', once, sequence, key)
  redis.call('ZREMRANGEBYRANK', once, 0, -1 - kept)
  redis.call('EXPIRE', once, ttl)
end
redis.call('EXPIRE', stream, ttl)
redis.call('EXPIRE', meta, place_ttl)
redis.call('PUBLISH', channel, id .. ' ' .. sequence .. ' ' .. body)
return sequence
"""

_TIP: Final = """
local meta, place_ttl = KEYS[1], ARGV[1]
local tip = redis.call('HMGET', meta, 'tip', 'sequence')
if tip[1] then
  redis.call('EXPIRE', meta, place_ttl)
  return tip
end
local time = redis.call('TIME')
local beginning = string.format('%.0f-0', time[1] * 1000 + math.floor(time[2] / 1000) - 1)
redis.call('HSET', meta, 'tip', beginning, 'sequence', 0, 'beginning', beginning)
redis.call('EXPIRE', meta, place_ttl)
return {beginning, '0'}
"""
"""A log begins when somebody asks where it stands: before its first event, too, a watcher has a place in this log, and
not in the one that is there after it was emptied."""


class RedisEventLog:
    """``domain.ports.EventLog`` on Redis."""

    def __init__(self, redis: Redis, hub: Hub) -> None:
        """Write and read through ``redis``; listen through ``hub``."""
        self._redis = redis
        self._hub = hub
        self._ears: dict[tuple[str, Listener], _Ear] = {}
        self._publish = redis.register_script(_PUBLISH)
        self._tip = redis.register_script(_TIP)

    async def publish(
        self, stream: str, kind: str, data: Mapping[str, Any], key: str = "", *, is_last: bool = False
    ) -> None:
        """See ``EventLog.publish``."""
        keys, arguments = _written(Publication(stream, kind, data, key, is_last))
        await _reached(self._publish(keys, arguments))

    async def publish_all(self, publications: Sequence[Publication]) -> None:
        """See ``EventLog.publish_all``."""
        written = [_written(publication) for publication in publications]
        try:
            await self._publish_written(written)
        except NoScriptError:  # in a new Redis, or an emptied one: what was published before is not published again
            await _reached(self._redis.script_load(_PUBLISH))
            await _reached(self._publish_written(written))
        except (RedisError, OSError) as error:
            raise ConnectionError(str(error)) from error

    async def _publish_written(self, written: Sequence[tuple[Keys, Arguments]]) -> None:
        sending = self._redis.pipeline(transaction=False)
        for keys, arguments in written:
            sending.evalsha(self._publish.sha, len(keys), *keys, *arguments)
        await sending.execute()

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        """See ``EventLog.read_after``."""
        read = self._redis.pipeline(transaction=True)
        read.xrange(_events(stream), min=f"({_stamp_text(position.stamp)}")
        read.hmget(_meta(stream), ["tip", "sequence", "beginning"])
        read.expire(_meta(stream), keeping(stream).place_seconds)
        entries, (tip, sequence, beginning), _ = await _reached(read.execute())
        at, start = _position(tip, sequence), _position(beginning, b"0")
        if position.sequence == 0 and position.stamp not in {(0, 0), start.stamp}:
            return None  # it stood at the beginning of another log
        events = [_event(stamp, fields[b"s"], fields[b"b"]) for stamp, fields in entries]
        if events:
            return events if events[0].position.sequence == position.sequence + 1 else None
        return [] if at == position or at.sequence == position.sequence == 0 else None

    async def tip(self, stream: str) -> Position:
        """See ``EventLog.tip``."""
        return _position(*await _reached(self._tip(keys=[_meta(stream)], args=[keeping(stream).place_seconds])))

    async def tips(self, streams: Sequence[str]) -> list[Position]:
        """See ``EventLog.tips``."""
        read = self._redis.pipeline(transaction=False)
        for stream in streams:
            read.hmget(_meta(stream), ["tip", "sequence"])
        return [_position(*tip) for tip in await _reached(read.execute())]

    async def enter(self, stream: str, listener: Listener) -> None:
        """See ``EventLog.enter``."""
        await self._hub.enter(_channel(stream), self._ears.setdefault((stream, listener), _Ear(listener)))

    def leave(self, stream: str, listener: Listener) -> None:
        """See ``EventLog.leave``."""
        ear = self._ears.pop((stream, listener), None)
        if ear:
            self._hub.leave(_channel(stream), ear)


class _Ear:
    """Reads messages of the hub for one listener."""

    __slots__ = ("_listener",)

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def __call__(self, message: bytes) -> None:
        self._listener(None if message == RESYNC else _event(*message.split(b" ", 2)))


def _written(publication: Publication) -> tuple[Keys, Arguments]:
    """Return the keys and arguments of the script that publishes an event."""
    stream, kept = publication.stream, keeping(publication.stream)
    body = orjson.dumps({"kind": publication.kind, "data": publication.data})
    limits = kept.events, kept.seconds, kept.place_seconds
    keys = [_events(stream), _meta(stream), _once(stream)]
    return keys, [_channel(stream), body, publication.key, *limits, int(publication.is_last)]


async def _reached(answer: Awaitable[Any]) -> Any:  # noqa: ANN401 - whatever Redis answers
    try:
        async with asyncio.timeout(ANSWER_WAIT_S):
            return await answer
    except (RedisError, OSError) as error:
        raise ConnectionError(str(error)) from error


def _event(stamp: bytes, sequence: bytes, body: bytes) -> Event:
    content = orjson.loads(body)
    return Event(Position(_stamp(stamp), int(sequence)), content["kind"], content["data"])


def _position(stamp: bytes | None, sequence: bytes | None) -> Position:
    return Position(_stamp(stamp), int(sequence)) if stamp and sequence else Position((0, 0), 0)


def _stamp(text: bytes) -> tuple[int, int]:
    milliseconds, counter = text.split(b"-")
    return int(milliseconds), int(counter)


def _stamp_text(stamp: tuple[int, int]) -> str:
    return f"{stamp[0]}-{stamp[1]}"


def _channel(stream: str) -> str:
    return f"easel:{stream}"


def _events(stream: str) -> str:
    return f"easel:{{{stream}}}:events"


def _meta(stream: str) -> str:
    return f"easel:{{{stream}}}:meta"


def _once(stream: str) -> str:
    return f"easel:{{{stream}}}:once"
