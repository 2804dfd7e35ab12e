"""How events are published to each server: the commands that its Redis is sent, with holes for number and moment."""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import uuid4

from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from benchmarks.streams.operations import SEQUENCE, STAMP

if TYPE_CHECKING:
    from collections.abc import Sequence

    from redis.asyncio import Redis

    from benchmarks.streams.operations import Operation
    from benchmarks.streams.people import Person

ORIGIN: Final = 10**9
"""Sequence before the first event that is sent to peers: all their numbers have ten digits."""


class Wire(Protocol):
    """One server's way."""

    def subject(self, operation: Operation, person: Person) -> str:
        """Return the name of what somebody watches."""

    async def templates(self, redis_url: str, operation: Operation, subjects: Sequence[str]) -> list[bytes]:
        """Return a Redis command for each subject, to be filled by ``filled``."""


def filled(template: bytes, sequence: int, stamp: int) -> bytes:
    """Return the command that publishes an event with this number, of ten digits, at this moment."""
    return template % {b"sequence": sequence, b"packed": sequence.to_bytes(4, "big"), b"stamp": stamp}


def event_log(redis: Redis, redis_url: str) -> RedisEventLog:
    """Return Easel's event log."""
    return RedisEventLog(redis, Hub(redis_url, event_of))


class EaselLog:
    """Easel's event log: the commands are those that it sends itself."""

    def subject(self, operation: Operation, person: Person) -> str:
        """See ``Wire.subject``."""
        return operation.stream(person)

    async def templates(self, redis_url: str, operation: Operation, subjects: Sequence[str]) -> list[bytes]:
        """See ``Wire.templates``."""
        async with redis_client(redis_url) as redis, redis.pipeline(transaction=False) as pipeline:
            log = event_log(pipeline, redis_url)
            for subject in subjects:
                await log.publish(subject, operation.kind, operation.data)
            await pipeline.load_scripts()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
            return [_template(*args) for args, _options in pipeline.command_stack]


class Channels:
    """A channel for each subject; messages are the root value as JSON."""

    def subject(self, operation: Operation, person: Person) -> str:
        """See ``Wire.subject``."""
        return operation.channel(person)

    async def templates(self, redis_url: str, operation: Operation, subjects: Sequence[str]) -> list[bytes]:  # noqa: ARG002
        """See ``Wire.templates``."""
        told = json.dumps(operation.told, separators=(",", ":"))
        return [_template("PUBLISH", subject, told) for subject in subjects]


class Emitters:
    """The same, in the envelope of mqemitter-redis: MessagePack with an id that no other message has."""

    def subject(self, operation: Operation, person: Person) -> str:
        """See ``Wire.subject``."""
        return operation.channel(person)

    async def templates(self, redis_url: str, operation: Operation, subjects: Sequence[str]) -> list[bytes]:  # noqa: ARG002
        """See ``Wire.templates``."""
        return [_template("PUBLISH", subject, _packed(_envelope(operation, subject))) for subject in subjects]


def _envelope(operation: Operation, subject: str) -> dict[str, Any]:
    """Return a message with the id of no other: what has come already within a minute is dropped."""
    return {"id": f"{uuid4()}/{SEQUENCE}", "msg": {"topic": subject, "payload": operation.told}}


def _template(*words: str | bytes | int) -> bytes:
    command = b"*%d\r\n" % len(words)
    for word in words:
        text = word if isinstance(word, bytes) else str(word).encode()
        command += b"$%d\r\n%s\r\n" % (len(text), text)
    holes = {b"%d" % SEQUENCE: b"%(sequence)d", b"%d" % STAMP: b"%(stamp)d", SEQUENCE.to_bytes(4, "big"): b"%(packed)s"}
    template = command.replace(b"%", b"%%")
    for value, hole in holes.items():
        template = template.replace(value, hole)
    return template


def _packed(value: object) -> bytes:
    """Return objects of texts and numbers as MessagePack."""
    if isinstance(value, dict):
        pairs = (_packed(key) + _packed(each) for key, each in value.items())
        return b"\xde" + struct.pack(">H", len(value)) + b"".join(pairs)
    if isinstance(value, str):
        text = value.encode()
        return b"\xda" + struct.pack(">H", len(text)) + text
    assert isinstance(value, int)
    return b"\xd2" + struct.pack(">i", value)
