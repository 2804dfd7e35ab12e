"""Feeds and comments page by page: stable while new ones come, and closed to cursors of other lists."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from forging import VERSION, forged
from graph_client import CORE
from local_graph import local_graph
from stored import new_asset, sql

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

FEED = """query($first: Int, $after: Cursor) { feed(first: $first, after: $after) {
  edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} }"""
COMMENTS = """query($id: ID!, $first: Int, $after: Cursor) { artwork(id: $id) { commentCount
  comments(first: $first, after: $after) { totalCount edges { cursor } nodes { text author { handle } }
  pageInfo { hasNextPage endCursor } } } }"""


@pytest.fixture
async def author(easel: Installation) -> GraphClient:
    return await easel.signed_up("nari")


async def publish(author: GraphClient, database_url: str, count: int) -> list[str]:
    """Publish so many artworks and return their ids, the newest first."""
    asset = new_asset(database_url, author.viewer_id)
    ids = [
        (await author.core("publish", {"assetIds": [asset], "title": f"{n}", "tags": [f"t{n}", "all"]}))["artwork"][
            "id"
        ]
        for n in range(count)
    ]
    return ids[::-1]


def comment(database_url: str, artwork_id: str, author_id: str, count: int) -> None:
    """Write so many comments, all in the same moment, and count them as the mutation will."""
    artwork, author = artwork_id.partition("_")[2], author_id.partition("_")[2]
    sql(
        database_url,
        "INSERT INTO comments (id, artwork_id, author_id, text, created_at)"
        " SELECT gen_random_uuid(), %s, %s, 'comment ' || n, '2026-01-01Z' FROM generate_series(1, %s) n",
        artwork,
        author,
        count,
    )
    sql(database_url, "UPDATE artworks SET comment_count = comment_count + %s WHERE id = %s", count, artwork)


async def page(client: GraphClient, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401
    result: dict[str, Any] = (await client.data(FEED, arguments))["feed"]
    return result


async def test_pages_follow_each_other_without_gap_while_new_ones_come(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    # given seven artworks, two of them born in the same moment
    ids = await publish(author, database_url, 7)
    keys = [key.partition("_")[2] for key in ids[2:4]]
    sql(
        database_url,
        "UPDATE artworks SET created_at = (SELECT created_at FROM artworks WHERE id = %s) WHERE id = %s",
        *keys,
    )
    reader = easel.client()

    # when they are read three by three, and new ones are published between
    first = await page(reader, first=3)
    new = await publish(author, database_url, 2)
    second = await page(reader, first=3, after=first["pageInfo"]["endCursor"])
    third = await page(reader, first=3, after=second["edges"][-1]["cursor"])

    # then each of the seven comes once and in order
    pages = (first, second, third)
    read = [node["id"] for one in pages for node in one["nodes"]]
    assert sorted(read) == sorted(ids)
    assert [*read[:2], *read[4:]] == [*ids[:2], *ids[4:]]
    assert [one["pageInfo"]["hasNextPage"] for one in pages] == [True, True, False]
    assert [one["pageInfo"]["hasPreviousPage"] for one in pages] == [False, True, True]
    for one in pages:
        cursors = [edge["cursor"] for edge in one["edges"]]
        assert [edge["node"] for edge in one["edges"]] == one["nodes"]
        assert (one["pageInfo"]["startCursor"], one["pageInfo"]["endCursor"]) == (cursors[0], cursors[-1])

    # and the new ones stand before them
    assert [node["id"] for node in (await page(reader, first=2))["nodes"]] == new


async def test_an_empty_feed_and_an_empty_last_page_are_pages(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    nothing = {"hasNextPage": False, "hasPreviousPage": False, "startCursor": None, "endCursor": None}
    assert await page(easel.client()) == {"edges": [], "nodes": [], "pageInfo": nothing}
    await publish(author, database_url, 1)
    only = await page(easel.client(), first=1)
    last = await page(easel.client(), first=1, after=only["pageInfo"]["endCursor"])
    assert last == {"edges": [], "nodes": [], "pageInfo": nothing | {"hasPreviousPage": True}}


async def test_a_page_has_twenty_unless_asked_and_a_hundred_at_most(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    await publish(author, database_url, 21)
    assert [len((await page(easel.client(), first=n))["nodes"]) for n in (None, 1, 100)] == [20, 1, 21]
    for first in (0, -1, 101, -(2**31)):
        answer = await easel.client().post(FEED, {"first": first})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_cursor_that_is_none_of_this_list_is_refused(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    # given cursors of the feed, of an author's artworks, of two artworks' comments
    artworks = await publish(author, database_url, 2)
    for artwork in artworks:
        comment(database_url, artwork, author.viewer_id, 1)
    lists = """query($id: ID!) { artwork(id: $id) {
      comments { edges { cursor } } author { artworks { edges { cursor } } }
    } }"""
    found = [(await author.data(lists, {"id": artwork}))["artwork"] for artwork in artworks]
    feed_cursor = (await page(author))["pageInfo"]["endCursor"]
    comment_cursors = [one["comments"]["edges"][0]["cursor"] for one in found]
    author_cursor = found[0]["author"]["artworks"]["edges"][0]["cursor"]

    moment, key, feed = "2026-01-01T00:00:00+00:00", str(UUID(int=0)), "Query.feed:LATEST"
    assert "errors" not in await author.post(FEED, {"after": forged(VERSION, feed, moment, key)})
    refused = [comment_cursors[0], author_cursor, "", "x", "%%%", "\ud800", "가", "YQ", "=" * 8, "x" * 10_000]
    refused += [feed_cursor[:-2], feed_cursor + "A", feed_cursor.swapcase()]
    refused += [forged(2, feed, moment, key), forged(4, feed, moment, key), forged("3", feed, moment, key)]
    refused += [
        forged(VERSION, feed, moment, key, ""),
        forged(VERSION, feed, moment, "x"),
        forged(VERSION, feed, moment),
    ]
    refused += [
        forged(VERSION, feed, "yesterday", key),
        forged(VERSION, feed, "", ""),
        forged(VERSION, feed, 5, key),
        forged(VERSION),
    ]
    refused += [forged(VERSION, feed, moment, None), forged(VERSION, [feed], moment, key), forged(), forged({"a": 1})]
    refused += [base64.urlsafe_b64encode(b"\xff\xfe").decode()]

    # then the feed takes its own alone
    assert "errors" not in await author.post(FEED, {"after": feed_cursor})
    for cursor in refused:
        answer = await easel.client().post(FEED, {"after": cursor})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_CURSOR"], cursor
        assert answer["data"] is None

    # and comments take those of their own artwork alone
    for index, cursor in enumerate(comment_cursors):
        good = await author.data(COMMENTS, {"id": artworks[index], "after": cursor})
        assert good["artwork"]["comments"]["nodes"] == []
        answer = await author.post(COMMENTS, {"id": artworks[1 - index], "after": cursor})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_CURSOR"]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-01-01", "2026-W01"])
async def test_a_forged_moment_is_no_error_of_ours(easel: Installation, moment: str) -> None:
    cursor = forged(VERSION, "Query.feed:LATEST", moment, "f" * 32)
    answer = await easel.client().post(FEED, {"after": cursor})
    assert [error["extensions"]["code"] for error in answer.get("errors", [])] in ([], ["BAD_CURSOR"])


async def test_comments_come_newest_first_page_by_page(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    (artwork,) = await publish(author, database_url, 1)
    comment(database_url, artwork, author.viewer_id, 5)
    reader, after, texts = easel.client(), None, []
    for has_next in (True, True, False):
        found = (await reader.data(COMMENTS, {"id": artwork, "first": 2, "after": after}))["artwork"]
        assert (found["commentCount"], found["comments"]["totalCount"]) == (5, 5)
        assert found["comments"]["pageInfo"]["hasNextPage"] is has_next
        texts += [node["text"] for node in found["comments"]["nodes"]]
        after = found["comments"]["pageInfo"]["endCursor"]
    assert sorted(texts) == [f"comment {n}" for n in range(1, 6)]
    for first in (0, 101):
        answer = await reader.post(COMMENTS, {"id": artwork, "first": first})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_the_viewers_likes_and_follows_are_the_viewers(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    # given somebody who likes one of two artworks and follows their author
    liked, other = await publish(author, database_url, 2)
    fan = await easel.signed_up()
    ids = [fan.viewer_id.partition("_")[2], author.viewer_id.partition("_")[2], liked.partition("_")[2]]
    sql(database_url, "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())", *ids[:2])
    like = "INSERT INTO reactions (artwork_id, user_id, kind, created_at) VALUES (%s, %s, 'LIKE', now())"
    sql(database_url, like, ids[2], ids[0])

    async def marks(client: GraphClient) -> dict[str, tuple[bool, bool]]:
        nodes = [edge["node"] for edge in (await client.core("feed", kind="LATEST"))["edges"]]
        return {node["id"]: (node["viewerHasLiked"], node["author"]["viewerFollows"]) for node in nodes}

    # then they see so, and nobody else does
    assert await marks(fan) == {liked: (True, True), other: (False, True)}
    assert await marks(author) == await marks(easel.client()) == {liked: (False, False), other: (False, False)}


async def test_a_feed_takes_as_many_statements_for_twenty_artworks_as_for_two(
    easel: Installation, author: GraphClient, database_url: str, redis_url: str, tmp_path: Path
) -> None:
    # given twenty artworks of two authors, with comments, images, tags, likes and avatars
    other = await easel.signed_up()
    artworks = await publish(author, database_url, 10) + await publish(other, database_url, 10)
    for number, artwork in enumerate(artworks):
        comment(database_url, artwork, (author, other)[number % 2].viewer_id, 3)
    sql(database_url, "UPDATE users SET avatar_asset_id = (SELECT id FROM media_assets WHERE owner_id = users.id)")
    counts = {}

    # when the core operation reads two and twenty of them
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        for first in (2, 20):
            with graph.statements() as seen:
                data = await graph.run(CORE["feed"], {"kind": "LATEST", "first": first}, author.viewer_id)
            counts[first] = len(seen)
            edges = data["feed"]["edges"]
            assert len(edges) == first
            assert all(len(edge["node"]["comments"]["nodes"]) == 2 and edge["node"]["image"] for edge in edges)

        # then both take the same statements
        assert counts[2] == counts[20] == 1

        # and what a list holds is counted by it too, where it is asked for
        for text, extra in (("", 0), ("totalCount", 1)):
            with graph.statements() as seen:
                await graph.run(f"{{ feed {{ nodes {{ id }} {text} }} }}")
            assert len(seen) == 1
            assert sum("10001" in statement for statement in seen) == extra

        # also for lists in a list
        nested = """{ feed { totalCount nodes { id
          comments(first: 1) { totalCount } author { artworks(first: 2) { totalCount nodes { id author { id } } } }
        } } }"""
        with graph.statements() as seen:
            data = await graph.run(nested)
        assert data["feed"]["totalCount"] == 20
        assert {node["comments"]["totalCount"] for node in data["feed"]["nodes"]} == {3}
        assert {node["author"]["artworks"]["totalCount"] for node in data["feed"]["nodes"]} == {10}
        for node in data["feed"]["nodes"]:
            newest = artworks[:2] if node["id"] in artworks[:10] else artworks[10:12]
            assert [inner["id"] for inner in node["author"]["artworks"]["nodes"]] == newest
        assert sum("10001" in statement for statement in seen) == 1
        assert len(seen) == 1
