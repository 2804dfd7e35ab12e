"""The event log on Redis: one script appends to a capped, expiring Redis stream and tells its watchers."""

from __future__ import annotations

import asyncio
from functools import cache
from hashlib import sha1
from typing import TYPE_CHECKING, Any, Final

import orjson
from redis.exceptions import NoScriptError, RedisError

from db.searches import Search
from domain.ports import Event, Position, Publication
from domain.streams import keeping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Mapping, Sequence

    from redis.asyncio import Redis

    from adapters.hub import Hub
    from domain.ports import Listener

    Call = tuple[list[str], list[str | bytes | int]]
    """Keys and arguments of a script."""
    Command = tuple[str | bytes | int, ...]
    Place = tuple[str, Position]
    """A stream, and where in it somebody stands."""

ANSWER_WAIT_S: Final = 5.0
"""For Redis, attempts and the wait for a connection and for others who ask together: who comes while it hangs shall not
wait for its end."""
PUBLISH: Final = """
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


_READ: Final = """
local stream, meta = KEYS[1], KEYS[2]
local after, place_ttl = unpack(ARGV)
redis.call('EXPIRE', meta, place_ttl)
local place = redis.call('HMGET', meta, 'tip', 'sequence', 'beginning')
return {redis.call('XRANGE', stream, '(' .. after, '+'), place[1], place[2], place[3]}
"""


class RedisEventLog:
    """``domain.ports.EventLog`` on Redis."""

    def __init__(self, redis: Redis, hub: Hub) -> None:
        """Write and read through ``redis``; listen through ``hub``, which reads messages with ``event_of``."""
        self._redis = redis
        self._hub = hub
        self._tips = Search(self._find_tips)
        self._missed = Search(self._find_missed)

    async def publish(
        self, stream: str, kind: str, data: Mapping[str, Any], key: str = "", *, is_last: bool = False
    ) -> None:
        """See ``EventLog.publish``."""
        await self.publish_all([Publication(stream, kind, data, key, is_last)])

    async def publish_all(self, publications: Sequence[Publication]) -> None:
        """See ``EventLog.publish_all``."""
        await self._run(PUBLISH, [publishing(publication) for publication in publications])

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        """See ``EventLog.read_after``."""
        missed: list[Event] | None = await _reached(self._missed.find((stream, position)))
        return missed

    async def tip(self, stream: str) -> Position:
        """See ``EventLog.tip``."""
        tip: Position | None = await _reached(self._tips.find(stream))
        assert tip, "every log has one"
        return tip

    async def tips(self, streams: Sequence[str]) -> list[Position]:
        """See ``EventLog.tips``."""
        read = self._redis.pipeline(transaction=False)
        for stream in streams:
            read.hmget(_meta(stream), ["tip", "sequence"])
        return [_position(*tip) for tip in await _reached(read.execute())]

    async def _find_tips(self, streams: Collection[str]) -> dict[str, Position]:
        calls: list[Call] = [([_meta(stream)], [keeping(stream).place_seconds]) for stream in streams]
        answers = await self._run(_TIP, calls)
        return {stream: _position(*tip) for stream, tip in zip(streams, answers, strict=True)}

    async def _find_missed(self, places: Collection[Place]) -> dict[Place, list[Event] | None]:
        calls: list[Call] = [
            ([_events(stream), _meta(stream)], [_stamp_text(after.stamp), keeping(stream).place_seconds])
            for stream, after in places
        ]
        answers = await self._run(_READ, calls)
        return {place: _after(place[1], *answer) for place, answer in zip(places, answers, strict=True)}

    async def _run(self, script: str, calls: Sequence[Call]) -> list[Any]:
        """Run a script for each call, in order, and return what each answers.

        Raises:
            ConnectionError: Redis can not be reached; some of the calls, the first ones, may have been made.
        """
        commands = [command(script, call) for call in calls]
        try:
            return await self._answers(commands)
        except ConnectionError as error:
            if not isinstance(error.__cause__, NoScriptError):
                raise
        # a new Redis, or an emptied one: what it was told before is gone
        return (await self._answers([("SCRIPT LOAD", script), *commands]))[1:]

    async def _answers(self, commands: Sequence[Command]) -> list[Any]:
        sending = self._redis.pipeline(transaction=False)
        for each in commands:
            sending.execute_command(*each)
        answers: list[Any] = await _reached(sending.execute())
        return answers

    async def enter(self, stream: str, listener: Listener) -> None:
        """See ``EventLog.enter``."""
        await self._hub.enter(_channel(stream), listener)

    def leave(self, stream: str, listener: Listener) -> None:
        """See ``EventLog.leave``."""
        self._hub.leave(_channel(stream), listener)


def command(script: str, call: Call) -> Command:
    """Return the Redis command that runs a script, once it is loaded."""
    keys, arguments = call
    return "EVALSHA", _digest(script), len(keys), *keys, *arguments


def publishing(publication: Publication) -> Call:
    """Return the call of ``PUBLISH`` that publishes an event."""
    stream, kept = publication.stream, keeping(publication.stream)
    body = orjson.dumps({"kind": publication.kind, "data": publication.data})
    limits = kept.events, kept.seconds, kept.place_seconds
    keys = [_events(stream), _meta(stream), _once(stream)]
    return keys, [_channel(stream), body, publication.key, *limits, int(publication.is_last)]


def event_of(message: bytes) -> Event:
    """Return what a stream's channel is told."""
    stamp, sequence, body = message.split(b" ", 2)
    return _event(stamp, sequence, body)


def _after(
    position: Position, entries: Sequence[Any], tip: bytes | None, sequence: bytes | None, beginning: bytes | None
) -> list[Event] | None:
    """Return the events after a place, None where some of them are gone."""
    at, start = _position(tip, sequence), _position(beginning, b"0")
    if position.sequence == 0 and position.stamp not in {(0, 0), start.stamp}:
        return None  # it stood at the beginning of another log
    events = [_event(stamp, number, body) for stamp, (_, number, _, body) in entries]
    if events:
        return events if events[0].position.sequence == position.sequence + 1 else None
    return [] if at == position or at.sequence == position.sequence == 0 else None


@cache
def _digest(script: str) -> str:
    return sha1(script.encode(), usedforsecurity=False).hexdigest()


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
