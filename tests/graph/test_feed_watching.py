"""Feeds of each kind as they are followed: who is told of what, whatever they block, mute, hide or follow."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from graph_client import StreamError
from stored import new_asset, sql

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

FOLLOW = """subscription($kind: FeedKind!, $filter: FeedFilter, $after: Cursor) {
  feedEvents(kind: $kind, filter: $filter, after: $after) {
    __typename
    ... on StreamEvent { cursor }
    ... on FeedSnapshot { feed(first: 5) { edges { cursor node { title } } } }
    ... on FeedEdgeAdded { edge { cursor node { title } reason { kind tag author { handle } } } }
    ... on FeedEdgeRemoved { nodeId }
  }
}"""
PAGE = """query($kind: FeedKind!, $filter: FeedFilter) {
  feed(kind: $kind, filter: $filter, first: 5) { edges { cursor node { title } } } }"""

UNPUBLISH = "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }"


async def followed(client: GraphClient, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    async with client.socket() as socket:
        async for data in socket.subscribe(FOLLOW, variables):
            yield data["feedEvents"]


async def published(client: GraphClient, database_url: str, title: str, *tags: str) -> str:
    image = new_asset(database_url, client.viewer_id)
    given = {"assetIds": [image], "title": title, "tags": tags}
    artwork: str = (await client.core("publish", given))["artwork"]["id"]
    return artwork


def key(global_id: str) -> str:
    return global_id.partition("_")[2]


async def test_who_follows_is_told_of_those_whom_they_follow_alone(easel: Installation, database_url: str) -> None:
    star, other, fan = await easel.signed_up("star"), await easel.signed_up("other"), await easel.signed_up("fan")
    follow = "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())"
    sql(database_url, follow, key(fan.viewer_id), key(star.viewer_id))
    await published(other, database_url, "early", "sea")
    sql(
        database_url,
        "INSERT INTO tag_follows (user_id, tag_id, created_at) SELECT %s, id, now() FROM tags WHERE name = 'sea'",
        key(fan.viewer_id),
    )

    async with aclosing(followed(fan, kind="FOLLOWING")) as stream:
        snapshot = await anext(stream)
        await published(other, database_url, "unfollowed")
        by_star = await published(star, database_url, "by a star")
        added = [await anext(stream)]
        await published(other, database_url, "of the sea", "Sea")
        added.append(await anext(stream))
        await star.data(
            "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }", {"id": by_star}
        )
        removed = await anext(stream)

    assert [edge["node"]["title"] for edge in snapshot["feed"]["edges"]] == ["early"]
    assert [event["edge"]["reason"] for event in added] == [
        {"kind": "FOLLOWED_AUTHOR", "tag": None, "author": {"handle": "star"}},
        {"kind": "FOLLOWED_TAG", "tag": "sea", "author": None},
    ]
    assert removed["nodeId"] == by_star
    # the edges are those of the feed, and the stream goes on from each place
    edges = (await fan.data(PAGE, {"kind": "FOLLOWING"}))["feed"]["edges"]
    assert edges[0]["cursor"] == added[1]["edge"]["cursor"]
    async with aclosing(followed(fan, kind="FOLLOWING", after=added[0]["cursor"])) as stream:
        assert (await anext(stream))["__typename"] == "FeedSnapshot"
        assert (await anext(stream))["edge"]["node"]["title"] == "of the sea"


async def test_nobody_is_told_of_what_they_want_to_see_nowhere(easel: Installation, database_url: str) -> None:
    muted, blocked, liked, me = [await easel.signed_up(each) for each in ("muted", "blocked", "liked", "choosy")]
    mute = "INSERT INTO mutes (user_id, muted_id, created_at) VALUES (%s, %s, now())"
    block = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, %s, now())"
    sql(database_url, mute, key(me.viewer_id), key(muted.viewer_id))
    sql(database_url, block, key(me.viewer_id), key(blocked.viewer_id), False)
    await published(liked, database_url, "early", "spider")
    hide = "INSERT INTO hidden_tags (user_id, tag_id, created_at) SELECT %s, id, now() FROM tags WHERE name = 'spider'"
    sql(database_url, hide, key(me.viewer_id))

    async with aclosing(followed(me, kind="LATEST")) as mine, aclosing(followed(easel.client(), kind="LATEST")) as all_:
        snapshots = [await anext(stream) for stream in (mine, all_)]
        gone = await published(muted, database_url, "muted")
        await published(blocked, database_url, "blocked")
        await published(liked, database_url, "hidden", "spider")
        await muted.data(
            "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }", {"id": gone}
        )
        await published(liked, database_url, "shown")
        told = await anext(mine)
        others = [await anext(all_) for _ in range(5)]

    assert [len(each["feed"]["edges"]) for each in snapshots] == [0, 1]
    assert told["edge"]["node"]["title"] == "shown"
    assert told["edge"] == others[-1]["edge"]


async def test_a_tag_is_followed_by_anybody(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("yuna")
    asked = {"kind": "TAG", "filter": {"tag": "#SEA"}}
    async with aclosing(followed(easel.client(), **asked)) as stream:
        assert (await anext(stream))["feed"]["edges"] == []
        await published(author, database_url, "no", "sky")
        await published(author, database_url, "yes", "sea", "sky")
        told = await anext(stream)
    assert told["edge"]["node"]["title"] == "yes"
    assert told["edge"]["reason"] == {"kind": "TAG", "tag": "sea", "author": None}
    assert (await author.data(PAGE, asked))["feed"]["edges"] == [
        {"cursor": told["edge"]["cursor"], "node": {"title": "yes"}}
    ]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"kind": "POPULAR"}, "BAD_USER_INPUT"),
        ({"kind": "TAG"}, "BAD_USER_INPUT"),
        ({"kind": "FOLLOWING", "filter": {"tag": "sea"}}, "BAD_USER_INPUT"),
        ({"kind": "FOLLOWING"}, "UNAUTHENTICATED"),
    ],
)
async def test_what_can_not_be_followed_is_refused(easel: Installation, asked: dict[str, Any], code: str) -> None:
    with pytest.raises(StreamError) as refused:
        await anext(followed(easel.client(), **asked))
    assert refused.value.code == code


async def test_a_cursor_of_another_feeds_stream_is_refused(easel: Installation) -> None:
    async with aclosing(followed(easel.client(), kind="LATEST")) as stream:
        cursor = (await anext(stream))["cursor"]
    with pytest.raises(StreamError) as refused:
        await anext(followed(easel.client(), kind="TAG", filter={"tag": "sea"}, after=cursor))
    assert refused.value.code == "BAD_CURSOR"
