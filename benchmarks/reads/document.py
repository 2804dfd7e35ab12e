"""Writes what ``results/reads.json`` holds into docs/performance.md, between two comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from benchmarks import ROOT
from benchmarks.report import RESULTS, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.report import Row

PAGE: Final = ROOT / "docs" / "performance.md"
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
_PLACE: Final = re.compile(r"(<!-- from benchmarks/results/reads\.json -->\n).*(\n<!-- end -->)", re.DOTALL)


def write() -> None:
    """Replace the tables of the page by those of the last whole run."""
    results = json.loads((RESULTS / "reads.json").read_text())
    lines = _lines(results, results["machine"], results["rows"])
    text, count = _PLACE.subn(lambda found: found[1] + "\n".join(lines) + found[2], PAGE.read_text())
    assert count == 1, "the page has one place for the tables"
    PAGE.write_text(text)


def _lines(results: Mapping[str, Any], machine: Mapping[str, str], rows: Sequence[Row]) -> list[str]:
    told = ("processor", "cores", "memory", "system", "Python", "PostgreSQL", "Valkey", "date")
    bars: list[Row] = [
        {"what": what, "bar": bar, "measured": f"{results[name]:,}"}
        for name, (what, bar) in BARS.items()
        if name in results
    ]
    shown: list[Row] = [{column: row[column] for column in COLUMNS} for row in rows]
    return ["", *table(bars), "", *table(shown), "", ", ".join(f"{name} {machine[name]}" for name in told) + ".", ""]
