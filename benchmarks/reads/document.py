"""Writes what ``results/reads.json`` holds into docs/performance.md, between two comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from benchmarks import page
from benchmarks.report import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.report import Row

BARS: Final = {
    "feed20_server_ratio": ("feed of 20, CPU of the server, × the floor", "≤ 1.3"),
    "feed20_total_ratio": ("the same with the database", "≤ 1.0"),
    "feed100_server_ratio": ("feed of 100, CPU of the server, × the floor", "≤ 2"),
    "feed100_total_ratio": ("the same with the database", "≤ 0.9"),
    "point_server_ratio": ("one artwork by id, CPU of the server, × the floor", "≤ 1.0"),
    "batched_server_ratio": ("feed of 20 with two fields as batch functions, × the floor", "≤ 4"),
    "cached_rps_per_core": ("anonymous feed of 20, requests/s a core", "≥ 35,000"),
    "unplanned_server_ratio": ("a document outside the planner, × plain Strawberry", "≤ 1.05"),
    "compile_ms": ("compiling the document Feed, ms", "≤ 10"),
}
"""Figures of the results, in words, with the bar that each is held to."""
COLUMNS: Final = (
    "server", "query", "server ms", "database ms", "total ms", "× server", "× total", "p50 ms", "p99 ms", "RSS MB",
)  # fmt: skip
"""Columns of the results that the page shows."""


def write() -> None:
    """Replace the tables of the page by those of the last whole run."""
    page.replace("reads", lambda results: _lines(results, results["rows"]))


def _lines(results: Mapping[str, Any], rows: Sequence[Row]) -> list[str]:
    shown: list[Row] = [{column: row[column] for column in COLUMNS} for row in rows]
    return [*table(page.bars(results, BARS)), "", *table(shown)]
