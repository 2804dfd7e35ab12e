"""Writes what ``results/streams.json`` holds into docs/performance.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks import page
from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Mapping

BARS: Final = {
    "own_1000_core": ("1,000 clients on their own channels, 20,000 deliveries/s: cores of the server", "≤ 0.4"),
    "own_1000_p99_ms": ("the same: published to received, p99, ms", "≤ 5"),
    "own_5000_p99_ms": ("5,000 clients, 3,000 deliveries/s: p99, ms", "≤ 10"),
    "idle_kb": ("memory of a connection that waits, of 5,000, kB", "≤ 8"),
    "hot_per_core": ("one channel with 1,000 clients: deliveries/s a core", "≥ 80,000"),
    "cpu_ratio_graphql_ws": ("CPU of a delivery, × graphql-ws", "≤ 0.5"),
    "cpu_ratio_mercurius": ("CPU of a delivery, × Mercurius", "≤ 0.5"),
    "cpu_ratio_strawberry": ("CPU of a delivery, × Strawberry with a hub", "≤ 0.2"),
    "storm_s": ("5,000 clients dropped at once: all are back after, s", "≤ 10"),
    "storm_lost": ("events that they lost", "0"),
    "chain_p50_ms": ("published by a worker to received by a client, idle: p50, ms", "≤ 3"),
}
"""Figures of the results, in words, with the bar that each is held to."""
COLUMNS: Final = (
    "server", "pattern", "clients", "offered/s", "delivered/s", "CPU µs", "cores", "load's cores",
    "p50 ms", "p99 ms", "lost", "doubled",
)  # fmt: skip
"""Columns of the results that the page shows."""


def write() -> None:
    """Replace the tables of the page by those of the last whole run."""
    page.replace("streams", _lines)


def _lines(results: Mapping[str, Any]) -> list[str]:
    shown = [{column: row[column] for column in COLUMNS} for row in results["rows"]]
    return [*table(page.bars(results, BARS)), "", *table(shown)]
