"""One server under one load: what it cost, how soon its clients were told, and whether they were told all."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import redis

from benchmarks.cpu import cpu_times, resident_megabytes, seconds_between
from benchmarks.streams.crowd import Crowd
from benchmarks.streams.operations import Seat
from benchmarks.streams.publisher import Publisher
from benchmarks.streams.watchers import Show

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.servers import Place, Program
    from benchmarks.streams.crowd import Account
    from benchmarks.streams.operations import Operation
    from benchmarks.streams.people import Person
    from benchmarks.streams.remote import Remote
    from benchmarks.streams.wires import Wire

SETTLE_S: Final = 1.0
"""Between the last client's arrival and the first event."""
WARM_UP_S: Final = 1.0
FIRST_WARM_UP_S: Final = 4.0
"""For compilers that work as they go, as V8 does."""
STORM_S: Final = 15.0
CALM_BEFORE_STORM_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server, how it is told events, and what it is asked."""

    name: str
    program: Program
    wire: Wire
    origin: int | None = None
    """See ``watchers.Show``."""
    authorize: Callable[[Person], str] | None = None
    """Makes the header of somebody's token, where the server asks who is there."""
    most: float = float("inf")
    """How many deliveries a second it holds out."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Who watches what, and how often it happens."""

    name: str
    clients: int
    rate: float
    """Deliveries a second."""
    operation: Operation

    @property
    def fan_out(self) -> int:
        """Clients that watch the same."""
        return self.clients if self.operation.is_public else 1


@dataclass(frozen=True, slots=True)
class Turn:
    """One measurement."""

    cpu_us: float
    """CPU time of the server for one delivery."""
    busy: float
    """Cores of the server that were busy."""
    load: float
    """Cores that clients, publisher and Valkey kept busy: where they have no more, delays are theirs."""
    delivered: float
    """Deliveries a second."""
    p50_ms: float
    p99_ms: float
    missing: int
    doubled: int


@dataclass(slots=True)
class Cell:
    """One server under one pattern."""

    server: Server
    pattern: Pattern
    turns: list[Turn] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Deliveries a second that are asked of it."""
        return min(self.pattern.rate, self.server.most)

    def median(self, figure: str) -> float:
        """Return the median of a figure of ``Turn``."""
        return statistics.median(self.values(figure))

    def values(self, figure: str) -> list[float]:
        """Return a figure of ``Turn`` for each round."""
        return [getattr(turn, figure) for turn in self.turns]

    def ratio(self, reference: Cell, figure: str) -> float:
        """Return a figure as a multiple of the reference's: the median of the rounds, each by itself."""
        pairs = zip(self.values(figure), reference.values(figure), strict=True)
        return statistics.median(ours / theirs for ours, theirs in pairs)


@dataclass(frozen=True, slots=True)
class Stage:
    """What every turn needs."""

    place: Place
    people: Sequence[Person]
    crowd: Remote[Crowd]
    publisher: Remote[Publisher]
    valkey: int
    """Process id."""

    def measure(self, cell: Cell, seconds: float) -> Turn:
        """Put the load of a pattern on a server for some seconds."""
        server, pattern, crowd = cell.server, cell.pattern, self.crowd
        warm_up = WARM_UP_S if cell.turns else FIRST_WARM_UP_S
        self.gather(server, pattern)
        publishing = self.publisher.begin(Publisher.publish, cell.rate / pattern.fan_out, warm_up + seconds)
        time.sleep(warm_up)
        crowd.call(Crowd.open_window)
        before, load_before, begun = cpu_times(server.program.pid), self._load(), time.monotonic()
        time.sleep(seconds)
        window = crowd.call(Crowd.close_window)
        used, took = seconds_between(before, cpu_times(server.program.pid)), time.monotonic() - begun
        load = seconds_between(load_before, self._load())
        account = self.part(publishing() * pattern.fan_out)
        return Turn(
            cpu_us=used / max(window.received, 1) * 1e6,
            busy=used / took,
            load=load / took,
            delivered=window.received / took,
            p50_ms=window.p50_ms,
            p99_ms=window.p99_ms,
            missing=account.missing,
            doubled=account.doubled,
        )

    def _load(self) -> dict[int, int]:
        return cpu_times(self.crowd.pid) | cpu_times(self.publisher.pid) | cpu_times(self.valkey)

    def storm(self, server: Server, pattern: Pattern) -> tuple[float, Account]:
        """Cut all clients at once while events go on; return the seconds until all are back, and what they missed."""
        self.gather(server, pattern)
        publishing = self.publisher.begin(Publisher.publish, pattern.rate / pattern.fan_out, STORM_S)
        time.sleep(CALM_BEFORE_STORM_S)
        seconds = self.crowd.call(Crowd.cut)
        return seconds, self.part(publishing() * pattern.fan_out)

    def idle_kilobytes(self, server: Server, pattern: Pattern, few: Pattern) -> float:
        """Return what one client that waits adds to the server's resident memory; ``few`` come and go before."""
        self.gather(server, few)
        self.part(0)
        before = resident_megabytes(server.program.pid)
        self.gather(server, pattern)
        grown = resident_megabytes(server.program.pid) - before
        self.part(0)
        return grown * 1e3 / pattern.clients

    def chain_ms(self, server: Server, pattern: Pattern, count: int) -> float:
        """Return the median time from the worker's call to its only client."""
        self.gather(server, pattern)
        self.crowd.call(Crowd.open_window)
        self.publisher.call(Publisher.report, pattern.operation, self.people[0], count)
        window = self.crowd.call(Crowd.close_window)
        self.part(count)
        return window.p50_ms

    def gather(self, server: Server, pattern: Pattern) -> None:
        """Let the clients of a pattern come to a server whose streams are empty, and get ready to publish."""
        with redis.Redis.from_url(self.place.redis_url) as emptied:
            emptied.flushdb()
        operation, watchers = pattern.operation, self.people[: pattern.clients]
        subjects = list(dict.fromkeys(server.wire.subject(operation, person) for person in watchers))
        seats = [_seat(server, operation, person) for person in watchers]
        self.crowd.call(Crowd.gather, Show(server.program.port, operation, server.origin), seats)
        self.publisher.call(Publisher.prepare, self.place.redis_url, server.wire, operation, subjects)
        time.sleep(SETTLE_S)

    def part(self, published: int) -> Account:
        """Wait for the last of so many deliveries, and let all clients go."""
        account = self.crowd.call(Crowd.settle, published)
        self.crowd.call(Crowd.leave)
        return account


def _seat(server: Server, operation: Operation, person: Person) -> Seat:
    authorization = server.authorize(person) if server.authorize and not operation.is_public else None
    return Seat(authorization, operation.variables(person))
