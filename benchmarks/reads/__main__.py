"""CPU time of a read: Easel against the floor of one hand-written statement, over two million likes.

The server has a core of its own; PostgreSQL, Valkey and the load have the others. 16 connections send prepared
requests of 2,000 signed-in users, each the next one when the answer to its last is complete. Before anything is
measured, the answers of all servers are compared as JSON; only cursors and what signs picture URLs may differ. Every
round warms each server up and measures it, in reverse order in odd rounds; medians of the rounds are told. CPU time is
the kernel's (``/proc/PID/task/*/schedstat``) of the server's process tree and of PostgreSQL's, divided by the requests.

Rows: *floor* is raw ASGI over psycopg's pool with one hand-written statement per request, which spares itself the check
of tokens, rates and documents; *plain* is Easel's schema behind Strawberry's own view, with its parser and validation
caches; *Easel* is ``easel api`` with its whole edge. ``feed20`` and ``feed100`` are the core operation Feed, ``point``
one artwork by id, ``node`` the same through ``node``, ``catalogue`` and ``types`` (introspection) are documents that no
plan answers. *anonymous* is feed20 of somebody who is not signed in, asked for by POST, by GET, as browsers do with
``Accept-Encoding``, and with an ETag. *Mercurius* (JIT, loaders) and *PostGraphile* 5 check neither tokens nor rates.

A whole run writes benchmarks/results/reads.json and the tables of docs/performance.md; ``--only`` just prints.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from app.embedded.folders import throwaway_home
from app.embedded.valkey import start_valkey
from benchmarks import machine
from benchmarks.cpu import pin, resident_megabytes
from benchmarks.reads import cells as all_cells
from benchmarks.reads import data, document
from benchmarks.reads.compiling import compile_ms
from benchmarks.reads.requests import draw_askers
from benchmarks.reads.rounds import Cell, Rounds, Stores
from benchmarks.reads.servers import Place
from benchmarks.report import report, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.report import Row

RATIOS: Final = {
    "feed20_server_ratio": ("feed20", "server_ms"),
    "feed20_total_ratio": ("feed20", "total_ms"),
    "feed100_server_ratio": ("feed100", "server_ms"),
    "feed100_total_ratio": ("feed100", "total_ms"),
    "point_server_ratio": ("point", "server_ms"),
    "unplanned_server_ratio": ("types", "server_ms"),
}
CACHED: Final = "anonymous GET gzip"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="how often each server is measured (7)")
    parser.add_argument("--seconds", type=float, default=3, help="how long, each time (3)")
    parser.add_argument("--connections", type=int, default=16, help="connections of the load (16)")
    parser.add_argument("--only", default="", help="words of rows, to see these alone: floor,feed20")
    parser.add_argument("--peers", action="store_true", help="measure Mercurius and PostGraphile 5 too")
    parser.add_argument("--remake", action="store_true", help="make the rows anew")
    options = parser.parse_args()
    if sys.platform != "linux":
        parser.error("the figures are those of the Linux kernel")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        parser.error("two cores are needed: one for the server alone")
    described = machine.describe() | {name: f"{value}" for name, value in data.SETTINGS.items()}
    with ExitStack() as ending:
        folder = ending.enter_context(throwaway_home())
        postgres = ending.enter_context(data.serving(data.home(), remake=options.remake))
        valkey = start_valkey(folder)
        ending.callback(valkey.stop)
        assert postgres.pid
        assert valkey.pid
        for pid in (postgres.pid, valkey.pid):
            pin(pid, cores[1:])
        ending.callback(pin, postgres.pid, cores)
        place = Place(folder, postgres.url, valkey.url, cores[:1], ending)
        words = [word for word in options.only.split(",") if word]
        chosen = all_cells.cells(place, draw_askers(postgres.url), words, with_peers=options.peers)
        rounds = Rounds(options.rounds, options.seconds, options.connections, cores[1:])
        rounds.run(chosen, Stores(postgres.pid, valkey.pid))
        rows = [_row(cell, chosen) for cell in chosen]
    if words:
        show("reads", rows, described)
    else:
        report("reads", rows, described, _figures(chosen) | {"compile_ms": round(compile_ms(), 2)})
        document.write()


def _row(cell: Cell, cells: Sequence[Cell]) -> Row:
    return {
        "server": cell.peer,
        "query": cell.query,
        "server ms": round(cell.median("server_ms"), 3),
        "of rounds": f"{min(cell.values('server_ms')):.3f} to {max(cell.values('server_ms')):.3f}",
        "database ms": round(cell.median("database_ms"), 3),
        "total ms": round(cell.median("total_ms"), 3),
        "Valkey ms": round(cell.median("redis_ms"), 3),
        "× server": _ratio(cell, cells, "server_ms") or "",
        "× total": _ratio(cell, cells, "total_ms") or "",
        "p50 ms": round(cell.median("p50_ms"), 2),
        "p99 ms": round(cell.median("p99_ms"), 2),
        "requests/s a core": round(1e3 / cell.median("server_ms")),
        "RSS MB": round(resident_megabytes(cell.server.pid), 1),
    }


def _ratio(cell: Cell, cells: Sequence[Cell], figure: str) -> float | None:
    """Return a cell's figure as a multiple of its reference's, the first of the cells with the same query."""
    reference = next(each for each in cells if each.query == cell.query)
    return None if reference is cell else round(cell.ratio(reference, figure), 2)


def _figures(cells: Sequence[Cell]) -> dict[str, float]:
    easel = {cell.query: cell for cell in cells if cell.peer == "Easel"}
    ratios = {name: _ratio(easel[query], cells, figure) for name, (query, figure) in RATIOS.items() if query in easel}
    for cell in cells:
        if cell.peer == all_cells.BATCHED:
            ratios["batched_server_ratio"] = _ratio(cell, cells, "server_ms")
    figures = {name: ratio for name, ratio in ratios.items() if ratio is not None}
    if CACHED in easel:
        figures["cached_rps_per_core"] = round(1e3 / easel[CACHED].median("server_ms"))
    return figures


if __name__ == "__main__":
    main()
