"""Liking artworks: idempotent, refused in words, and counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete
from sqlmodel import col

from db.tables import Artwork
from domain import counters, publishing
from local_graph import local_graph
from people import key_in, new_artwork, new_users, set_like
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

LIKE = """mutation($input: SetReactionInput!) { setReaction(input: $input) {
  ... on SetReactionSuccess { artwork { id likeCount viewerHasLiked } }
  ... on UserError { code path } } }"""


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def like(graph: LocalGraph, who: str, subject: str, **more: Any) -> Any:  # noqa: ANN401
    given = {"subjectId": subject, "on": True} | more
    return (await graph.run(LIKE, {"input": given}, who))["setReaction"]


async def test_a_like_is_counted_once_and_taken_back_once(graph: LocalGraph, database_url: str) -> None:
    ann, bora, cem = await new_users(graph.services.db, "ann", "bora", "cem")
    artwork = await new_artwork(graph.services.db, bora)

    for _ in range(2):
        liked = await like(graph, ann, artwork)
        assert liked == {"artwork": {"id": artwork, "likeCount": 1, "viewerHasLiked": True}}
    assert (await like(graph, bora, artwork, kind="LIKE"))["artwork"]["likeCount"] == 2, "one's own, too"
    assert await like(graph, cem, artwork, on=False) == {
        "artwork": {"id": artwork, "likeCount": 2, "viewerHasLiked": False}
    }
    for _ in range(2):
        liked = await like(graph, ann, artwork, on=False)
        assert liked == {"artwork": {"id": artwork, "likeCount": 1, "viewerHasLiked": False}}
    assert sql(database_url, "SELECT user_id FROM reactions") == [(key_in(bora),)]
    assert sql(database_url, "SELECT count(*) FROM count_changes WHERE delta <> 0") == [(0,)]


async def test_what_the_viewer_may_not_see_is_not_found_and_nothing_is_written(
    graph: LocalGraph, database_url: str
) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    private = await new_artwork(graph.services.db, bora, visibility="PRIVATE")
    mature = await new_artwork(graph.services.db, bora, content_level="MATURE")
    before = row_counts(database_url)

    for subject in (private, mature, bora, f"artwork_{'0' * 32}", "", "\x00", "artwork_", "x" * 10_000):
        for on in (True, False):
            refused = await like(graph, ann, subject, on=on)
            assert refused == {"code": "NOT_FOUND", "path": ["input", "subjectId"]}, subject
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT DISTINCT like_count FROM artworks") == [(0,)]

    # but the author may like what only they see
    assert (await like(graph, bora, private))["artwork"]["likeCount"] == 1


async def test_a_like_of_what_became_private_stays_and_is_not_told(graph: LocalGraph, database_url: str) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    artwork = await new_artwork(graph.services.db, bora)
    await like(graph, ann, artwork)
    sql(database_url, "UPDATE artworks SET visibility = 'PRIVATE'")

    assert (await like(graph, ann, artwork, on=False))["code"] == "NOT_FOUND"
    assert sql(database_url, "SELECT count(*) FROM reactions") == [(1,)]
    assert sql(database_url, "SELECT like_count FROM artworks") == [(1,)]


async def test_a_like_of_what_is_just_being_deleted_waits_and_is_not_found(
    graph: LocalGraph, database_url: str
) -> None:
    db = graph.services.db
    ann, bora = await new_users(db, "ann", "bora")
    artwork = await new_artwork(db, bora)
    async with db.write() as tx:
        await tx.execute(delete(Artwork).where(col(Artwork.id) == key_in(artwork)))
        liking = asyncio.create_task(like(graph, ann, artwork))
        await until(lambda: sql(database_url, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    assert (await liking)["code"] == "NOT_FOUND"
    assert sql(database_url, "SELECT count(*) FROM reactions") == [(0,)]
    assert sql(database_url, "SELECT count(*) FROM count_changes") == [(0,)]


async def test_a_like_and_an_unpublish_at_once_do_not_wait_for_each_other(graph: LocalGraph, database_url: str) -> None:
    db = graph.services.db
    ann, bora, cem = await new_users(db, "ann", "bora", "cem")
    artwork = await new_artwork(db, bora)
    async with db.write() as liking:
        await set_like(liking, key_in(ann), key_in(artwork))
        # what is counted is in use, and what is liked is not; the other way round, too
        await like(graph, cem, artwork)
        assert (await like(graph, cem, artwork))["artwork"] == {"id": artwork, "likeCount": 0, "viewerHasLiked": True}
    async with db.write() as hiding:
        await publishing.unpublish(hiding, key_in(bora), key_in(artwork))
        assert (await like(graph, bora, artwork))["artwork"]["viewerHasLiked"]
    async with db.read() as tx:
        assert await counters.differences(tx, counters.ARTWORK_LIKES) == []
    assert sql(database_url, "SELECT count(*) FROM reactions") == [(3,)]
