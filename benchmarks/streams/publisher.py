"""The publisher: sends ready-made commands to Redis at a fixed rate, in pipelines, and does little else."""

from __future__ import annotations

import asyncio
import json
import random
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from adapters.hub import redis_client
from benchmarks.streams import clock
from benchmarks.streams.operations import STAMP
from benchmarks.streams.wires import ORIGIN, event_log, filled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.streams.operations import Operation
    from benchmarks.streams.people import Person
    from benchmarks.streams.wires import Wire

_TICK_S: Final = 0.001
_MOST: Final = 500
"""Commands at once, where it has fallen behind."""
_GAPS_S: Final = (0.005, 0.045)


class PublishingFailedError(Exception):
    """Redis refused a command."""


class Publisher:
    """Publishes to one server's subjects, each in its turn."""

    def __init__(self) -> None:
        """Nothing to publish yet."""
        self._redis_url = ""
        self._templates: list[bytes] = []
        self._sent = 0

    async def prepare(self, redis_url: str, wire: Wire, operation: Operation, subjects: Sequence[str]) -> None:
        """Write the commands; Redis listens on the socket of a ``unix`` URL, as the embedded one does."""
        self._redis_url = redis_url
        self._templates = await wire.templates(redis_url, operation, subjects)
        self._sent = 0

    async def publish(self, rate: float, seconds: float) -> int:
        """Publish ``rate`` events a second for that long; return how many.

        Raises:
            PublishingFailedError: Redis refused one.
        """
        loop = asyncio.get_running_loop()
        path = unquote(urlsplit(self._redis_url).path)
        transport, answers = await loop.create_unix_connection(_Answers, path)
        begun, first, total = loop.time(), self._sent, int(rate * seconds)
        try:
            while (sent := self._sent - first) < total:
                due = min(int((loop.time() - begun) * rate) + 1, total, sent + _MOST) - sent
                transport.write(self._next(due))
                await asyncio.sleep(_TICK_S)
            await answers.wait_for(total)
        finally:
            transport.close()
        return total

    async def report(self, operation: Operation, person: Person, count: int) -> None:
        """Publish ``count`` events to somebody's stream of Easel as its workers do, with gaps of some milliseconds."""
        async with redis_client(self._redis_url) as redis:
            log = event_log(redis, self._redis_url)
            for _ in range(count):
                await asyncio.sleep(random.uniform(*_GAPS_S))  # noqa: S311 - gaps of a measurement
                data = json.dumps(operation.data).replace(f"{STAMP}", f"{clock.stamp()}")
                await log.publish(operation.stream(person), operation.kind, json.loads(data))

    def _next(self, count: int) -> bytes:
        templates, stamp, first = self._templates, clock.stamp(), self._sent
        self._sent = first + count
        return b"".join(
            filled(templates[number % len(templates)], ORIGIN + 1 + number // len(templates), stamp)
            for number in range(first, first + count)
        )


class _Answers(asyncio.Protocol):
    """Counts what Redis answers: one line for each command."""

    def __init__(self) -> None:
        self._lines = 0
        self._news = asyncio.Event()
        self._error = ""

    def data_received(self, data: bytes) -> None:
        if b"-" in data:
            self._error = data.decode(errors="replace")
        self._lines += data.count(b"\n")
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self._error = self._error or f"the connection was closed: {exc}"
        self._news.set()

    async def wait_for(self, lines: int) -> None:
        while self._lines < lines and not self._error:
            self._news.clear()
            await self._news.wait()
        if self._error:
            raise PublishingFailedError(self._error)
