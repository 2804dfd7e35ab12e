"""A feed as it is followed: artworks that come and leave, told once and in order to everybody who may see them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from db.session import Database
from domain import publishing
from domain.publishing import Publication
from graph_client import StreamError
from stored import new_asset, sql

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

FOLLOW = """subscription Follow($after: Cursor, $first: Int) {
  feedEvents(kind: LATEST, after: $after) {
    __typename
    ... on StreamEvent { cursor sequence }
    ... on FeedSnapshot {
      resumed feed(first: $first) { edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount }
    }
    ... on FeedEdgeAdded { edge { cursor node { id title viewerHasLiked author { handle viewerFollows } } } }
    ... on FeedEdgeRemoved { nodeId }
  }
}"""
PAGE = """query($first: Int, $after: Cursor) {
  feed(kind: LATEST, first: $first, after: $after) {
    edges { cursor node { id } } pageInfo { hasNextPage endCursor } totalCount
} }"""
UNPUBLISH = "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }"


async def followed(client: GraphClient, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what a feed tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(FOLLOW, variables):
            yield data["feedEvents"]


async def published(client: GraphClient, database_url: str, title: str, visibility: str = "PUBLIC") -> str:
    image = new_asset(database_url, client.viewer_id)
    given = {"assetIds": [image], "title": title, "visibility": visibility}
    artwork: str = (await client.core("publish", given))["artwork"]["id"]
    return artwork


async def test_the_snapshot_is_a_page_and_new_edges_go_before_it(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("yuna")
    old = [await published(author, database_url, f"old {n}") for n in range(3)]

    async with aclosing(followed(easel.client(), first=2)) as stream:
        snapshot = await anext(stream)
        page = (await author.data(PAGE, {"first": 2}))["feed"]
        assert snapshot["feed"] == page
        assert [edge["node"]["id"] for edge in page["edges"]] == old[:0:-1]

        new = [await published(author, database_url, f"new {n}") for n in range(2)]
        added = [await anext(stream) for _ in new]

    # then each new edge is the one that the feed has, so that a client may put it in, and go on from any of them
    whole = (await author.data(PAGE, {"first": 100}))["feed"]["edges"]
    told = [{"cursor": event["edge"]["cursor"], "node": {"id": event["edge"]["node"]["id"]}} for event in added]
    assert [*told[::-1], *page["edges"], *whole[4:]] == whole
    assert [event["edge"]["node"]["title"] for event in added] == ["new 0", "new 1"]
    assert [event["sequence"] for event in added] == [snapshot["sequence"] + 1, snapshot["sequence"] + 2]
    rest = (await author.data(PAGE, {"after": told[0]["cursor"]}))["feed"]["edges"]
    assert [edge["node"]["id"] for edge in rest] == old[::-1]
    after = (await author.data(PAGE, {"after": snapshot["feed"]["pageInfo"]["endCursor"]}))["feed"]["edges"]
    assert [edge["node"]["id"] for edge in after] == old[:1]


async def test_who_comes_back_is_told_what_came_and_left(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("yuna")
    async with aclosing(followed(easel.client())) as stream:
        start = (await anext(stream))["cursor"]
    stays, leaves = [await published(author, database_url, title) for title in ("stays", "leaves")]
    await author.data(UNPUBLISH, {"id": leaves})
    await author.data(UNPUBLISH, {"id": leaves})
    last = await published(author, database_url, "last")

    async with aclosing(followed(easel.client(), after=start)) as stream:
        snapshot, *events = [await anext(stream) for _ in range(5)]

    assert snapshot["resumed"]
    assert [event["__typename"] for event in events] == ["FeedEdgeAdded"] * 2 + ["FeedEdgeRemoved", "FeedEdgeAdded"]
    # what has left since is told without what it was
    assert [event["edge"] and event["edge"]["node"]["id"] for event in events if "edge" in event] == [stays, None, last]
    assert events[2]["nodeId"] == leaves
    for index, event in enumerate(events[:-1]):
        async with aclosing(followed(easel.client(), after=event["cursor"])) as stream:
            again, *rest = [await anext(stream) for _ in range(len(events) - index)]
        assert again["resumed"]
        assert rest == events[index + 1 :]


async def test_what_is_not_public_or_was_rolled_back_is_told_to_nobody(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("yuna")
    user, image = UUID(author.viewer_id.partition("_")[2]), new_asset(database_url, author.viewer_id)
    database = Database(database_url)

    async def fail() -> None:
        async with database.write() as tx:
            await publishing.publish(tx, user, Publication((UUID(image.partition("_")[2]),), "rolled back"))
            await tx.flush()
            raise MemoryError

    async with aclosing(followed(author)) as stream:
        snapshot = await anext(stream)
        for visibility in ("UNLISTED", "PRIVATE"):
            hidden = await published(author, database_url, "hidden", visibility)
            await author.data(UNPUBLISH, {"id": hidden})
        with pytest.raises(MemoryError):
            await fail()
        shown = await published(author, database_url, "shown")
        event = await anext(stream)
    await database.close()

    assert (event["sequence"], event["edge"]["node"]["id"]) == (snapshot["sequence"] + 1, shown)


async def test_every_viewer_is_told_what_the_artwork_is_to_them(easel: Installation, database_url: str) -> None:
    author, fan, nobody = await easel.signed_up("yuna"), await easel.signed_up(), easel.client()
    key = "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())"
    sql(database_url, key, fan.viewer_id.partition("_")[2], author.viewer_id.partition("_")[2])

    async with aclosing(followed(fan)) as fans, aclosing(followed(nobody)) as others:
        for stream in (fans, others):
            await anext(stream)
        await published(author, database_url, "new")
        told = [(await anext(stream))["edge"]["node"]["author"] for stream in (fans, others)]

    assert told == [{"handle": "yuna", "viewerFollows": True}, {"handle": "yuna", "viewerFollows": False}]


async def test_who_can_not_be_told_is_refused(easel: Installation) -> None:
    with pytest.raises(StreamError) as refused:
        await anext(followed(easel.client(), after="no cursor"))
    assert refused.value.code == "BAD_CURSOR"
    client = await easel.signed_up()
    async with aclosing(followed(client)) as stream:
        await anext(stream)
        await client.data("mutation { signOut(input: {}) { __typename } }")
        with pytest.raises(StreamError) as ended:
            await anext(stream)
    assert ended.value.code == "UNAUTHENTICATED"
