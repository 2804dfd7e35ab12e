"""Interleaved rounds: every cell is measured in each of them, and its median is what is told."""

from __future__ import annotations

import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from typing import TYPE_CHECKING, Final

from benchmarks.cpu import cpu_times, seconds_between, starting_on
from benchmarks.reads import load
from benchmarks.reads.load import Load

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.reads.load import Outcome
    from benchmarks.reads.servers import Server

FIRST_WARM_UP_S: Final = 4.0
"""Before the first round: compilers that work as they go, as V8 does, need some thousand requests."""
WARM_UP_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Turn:
    """One measurement: milliseconds of CPU for one request, and how long its client waited."""

    server_ms: float
    database_ms: float
    redis_ms: float
    rate: float
    """Requests a second as they were served, with the server's core not always busy."""
    p50_ms: float
    p99_ms: float

    @property
    def total_ms(self) -> float:
        """Server and database."""
        return self.server_ms + self.database_ms


@dataclass(slots=True)
class Cell:
    """One server answering one query."""

    peer: str
    query: str
    server: Server
    requests: Sequence[bytes]
    status: bytes = b"200"
    spins: bool = False
    """Whether the load spins: the databases, on the load's core, have nothing to do."""
    turns: list[Turn] = field(default_factory=list)

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
class Stores:
    """Process ids of the database servers, whose work is counted too."""

    postgres: int
    redis: int


@dataclass(frozen=True, slots=True)
class Rounds:
    """How often and how long each cell is measured, and the cores of load and stores."""

    count: int
    seconds: float
    connections: int
    cores: Collection[int]

    def run(self, cells: Sequence[Cell], stores: Stores) -> None:
        """Measure each cell in every round, in reverse order in odd ones."""
        with ProcessPoolExecutor(1, get_context("spawn")) as client, starting_on(self.cores):
            client.submit(time.time).result()
            for number in range(self.count):
                for cell in cells if number % 2 == 0 else reversed(cells):
                    cell.turns.append(self._turn(cell, stores, client))
                    told = cell.turns[-1]
                    print(
                        f"  {number + 1}/{self.count} {cell.peer:24} {cell.query:20}"
                        f" server {told.server_ms:7.3f} ms, database {told.database_ms:7.3f} ms",
                        flush=True,
                    )

    def _turn(self, cell: Cell, stores: Stores, client: ProcessPoolExecutor) -> Turn:
        self._load(cell, WARM_UP_S if cell.turns else FIRST_WARM_UP_S, client)
        before = _used(cell.server, stores)
        outcome = self._load(cell, self.seconds, client)
        after = _used(cell.server, stores)
        used = {name: seconds_between(before[name], after[name]) * 1e3 / outcome.count for name in before}
        return Turn(
            used["server"], used["postgres"], used["redis"], outcome.count / outcome.seconds,
            outcome.p50_ms, outcome.p99_ms,
        )  # fmt: skip

    def _load(self, cell: Cell, seconds: float, client: ProcessPoolExecutor) -> Outcome:
        what = Load(cell.server.port, cell.requests, seconds, self.connections, cell.status, cell.spins)
        return client.submit(load.run, what).result()


def _used(server: Server, stores: Stores) -> dict[str, dict[int, int]]:
    pids = {"server": server.pid, "postgres": stores.postgres, "redis": stores.redis}
    return {name: cpu_times(pid) for name, pid in pids.items()}
