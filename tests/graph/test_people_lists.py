"""Who follows and likes, and what the viewer likes and follows, in pages, while others come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from domain import blocks
from local_graph import local_graph
from people import key_in, new_artwork, new_users, set_follow, set_like
from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

PAGES = """query($handle: String!, $after: Cursor) { user(handle: $handle) { followers(first: 2, after: $after) {
  totalCount nodes { handle } edges { cursor } pageInfo { hasNextPage endCursor } } } }"""
FANS = ("fan_a", "fan_b", "fan_c", "fan_d", "fan_e")


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def follow(graph: LocalGraph, follower: str, followed: str, *, on: bool = True) -> None:
    async with graph.services.db.write() as tx:
        await set_follow(tx, key_in(follower), key_in(followed), on=on)


async def page(graph: LocalGraph, handle: str, after: str | None = None, viewer: str | None = None) -> Any:  # noqa: ANN401
    return (await graph.run(PAGES, {"handle": handle, "after": after}, viewer))["user"]["followers"]


async def test_followers_are_paged_in_the_order_of_their_coming(graph: LocalGraph) -> None:
    star, other, *fans = await new_users(graph.services.db, "star", "other", *FANS)
    for fan in fans:
        await follow(graph, fan, star)
    await follow(graph, fans[0], other)
    first = await page(graph, "star")
    assert [each["handle"] for each in first["nodes"]] == ["fan_e", "fan_d"]
    assert first["totalCount"] == 5

    # when somebody comes, and the one at the end of the page goes
    await follow(graph, other, star)
    await follow(graph, fans[3], star, on=False)

    # then none is lost or comes twice
    second = await page(graph, "star", first["pageInfo"]["endCursor"])
    third = await page(graph, "star", second["pageInfo"]["endCursor"])
    handles = [each["handle"] for each in (*second["nodes"], *third["nodes"])]
    assert handles == ["fan_c", "fan_b", "fan_a"]
    assert not third["pageInfo"]["hasNextPage"]

    # and a cursor is good for the list of one user alone
    end = first["pageInfo"]["endCursor"]
    for handle, cursor in (("other", end), ("star", "x"), ("star", f"{end}A"), ("star", "\x00")):
        result = await graph.schema.execute(
            PAGES, {"handle": handle, "after": cursor}, context_value=Context(graph.services)
        )
        assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["BAD_CURSOR"]


async def test_who_is_out_of_sight_is_in_no_list(graph: LocalGraph) -> None:
    db = graph.services.db
    star, ann, *fans = await new_users(db, "star", "ann_", *FANS)
    artwork = await new_artwork(db, star)
    for fan in fans:
        await follow(graph, fan, star)
        async with db.write() as tx:
            await set_like(tx, key_in(fan), key_in(artwork))
    for one, other in ((ann, fans[4]), (fans[3], ann)):
        async with db.write() as tx:
            await blocks.set_block(tx, key_in(one), key_in(other), on=True)

    assert [each["handle"] for each in (await page(graph, "star", viewer=ann))["nodes"]] == ["fan_c", "fan_b"]
    assert [each["handle"] for each in (await page(graph, "star"))["nodes"]] == ["fan_e", "fan_d"]
    likers = "query($id: ID!) { artwork(id: $id) { likers { totalCount nodes { handle } } } }"
    liked = (await graph.run(likers, {"id": artwork}, ann))["artwork"]["likers"]
    assert liked == {"totalCount": 5, "nodes": [{"handle": "fan_c"}, {"handle": "fan_b"}, {"handle": "fan_a"}]}


async def test_what_the_viewer_likes_is_listed_the_latest_first_as_far_as_it_is_seen(graph: LocalGraph) -> None:
    db = graph.services.db
    ann, star = await new_users(db, "ann_", "star")
    made = [await new_artwork(db, star, title) for title in ("one", "two", "three", "four")]
    for artwork in (made[2], made[0], made[1], made[3]):
        async with db.write() as tx:
            await set_like(tx, key_in(ann), key_in(artwork))
    listed = "{ viewer { likedArtworks(first: 10) { totalCount nodes { title } } } }"
    found = (await graph.run(listed, viewer_id=ann))["viewer"]["likedArtworks"]
    assert [each["title"] for each in found["nodes"]] == ["four", "two", "one", "three"]

    async with db.write() as tx:
        await blocks.set_block(tx, key_in(star), key_in(ann), on=True)
    assert (await graph.run(listed, viewer_id=ann))["viewer"]["likedArtworks"] == {"totalCount": 0, "nodes": []}
