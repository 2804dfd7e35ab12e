"""Writes what ``results/NAME.json`` holds into docs/performance.md, between two comments."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from benchmarks import ROOT
from benchmarks.report import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.report import Row

PAGE: Final = ROOT / "docs" / "performance.md"
_MACHINE: Final = ("processor", "cores", "memory", "system", "Python", "PostgreSQL", "Valkey", "date")


def replace(name: str, lines: Callable[[Mapping[str, Any]], Sequence[str]]) -> None:
    """Replace what the page says of benchmark ``name`` by ``lines`` of its last whole run, and the machine's."""
    results = json.loads((RESULTS / f"{name}.json").read_text())
    machine = ", ".join(f"{word} {results['machine'][word]}" for word in _MACHINE)
    told = "\n".join(["", *lines(results), "", f"{machine}.", ""])
    place = re.compile(rf"(<!-- from benchmarks/results/{name}\.json -->\n).*?(\n<!-- end -->)", re.DOTALL)
    text, count = place.subn(lambda found: found[1] + told + found[2], PAGE.read_text())
    assert count == 1, "the page has one place for each benchmark"
    PAGE.write_text(text)


def bars(results: Mapping[str, Any], words: Mapping[str, tuple[str, str]]) -> list[Row]:
    """Return the rows of the figures that a run has, by their names in words and the bar that each is held to."""
    return [
        {"what": what, "bar": bar, "measured": f"{results[name]:,}"}
        for name, (what, bar) in words.items()
        if name in results
    ]
