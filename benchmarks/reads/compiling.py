"""How long it takes to compile the core operation Feed, once it has been parsed and found valid."""

from __future__ import annotations

import statistics
import time
from typing import Final

from graphql import parse

from benchmarks.reads.requests import QUERIES
from planner import Reader
from resolvers.graph import build_planner, build_schema
from schema.documents import DocumentReader

TURNS: Final = 30


def compile_ms() -> float:
    """Return the median of some compilations, milliseconds of CPU; each is of another text, so that none is known."""
    reader = DocumentReader()
    lane = build_planner(build_schema(reader), Reader(""), reader).lane
    query = QUERIES["feed20"]
    document = parse(query.document)
    took = []
    for turn in range(TURNS):
        begun = time.process_time()
        found = lane.find(
            f"{query.document}#{turn}",
            query.operation,
            {"kind": "LATEST", "first": 20},
            lambda _text: document,
            guarded=True,
        )
        took.append((time.process_time() - begun) * 1e3)
        assert found, "Feed is planned"
    return statistics.median(took)
