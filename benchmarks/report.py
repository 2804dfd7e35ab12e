"""What every benchmark ends with: a Markdown table on standard output, and the same as JSON beside the machine."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Final

from benchmarks import machine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RESULTS: Final = Path(__file__).parent / "results"
Row = dict[str, str | float]
"""One line of a table: its cells by column."""


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Return how many values there are, their median, 99th percentile and maximum."""
    percentiles = statistics.quantiles(milliseconds, n=100, method="inclusive")
    return {
        "n": len(milliseconds),
        "p50 ms": round(percentiles[49], 2),
        "p99 ms": round(percentiles[98], 2),
        "max ms": round(max(milliseconds), 2),
    }


def report(
    name: str, rows: Sequence[Row], described: Mapping[str, str], figures: Mapping[str, float] | None = None
) -> None:
    """Print the table of benchmark ``name`` and write ``results/NAME.json``.

    Args:
        name: Name of the benchmark.
        rows: The lines of the table; all have the same columns.
        described: The machine as ``machine.describe`` told it before the measurement.
        figures: What is held to a bar, by name: the file tells them first.
    """
    described = {**described, "load after": machine.load()}
    show(name, rows, described)
    RESULTS.mkdir(exist_ok=True)
    content = {"benchmark": name, **(figures or {}), "machine": described, "rows": list(rows)}
    (RESULTS / f"{name}.json").write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def show(name: str, rows: Sequence[Row], described: Mapping[str, str]) -> None:
    """Print the table of benchmark ``name`` and what it was measured on."""
    print(f"\n## {name}\n")
    print(", ".join(f"{what} {value}" for what, value in described.items()) + "\n")
    print("\n".join(table(rows)))


def table(rows: Sequence[Row]) -> list[str]:
    """Return the lines of a Markdown table."""
    columns = list(rows[0])
    lines = [columns, ["---"] * len(columns), *([str(row[column]) for column in columns] for row in rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]
