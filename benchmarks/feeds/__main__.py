"""What each feed's first and fiftieth page take in the database, and what it takes to publish to a million followers.

``python -m benchmarks.feeds``: each statement runs as the API runs it, from readers of every kind; PostgreSQL's plan of
each must read every large table by an index.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

import psycopg
from psycopg import RawCursor

from benchmarks import cpu, machine, page, plans
from benchmarks.feeds import data, publishing, recommending
from benchmarks.report import report, spread, table
from db.tables.columns import now
from domain.tokens import Claims
from planner import READING, Reader, noting
from resolvers.graph import build_planner, build_schema
from schema.context import Context
from schema.documents import DocumentReader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from benchmarks.plans import Statement
    from benchmarks.report import Row

BAR_MS: Final = 10.0
"""Of the database's time for a page, 99th percentile."""
DEEP: Final = 50
"""The page that is measured beside the first."""
LARGE: Final = frozenset({"artworks", "artwork_tags", "artwork_scores", "follows", "users", "tag_follows"})
"""Tables that no statement may read as a whole."""
QUERY: Final = """query Feed($kind: FeedKind!, $window: FeedWindow, $filter: FeedFilter, $first: Int, $after: Cursor) {
  feed(kind: $kind, window: $window, filter: $filter, first: $first, after: $after) {
    edges { cursor reason { kind tag } node { id title createdAt likeCount viewerHasLiked image { id width height }
      author { id handle viewerFollows } tags comments(first: 2) { nodes { id text author { id handle } } } } }
    pageInfo { hasNextPage endCursor }
  } }"""
SINCE: Final = """query Newer($kind: FeedKind!, $window: FeedWindow, $filter: FeedFilter, $since: Cursor!) {
  feed(kind: $kind, window: $window, filter: $filter, first: 1) { newerCount(since: $since) } }"""
_TELLING: Final = ("latest", "scores", "recommendations")
"""Words of the names of indexes that give a feed in its order."""
AUTHOR: Final = f"user_{data.person('famous').hex}"
FEEDS: Final[Mapping[str, tuple[dict[str, Any], Sequence[str]]]] = {
    "LATEST": ({"kind": "LATEST"}, ("user_9", "picky")),
    "LATEST of a style": ({"kind": "LATEST", "filter": {"style": "oil"}}, ("user_9", "picky")),
    "POPULAR day": ({"kind": "POPULAR", "window": "DAY"}, ("user_9", "picky")),
    "POPULAR week": ({"kind": "POPULAR", "window": "WEEK"}, ("user_9", "picky")),
    "POPULAR month": ({"kind": "POPULAR", "window": "MONTH"}, ("user_9", "picky")),
    "POPULAR all": ({"kind": "POPULAR", "window": "ALL"}, ("user_9", "picky")),
    "TAG with 44,000": ({"kind": "TAG", "filter": {"tag": "tag1"}}, ("user_9", "picky")),
    "TAG with 1,200": ({"kind": "TAG", "filter": {"tag": "tag30"}}, ("user_9", "picky")),
    "LATEST of a user": ({"kind": "LATEST", "filter": {"authorId": AUTHOR}}, ("user_9", "picky")),
    "FOLLOWING": ({"kind": "FOLLOWING"}, ("user_9", "avid", "patient", "picky")),
    "RECOMMENDED": ({"kind": "RECOMMENDED"}, ("user_9", "picky")),
}
"""What is asked, and who asks; those whom ``patient`` follows publish next to nothing."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=300, help="of each statement (300)")
    parser.add_argument("--publications", type=int, default=200, help="by the one with a million followers (200)")
    parser.add_argument("--lists", type=int, default=30, help="of recommendations, for each reader (30)")
    options = parser.parse_args()
    described = machine.describe()
    with data.serving() as url:
        lists = [asyncio.run(recommending.measure(url, handle, options.lists)) for handle in FEEDS["RECOMMENDED"][1]]
        pages = asyncio.run(_measure(url, options.runs))
        published = asyncio.run(publishing.measure(url, options.publications))
    figures = {
        "page_cpu_p99_ms": max(float(row["CPU p99 ms"]) for row in pages),
        "publish_cpu_p99_ms": float(published["CPU p99 ms"]),
        "page_p99_ms": max(float(row["p99 ms"]) for row in pages),
        "publish_p99_ms": float(published["p99 ms"]),
    }
    report("feeds", [*pages, *lists, published], described, figures)
    page.replace("feeds", lambda results: table(results["rows"]))


async def _measure(url: str, runs: int) -> list[Row]:
    rows = []
    async for row, statement in statements(url):
        rows.append(_timed(url, statement, runs, row))
        print(rows[-1], flush=True)
    return rows


async def statements(url: str) -> AsyncIterator[tuple[Row, Statement]]:
    """Yield the statement of each feed, for each of its readers and pages, as the API runs it."""
    reader = Reader(url)
    schema = build_schema(DocumentReader())
    planner = build_planner(schema, reader, DocumentReader())
    asker = _Asker(schema, planner.reader, url)
    for name, (asked, readers) in FEEDS.items():
        for handle in readers:
            for number, statement in (await asker.statements(handle, asked)).items():
                yield {"feed": name, "reader": handle, "page": number}, statement
    await reader.close()


class _Asker:
    """Asks as a reader does, and notes the statements."""

    def __init__(self, schema: Any, reader: Reader, url: str) -> None:  # noqa: ANN401 - Strawberry's
        self._schema = schema
        self._reader = reader
        self._url = url

    async def statements(self, handle: str, asked: dict[str, Any]) -> dict[str, Statement]:
        """Return the statements of the first page, a deep one, and what is newer than the deep one."""
        context = _context(self._url, handle)
        found: dict[str, Statement] = {}
        after, number = None, 1
        while number <= DEEP:
            with noting() as noted:
                answer = await self._answer(QUERY, context, {**asked, "first": 20, "after": after})
            after, has_more = answer["pageInfo"]["endCursor"], answer["pageInfo"]["hasNextPage"]
            if number in {1, DEEP} or not has_more:
                found[str(number)] = self._statement(noted)
            if not has_more:
                break
            number += 1
        with noting() as noted:
            await self._answer(SINCE, context, {**asked, "since": after})
        found["newer"] = self._statement(noted)
        return found

    async def _answer(self, query: str, context: Context, variables: dict[str, Any]) -> Any:  # noqa: ANN401 - data
        result = await self._schema.execute(query, variables, context_value=context)
        assert not result.errors, result.errors
        return result.data["feed"]

    @staticmethod
    def _statement(noted: Sequence[tuple[str, Sequence[object]]]) -> Statement:
        (statement,) = noted
        return statement


def _context(url: str, handle: str) -> Context:
    with psycopg.connect(url) as connection:
        found = connection.execute("SELECT id FROM users WHERE handle = %s", [handle]).fetchone()
    assert found, handle
    services: Any = None
    return Context(services, claims=Claims(UUID(str(found[0])), uuid4(), now()))


def _timed(url: str, statement: Statement, runs: int, row: Row) -> Row:
    """Return how long a statement takes, prepared on a warm connection, from its sending to its last row."""
    text, values = statement[0].encode(), statement[1]
    with psycopg.connect(url, autocommit=True, options=READING) as connection:
        cursor = RawCursor(connection)
        for _ in range(8):
            cursor.execute(text, values, prepare=True)
        times, spent = [], []
        for _ in range(runs):
            before, began = cpu.spent_ms(connection.info.backend_pid), time.perf_counter()
            cursor.execute(text, values, prepare=True)
            times.append((time.perf_counter() - began) * 1e3)
            spent.append(cpu.spent_ms(connection.info.backend_pid) - before)
    used = ", ".join(each for each in indexes_of(url, statement) if any(word in each for word in _TELLING))
    busy = spread(spent)
    row |= {"CPU p50 ms": busy["p50 ms"], "CPU p99 ms": busy["p99 ms"]}
    return {**row, **spread(times), "bar ms": BAR_MS, "indexes": used}


def indexes_of(url: str, statement: Statement) -> list[str]:
    """Return the indexes that a statement uses.

    Raises:
        NoIndexError: it reads a large table as a whole.
    """
    found = plans.explained(url, [statement])
    plans.require_indexes(found, LARGE)
    return plans.indexes_of(found)


if __name__ == "__main__":
    main()
