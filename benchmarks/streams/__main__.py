"""CPU time, delay and completeness of streams: thousands of watchers over graphql-transport-ws.

The server has a core of its own; Valkey, PostgreSQL, the publisher and the clients have the others, where all but
PostgreSQL go first (SCHED_RR, where the user may): they are not to wait for each other's time slices. Clients are
signed-in users, each watching a job of their own with the core operation Watch; *hot* lets a thousand strangers watch
the newest artworks.
A publisher sends what Easel's event log would send itself, at a fixed rate; each event carries the moment at which it
was sent, and what a client counts from there to the bytes on its socket is the delay. Every client checks that the
sequence of its stream has neither gap nor repeat; lost is also what was published and never came. CPU time is the
kernel's (``/proc/PID/task/*/schedstat``) of the server's process tree, divided by the deliveries. Rounds go through all
servers, backwards in odd ones; medians are told.

*idle* is what 5,000 clients that wait add to the resident memory of a new process, each. *storm* resets 5,000
connections at once while publishing goes on: clients come back as graphql-ws does, after 1.3 to 4 s by chance, with
their last cursor; the time ends when the last stream goes on, and a stream that starts over counts as lost. *chain* is
the median delay of what a worker reports on an idle machine.

``--peers`` measures graphql-ws with ioredis, Mercurius with mqemitter-redis and Strawberry with a shared hub too: the
same document and event, from Redis channels, without tokens, cursors or replay. They are offered what they hold out.

A whole run writes benchmarks/results/streams.json and the tables of docs/performance.md; ``--only`` and ``--scale``
just print.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from app.embedded.valkey import start_valkey
from benchmarks import machine
from benchmarks.cpu import let_go_first, starting_on
from benchmarks.report import report, show
from benchmarks.servers import Place
from benchmarks.streams import document, people, servers
from benchmarks.streams.crowd import Crowd, TroubledStreamsError
from benchmarks.streams.operations import LATEST, WATCH
from benchmarks.streams.publisher import Publisher
from benchmarks.streams.remote import Remote
from benchmarks.streams.turns import Cell, Pattern, Stage
from db import migrate

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from benchmarks.report import Row
    from benchmarks.streams.turns import Server

OWN: Final = Pattern("own 1000", 1_000, 20_000, WATCH)
MANY: Final = Pattern("own 5000", 5_000, 3_000, WATCH)
HOT: Final = Pattern("hot 1000", 1_000, 30_000, LATEST)
FEW: Final = Pattern("few", 100, 0, WATCH)
ONE: Final = Pattern("one", 1, 0, WATCH)
CHAIN_EVENTS: Final = 200
RATIOS: Final = {
    "graphql-ws": "cpu_ratio_graphql_ws",
    "Mercurius": "cpu_ratio_mercurius",
    "Strawberry": "cpu_ratio_strawberry",
}


def main() -> None:
    options = _options()
    described = machine.describe()
    cores = sorted(os.sched_getaffinity(0))
    with starting_on(cores[1:]), ExitStack() as ending:
        run = _Run(_stage(cores[:1], ending), options)
        run.measure()
    rows = [_row(cell) for cell in run.cells]
    figures = run.figures | _figures(run.cells)
    if options.only or options.scale != 1:
        if rows:
            show("streams", rows, described)
        print(figures)
    else:
        report("streams", rows, described, figures)
        document.write()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="how often each server is measured (3)")
    parser.add_argument("--seconds", type=float, default=5, help="how long, each time (5)")
    parser.add_argument("--only", default="", help="words of what to see alone: Easel,hot,idle,storm,chain")
    parser.add_argument("--scale", type=float, default=1, help="part of all clients and rates, for a quick look (1)")
    parser.add_argument("--peers", action="store_true", help="measure graphql-ws, Mercurius and Strawberry too")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("the figures are those of the Linux kernel")
    if len(os.sched_getaffinity(0)) < 2:
        parser.error("two cores are needed: one for the server alone")
    return options


def _stage(server_cores: Collection[int], ending: ExitStack) -> Stage:
    folder = ending.enter_context(throwaway_home())
    postgres, valkey = start_postgres(folder), start_valkey(folder)
    ending.callback(valkey.stop)
    ending.callback(postgres.stop)
    migrate.upgrade(postgres.url)
    place = Place(folder, postgres.url, valkey.url, server_cores, ending)
    crowd, publisher = Remote(Crowd), Remote(Publisher)
    ending.callback(publisher.close)
    ending.callback(crowd.close)
    assert valkey.pid
    for pid in (crowd.pid, publisher.pid, valkey.pid):
        let_go_first(pid)
    return Stage(place, people.make(postgres.url, MANY.clients), crowd, publisher, valkey.pid)


class _Run:
    """One run over all that was asked for."""

    def __init__(self, stage: Stage, options: argparse.Namespace) -> None:
        self.cells: list[Cell] = []
        self.figures: dict[str, float] = {}
        self._stage = stage
        self._options = options
        self._words = [word for word in options.only.split(",") if word]

    def measure(self) -> None:
        easel = servers.easel(self._stage.place)
        if self._wants("idle"):
            idle = self._stage.idle_kilobytes(easel, self._scaled(MANY), self._scaled(FEW))
            self.figures["idle_kb"] = round(idle, 2)
        if self._wants("chain"):
            self.figures["chain_p50_ms"] = round(self._stage.chain_ms(easel, ONE, CHAIN_EVENTS), 2)
        contestants = [easel, *(servers.peers(self._stage.place) if self._options.peers else [])]
        self._measure_rounds([*self._cells(contestants, OWN, HOT), *self._cells([easel], MANY)])
        if self._wants("storm"):
            seconds, account = self._stage.storm(easel, self._scaled(MANY))
            self.figures |= {"storm_s": round(seconds, 2), "storm_lost": account.missing}

    def _cells(self, contestants: Sequence[Server], *patterns: Pattern) -> list[Cell]:
        offered = [Cell(server, self._scaled(pattern)) for pattern in patterns for server in contestants]
        return [cell for cell in offered if self._wants(f"{cell.server.name} {cell.pattern.name}")]

    def _measure_rounds(self, cells: list[Cell]) -> None:
        self.cells = cells
        for number in range(self._options.rounds):
            for cell in list(self.cells if number % 2 == 0 else reversed(self.cells)):
                print(f"  {number + 1}/{self._options.rounds} {cell.server.name:12} {cell.pattern.name:10}", end="")
                self._measure(cell)

    def _measure(self, cell: Cell) -> None:
        """Measure a cell once more; a peer that does not hold out is left out from now on."""
        try:
            turn = self._stage.measure(cell, self._options.seconds)
        except TroubledStreamsError as trouble:
            if cell.server.origin is None:
                raise
            print(f" does not hold out: {trouble}", flush=True)
            self.cells.remove(cell)
            return
        cell.turns.append(turn)
        print(
            f" {turn.delivered:8.0f}/s {turn.cpu_us:7.1f} µs, p50 {turn.p50_ms:.1f} ms, p99 {turn.p99_ms:.1f} ms,"
            f" lost {turn.missing}, doubled {turn.doubled}, cores {turn.busy:.2f} + {turn.load:.2f}",
            flush=True,
        )

    def _wants(self, name: str) -> bool:
        return not self._words or any(word in name for word in self._words)

    def _scaled(self, pattern: Pattern) -> Pattern:
        scale = self._options.scale
        return replace(pattern, clients=max(int(pattern.clients * scale), 1), rate=pattern.rate * scale)


def _row(cell: Cell) -> Row:
    return {
        "server": cell.server.name,
        "pattern": cell.pattern.name,
        "clients": cell.pattern.clients,
        "offered/s": round(cell.rate),
        "delivered/s": round(cell.median("delivered")),
        "CPU µs": round(cell.median("cpu_us"), 1),
        "of rounds": f"{min(cell.values('cpu_us')):.1f} to {max(cell.values('cpu_us')):.1f}",
        "cores": round(cell.median("busy"), 2),
        "load's cores": round(cell.median("load"), 2),
        "p50 ms": round(cell.median("p50_ms"), 2),
        "p99 ms": round(cell.median("p99_ms"), 2),
        "lost": sum(cell.values("missing")),
        "doubled": sum(cell.values("doubled")),
    }


def _figures(cells: Sequence[Cell]) -> dict[str, float]:
    easel = {cell.pattern.name: cell for cell in cells if cell.server.name == "Easel"}
    figures: dict[str, float] = {}
    if own := easel.get(OWN.name):
        figures |= {"own_1000_core": round(own.median("busy"), 2), "own_1000_p99_ms": round(own.median("p99_ms"), 2)}
    if many := easel.get(MANY.name):
        figures["own_5000_p99_ms"] = round(many.median("p99_ms"), 2)
    if hot := easel.get(HOT.name):
        figures["hot_per_core"] = round(1e6 / hot.median("cpu_us"))
    for name, figure in RATIOS.items():
        theirs = [cell for cell in cells if cell.server.name == name and cell.pattern.name in easel]
        if theirs:
            ratios = [easel[cell.pattern.name].ratio(cell, "cpu_us") for cell in theirs]
            figures[figure] = round(max(ratios), 2)
    return figures


if __name__ == "__main__":
    main()
