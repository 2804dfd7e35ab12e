"""What searches take of the database, on the 200,000 artworks of ``benchmarks.reads.data``.

Its titles, prompts and tags are English; to them, titles in Korean and English are added for one artwork in a
hundred (``_TITLES``), and a frequent word is in one of seven. Search looks at all artworks first: minutes, once.

For each search the statement of its plan is run as the API runs it, prepared, on a connection of its own, with nothing
else at work. Told is what one run takes from sending it to having its rows, and for how long of that PostgreSQL's
process ran: where other programs want the cores too, that alone says something. Runs are of a signed-in
viewer who mutes a hundred people, blocks a hundred and hides ten tags; each kind of search is asked with several words
in turn. Before, it is looked at every plan, those within the functions too: no table that grows is read as a whole.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import psycopg

from benchmarks import cpu, machine, plans
from benchmarks.reads.data import home, serving
from benchmarks.report import report, spread
from db.session import Database
from domain import search_index, trends
from local_graph import local_graph
from planner import READING, noting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from benchmarks.plans import Statement
    from local_graph import LocalGraph

    Asked = Sequence[tuple[str, dict[str, Any]]]

LARGE: Final = ("artworks", "artwork_tags", "artwork_images", "users", "tags", r"search_\w+")
"""Tables that no statement may read as a whole."""
BAR: Final = "p99 ≤ 50"
TAG_BAR: Final = "p99 ≤ 10"
_FIND: Final = """query($query: String!, $filter: SearchFilter, $order: SearchOrder!, $after: Cursor) {
  search(query: $query, filter: $filter) { artworks(first: 20, orderBy: $order, after: $after) {
    edges { cursor node { id title likeCount author { handle } image { id blurhash } } } pageInfo { endCursor } } } }"""
_COUNT: Final = """query($query: String!) { search(query: $query) { artworks(first: 1) { totalCount } } }"""
_FACETS: Final = """query($query: String!) { search(query: $query) { facets { field value count } } }"""
_PEOPLE: Final = """query($query: String!) { search(query: $query) { users(first: 20) { nodes { handle } } } }"""
_TAGS: Final = """query($query: String!) { search(query: $query) { tags(first: 20) { nodes { name } } } }"""
_TRENDING: Final = "{ trendingTags(window: MONTH) { uses tag { name } } }"
_RELATED: Final = "query($query: String!) { tag(name: $query) { related { name } } }"
_FREQUENT: Final = ("dragon", "neon", "cinematic", "golden", "seed", "illustration")
_WORDS: Final[Mapping[str, Sequence[str]]] = {
    "frequent words": _FREQUENT,
    "rare words": ("177777", "tag1999", "고래자리", "no 31415"),
    "two and three frequent words": ("neon city", "golden dragon light", "misty forest seed", "quiet temple tag1"),
    "one letter": ("a", "n", "1", "고", "z"),
    "two letters": ("dr", "ne", "12", "고양", "zz"),
    "parts of words": ("rago", "inemati", "양이", "ilver", "5555"),
    "misspelt words": ("dragn", "cinemtic", "ilustration", "고얌이"),
    "phrases": ('"neon city"', '"cinematic light"', '-"golden dragon" dragon'),
    "tags and people": ("#tag1", "#tag1 #tag2", "@user_1", "@user_1 dragon", "user_77"),
    "Korean": ("고양이", "달빛 고양이", "바다", "밤하늘 별"),
    "exclusions": ("-dragon", "dragon -neon", "light -#tag1 -#tag2"),
    "signs, right to left, unseen": ("%", "_", '"', "שלום", "\u202edragon\u202c", "dra\u200bgon", "'; --"),
    "twenty words": (
        " ".join(("neon city dragon golden light seed",) * 3) + " a b",
        "a highly detailed illustration of a",
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=100, help="of each kind of search")
    options = parser.parse_args()
    described = machine.describe()
    with serving(home()) as server:
        report("search", asyncio.run(_measure(server.url, options.runs)), described)


async def _measure(url: str, runs: int) -> list[dict[str, Any]]:
    await prepare(url)
    viewer = prepare_viewer(url)
    with TemporaryDirectory() as folder:
        async with local_graph(url, "redis://127.0.0.1:1", Path(folder)) as graph:
            return [row async for row in _rows(graph, url, viewer, runs)]


async def _rows(graph: LocalGraph, url: str, viewer: str, runs: int) -> AsyncIterator[dict[str, Any]]:
    async for what, bar, asked in searches(graph, viewer):
        yield _row(what, await _timed(graph, url, viewer, asked, runs), bar)


async def searches(graph: LocalGraph, viewer: str) -> AsyncIterator[tuple[str, str, Asked]]:
    """Yield each kind of search: what it is, its bar, and what is asked for it."""
    for kind, words in _WORDS.items():
        yield f"artworks: {kind}", BAR, [(_FIND, {"query": word, "order": "RELEVANCE"}) for word in words]
    newest = [(_FIND, {"query": word, "order": "NEWEST"}) for word in _FREQUENT]
    yield "artworks: frequent words, newest first", BAR, newest
    chosen: list[dict[str, Any]] = [
        {"styles": ["oil"]},
        {"ratios": ["3:4"], "colors": ["BLUE", "GREEN"]},
        {"tags": ["tag3"], "engines": ["sandbox"]},
        {"publishedAfter": "2025-06-01T00:00:00Z", "publishedBefore": "2025-07-01T00:00:00Z"},
    ]
    filtered = [
        (_FIND, {"query": word, "filter": given, "order": "RELEVANCE"}) for given in chosen for word in ("", "dragon")
    ]
    yield "artworks: filters, with and without words", BAR, filtered
    yield "artworks: a frequent word, 50th page", BAR, [await _fiftieth(graph, viewer, "dragon")]
    for what, text in (("totalCount", _COUNT), ("facets", _FACETS), ("people", _PEOPLE), ("tags", _TAGS)):
        words = (*_FREQUENT, "user", "tag", "a", "us", "177777", "고양이")
        yield f"{what}: frequent and rare words", BAR, [(text, {"query": word}) for word in words]
    yield "trending tags", TAG_BAR, [(_TRENDING, {})]
    yield "related tags", TAG_BAR, [(_RELATED, {"query": f"tag{number}"}) for number in (1, 2, 50, 1999)]


def _row(what: str, taken: Sequence[tuple[float, float]], bar: str) -> dict[str, Any]:
    elapsed, ran = zip(*taken, strict=True)
    found = spread(ran)
    return {"what": what, "bar": bar, **spread(elapsed), "CPU p50 ms": found["p50 ms"], "CPU p99 ms": found["p99 ms"]}


async def _fiftieth(graph: LocalGraph, viewer: str, word: str) -> tuple[str, dict[str, Any]]:
    variables: dict[str, Any] = {"query": word, "order": "RELEVANCE", "after": None}
    for _ in range(49):
        found = (await graph.run(_FIND, variables, viewer))["search"]["artworks"]
        variables["after"] = found["pageInfo"]["endCursor"]
    return _FIND, variables


async def _timed(graph: LocalGraph, url: str, viewer: str, asked: Asked, runs: int) -> list[tuple[float, float]]:
    """Return how many milliseconds each of ``runs`` statements takes, those of ``asked`` in turn, and runs."""
    statements = await statements_of(graph, viewer, asked)
    plans.require_indexes(plans.explained(url, statements), LARGE)
    taken: list[tuple[float, float]] = []
    with psycopg.connect(url, autocommit=True, options=READING, cursor_factory=psycopg.RawCursor) as connection:
        connection.prepare_threshold, backend = 0, connection.info.backend_pid
        for statement, values in statements * 6:  # prepared, and planned for good
            connection.execute(statement.encode(), values).fetchall()
        for statement, values in islice(cycle(statements), runs):
            begun, ran = time.perf_counter(), cpu.spent_ms(backend)
            connection.execute(statement.encode(), values).fetchall()
            taken.append((1000 * (time.perf_counter() - begun), cpu.spent_ms(backend) - ran))
    return taken


async def statements_of(graph: LocalGraph, viewer: str, asked: Asked) -> list[Statement]:
    """Return the statements that the API runs for what is asked."""
    statements = []
    for text, variables in asked:
        with noting() as noted:
            await graph.run(text, variables, viewer)
        statements += noted
    return statements


def is_prepared(url: str) -> bool:
    """Return whether search has looked at all artworks before."""
    with psycopg.connect(url) as connection:
        left = connection.execute(f"SELECT EXISTS ({_UNSEEN_ONES})").fetchone()
    return left == (False,)


async def prepare(url: str) -> None:
    """Give some artworks Korean titles, and let search look at all that it has not seen."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_TITLES.encode())
        connection.execute(_UNSEEN.encode())
        connection.execute(_USES.encode())
    db = Database(url)
    is_done = False
    try:
        while not is_done:
            async with db.write() as tx:
                is_done = not await search_index.sweep(tx, 1_000)
        async with db.write() as tx:
            await trends.measure(tx)
    finally:
        await db.close()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE) search_terms, search_documents, search_postings")


_TITLES: Final = """
UPDATE artworks SET title = (ARRAY['달빛', '골목길의', '잠자는', '푸른', '길', '겨울'])[1 + n % 6] || ' '
    || (ARRAY['고양이가 있는 풍경', '고양이', '바다와 섬', '밤하늘의 별', '한옥 지붕'])[1 + n % 5]
    || CASE WHEN n = 70 THEN ' 고래자리' ELSE '' END
FROM (SELECT id, row_number() OVER (ORDER BY created_at, id) AS n FROM artworks WHERE title LIKE '% no. %00') numbered
WHERE numbered.id = artworks.id
"""
_UNSEEN_ONES: Final = """
SELECT id, created_at FROM artworks
WHERE visibility = 'PUBLIC' AND NOT EXISTS (SELECT FROM search_documents WHERE artwork_id = artworks.id)
"""
_UNSEEN: Final = f"INSERT INTO search_pending (artwork_id, changed_at) {_UNSEEN_ONES} ON CONFLICT DO NOTHING"
_USES: Final = """
UPDATE tags SET artwork_count = uses FROM (SELECT tag_id, count(*) AS uses FROM artwork_tags GROUP BY tag_id) counted
WHERE tag_id = id AND artwork_count = 0
"""


def prepare_viewer(url: str) -> str:
    """Return the global id of a user who mutes, blocks and hides."""
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute("SELECT id FROM users WHERE handle = 'user_19999'").fetchone()
        assert row, "the data are made"
        for statement in _TASTE:
            connection.execute(statement.encode(), {"viewer": row[0]})
        connection.execute("VACUUM (ANALYZE) mutes, blocks, hidden_tags")
    return f"user_{row[0].hex}"


_TASTE: Final = (
    "INSERT INTO mutes SELECT %(viewer)s, id, now() FROM users WHERE handle ~ '^user_1..$' ON CONFLICT DO NOTHING",
    "INSERT INTO blocks SELECT %(viewer)s, id, now(), true FROM users WHERE handle ~ '^user_2..$' ON CONFLICT DO NOTHING",  # noqa: E501
    "INSERT INTO hidden_tags SELECT %(viewer)s, id, now() FROM tags WHERE name ~ '^tag70.$' ON CONFLICT DO NOTHING",
)


if __name__ == "__main__":
    main()
