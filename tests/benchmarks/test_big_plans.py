"""On the large data of the benchmarks, each feed and each search reads what is large by an index.

200,000 artworks and 1,300,000 follows take minutes to make, and are kept: where nobody has measured yet, nothing is
looked at (``make bench-feeds`` and ``make bench-search`` make them).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks import plans, search
from benchmarks.feeds import __main__ as feeds
from benchmarks.feeds import data, recommending
from benchmarks.reads.data import home, serving
from local_graph import local_graph

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(not (home() / "postgres").exists(), reason="the large data are not made yet: make bench-feeds"),
]

CARRIED_BY = {
    "LATEST": "ix_artworks_latest",
    "LATEST of a style": "ix_artworks_style_latest",
    "POPULAR day": "ix_artwork_scores_day",
    "POPULAR week": "ix_artwork_scores_week",
    "POPULAR month": "ix_artwork_scores_month",
    "POPULAR all": "ix_artwork_scores_ever",
    "TAG with 44,000": "ix_artwork_tags_latest",
    "TAG with 1,200": "ix_artwork_tags_latest",
    "LATEST of a user": "ix_artworks_author_latest",
    "FOLLOWING": "ix_artworks_author_latest",
    "RECOMMENDED": "pk_recommendations",
}
"""The index that gives each feed in its order."""


async def test_feeds_read_large_tables_by_indexes() -> None:
    looked_at = 0
    with data.serving() as url:
        for handle in feeds.FEEDS["RECOMMENDED"][1]:
            await recommending.measure(url, handle, 2)
        async for row, statement in feeds.statements(url):
            assert CARRIED_BY[str(row["feed"])] in feeds.indexes_of(url, statement), row
            looked_at += 1
    assert looked_at == 3 * sum(len(readers) for _, readers in feeds.FEEDS.values())


async def test_searches_read_large_tables_by_indexes(tmp_path: Path) -> None:
    with serving(home()) as server:
        if not search.is_prepared(server.url):
            pytest.skip("search has not looked at the large data yet: make bench-search")
        viewer = search.prepare_viewer(server.url)
        async with local_graph(server.url, "redis://127.0.0.1:1", tmp_path) as graph:
            async for what, _, asked in search.searches(graph, viewer):
                found = plans.explained(server.url, await search.statements_of(graph, viewer, asked))
                assert len(found) >= len(asked), what
                plans.require_indexes(found, search.LARGE)


async def test_a_table_that_is_read_as_a_whole_is_noticed() -> None:
    with serving(home()) as server:
        found = plans.explained(server.url, [("SELECT count(*) FROM artworks WHERE title <> $1", ["none"])])
        with pytest.raises(plans.NoIndexError, match="Seq Scan on artworks"):
            plans.require_indexes(found, feeds.LARGE)
