"""Thousands of clients in one process."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.streams.watchers import Client, Show, Tally

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterable, Sequence

    from benchmarks.streams.operations import Seat

AT_ONCE: Final = 50
"""How many connect at the same time, where they come in good order."""
PATIENCE_S: Final = 90
_LOOK_S: Final = 0.1
_RETRY_S: Final = 1.0
_JITTER_S: Final = (0.3, 3.0)


@dataclass(frozen=True, slots=True)
class Window:
    """What arrived between two moments."""

    received: int
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Account:
    """What all clients have seen from their first event to the last."""

    received: int
    missing: int
    """Events that were published and never came, and streams that started over."""
    doubled: int


class TroubledStreamsError(Exception):
    """Clients were told what they should not be, or were left."""


class Crowd:
    """The clients of one server."""

    def __init__(self) -> None:
        """Nobody is there yet."""
        self._clients: list[Client] = []
        self._tally = Tally()

    async def gather(self, show: Show, seats: Sequence[Seat]) -> float:
        """Let a client come for each seat; return how many seconds it took until all streams had begun.

        Raises:
            TroubledStreamsError: not all were let in.
        """
        await self.leave()
        self._tally = Tally()
        self._clients = [Client(show, seat, self._tally) for seat in seats]
        begun, doors = time.monotonic(), asyncio.Semaphore(AT_ONCE)

        async def enter(client: Client) -> None:
            async with doors:
                await _come(client, _RETRY_S)

        await _all(enter(client) for client in self._clients)
        return time.monotonic() - begun

    async def open_window(self) -> None:
        """Measure from now on."""
        self._tally.samples.clear()
        self._tally.is_sampling = True

    async def close_window(self) -> Window:
        """Return what has arrived since ``open_window``."""
        self._tally.is_sampling = False
        samples = self._tally.samples
        if len(samples) < 2:
            return Window(len(samples), float("nan"), float("nan"))
        percentiles = statistics.quantiles(samples, n=100, method="inclusive")
        return Window(len(samples), percentiles[49] / 1e3, percentiles[98] / 1e3)

    async def cut(self) -> float:
        """Reset all connections at once; return how many seconds passed until all streams went on.

        Each client comes back as the client of graphql-ws does: after 1 s and up to 3 s by chance, and after twice
        as long where that did not succeed.

        Raises:
            TroubledStreamsError: not all came back.
        """
        begun = time.monotonic()
        for client in self._clients:
            client.cut()
        await _all(_come_back(client) for client in self._clients)
        return time.monotonic() - begun

    async def settle(self, published: int, quiet_s: float = 3.0) -> Account:
        """Wait until all has come, or nothing more comes for ``quiet_s`` seconds.

        Args:
            published: how many events the clients should have seen in all.
            quiet_s: after which silence the rest is given up.

        Raises:
            TroubledStreamsError: errors, or closed connections.
        """
        tally, clock = self._tally, time.monotonic
        seen, since = tally.received, clock()
        while tally.received - tally.doubled < published and clock() < since + quiet_s:
            await asyncio.sleep(_LOOK_S)
            if tally.received != seen:
                seen, since = tally.received, clock()
        await asyncio.sleep(_LOOK_S)  # for what comes twice
        if tally.troubles:
            raise TroubledStreamsError(f"{len(tally.troubles)}: {tally.troubles[0]}")
        arrived = tally.received - tally.doubled
        return Account(tally.received, max(published - arrived, tally.lost), tally.doubled)

    async def leave(self) -> None:
        """Close all connections."""
        for client in self._clients:
            client.cut()
        self._clients = []


async def _all(journeys: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Wait for all clients; who fails stops the rest."""
    try:
        async with asyncio.timeout(PATIENCE_S), asyncio.TaskGroup() as group:
            for journey in journeys:
                group.create_task(journey)
    except TimeoutError:
        raise TroubledStreamsError(f"Some clients had no stream after {PATIENCE_S} s.") from None
    except ExceptionGroup as failures:
        raise TroubledStreamsError(f"{failures.exceptions[0]}") from failures


async def _come_back(client: Client) -> None:
    await _pause(_RETRY_S)
    await _come(client, 2 * _RETRY_S)


async def _come(client: Client, delay: float) -> None:
    """Come; where the server is not ready, try again after ``delay`` seconds, then after twice as long."""
    while True:
        try:
            await client.come()
        except ConnectionError:
            await _pause(delay)
            delay *= 2
        else:
            return


async def _pause(delay: float) -> None:
    await asyncio.sleep(delay + random.uniform(*_JITTER_S))  # noqa: S311 - spreads reconnects, guards nothing
