"""An artwork as it is followed: its likes and comments, each once and in order, for those who may see them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from discussion import act, block, published, say
from graph_client import StreamError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

FOLLOW = """subscription Follow($id: ID!, $after: Cursor) { artworkEvents(id: $id, after: $after) {
  __typename
  ... on StreamEvent { cursor sequence }
  ... on ArtworkSnapshot { resumed artwork { ...Counts } }
  ... on ArtworkLikesChanged { artwork { ...Counts } }
  ... on ArtworkCommentAdded { artwork { ...Counts } comment { id text isReply author { handle } root { id } } }
  ... on ArtworkCommentChanged { comment { id text isPinned } }
  ... on ArtworkCommentDeleted { artwork { ...Counts } commentId comment { id isDeleted } }
  ... on ArtworkCommentsLocked { artwork { ...Counts } }
} }
fragment Counts on Artwork { id likeCount commentCount areCommentsLocked viewerHasLiked }"""
LIKE = """mutation($id: ID!, $on: Boolean!) { setReaction(input: {subjectId: $id, on: $on}) { __typename } }"""
HIDE = "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }"


async def followed(client: GraphClient, artwork: str, **variables: Any) -> AsyncGenerator[dict[str, Any], None]:  # noqa: ANN401
    """Yield what an artwork tells, without an end."""
    async with client.socket() as socket, asyncio.timeout(20):
        async for data in socket.subscribe(FOLLOW, {"id": artwork} | variables):
            yield data["artworkEvents"]


async def test_comments_and_likes_are_told_once_and_in_order(easel: Installation, database_url: str) -> None:
    author, fan = await easel.signed_up("yuna"), await easel.signed_up("ann")
    artwork = await published(author, database_url)

    async with aclosing(followed(fan, artwork)) as mine, aclosing(followed(easel.client(), artwork)) as others:
        start, _ = await anext(mine), await anext(others)
        root = await say(author, artwork, "root")
        reply = await say(author, artwork, "reply", root)
        await act(author, "editComment", commentId=root, text="edited")
        await act(author, "pinComment", commentId=root, on=True)
        await act(author, "deleteComment", commentId=root)
        await act(author, "deleteComment", commentId=reply)
        await act(author, "setCommentsLocked", artworkId=artwork, on=True)
        await fan.data(LIKE, {"id": artwork, "on": True})
        events = [await anext(mine) for _ in range(8)]
        told = [await anext(others) for _ in range(8)]

    kinds = ["Added", "Added", "Changed", "Changed", "Deleted", "Deleted"]
    wanted = [*(f"ArtworkComment{kind}" for kind in kinds), "ArtworkCommentsLocked", "ArtworkLikesChanged"]
    assert (start["__typename"], start["resumed"]) == ("ArtworkSnapshot", False)
    assert [event["__typename"] for event in events] == [event["__typename"] for event in told] == wanted
    assert [event["sequence"] for event in events] == [start["sequence"] + 1 + n for n in range(8)]
    assert [event["commentId"] for event in events[4:6]] == [root, reply]
    assert events[-1]["artwork"] == {
        "id": artwork,
        "likeCount": 1,
        "commentCount": 0,
        "areCommentsLocked": True,
        "viewerHasLiked": True,
    }
    assert told[-1]["artwork"]["viewerHasLiked"] is False
    # and who comes back is told what they missed
    async with aclosing(followed(fan, artwork, after=events[5]["cursor"])) as stream:
        again = [await anext(stream) for _ in range(3)]
    assert [event["__typename"] for event in again] == ["ArtworkSnapshot", *wanted[6:]]
    assert again[0]["resumed"] is True


async def test_nobody_is_told_what_somebody_out_of_their_sight_says(easel: Installation, database_url: str) -> None:
    author, ann, bob = await easel.signed_up(), await easel.signed_up("ann"), await easel.signed_up("bob")
    artwork = await published(author, database_url)
    block(database_url, ann.viewer_id, bob.viewer_id)

    async with aclosing(followed(ann, artwork)) as blind, aclosing(followed(author, artwork)) as seeing:
        await anext(blind), await anext(seeing)
        await say(bob, artwork, "by bob")
        hidden, shown = await anext(blind), await anext(seeing)

    assert (hidden["comment"], hidden["artwork"]["commentCount"]) == (None, 1)
    assert (shown["comment"]["text"], shown["comment"]["author"]) == ("by bob", {"handle": "bob"})


async def test_who_may_not_see_an_artwork_is_told_nothing_of_it(easel: Installation, database_url: str) -> None:
    author, fan = await easel.signed_up(), await easel.signed_up()
    private = await published(author, database_url, visibility="PRIVATE")
    public = await published(author, database_url)
    for client, artwork in ((fan, private), (easel.client(), private), (fan, "nothing"), (fan, author.viewer_id)):
        with pytest.raises(StreamError) as refused:
            await anext(followed(client, artwork))
        assert refused.value.code == "NOT_FOUND"

    # given somebody follows it, who may no longer see it
    async with aclosing(followed(fan, public)) as stream, aclosing(followed(author, public)) as own:
        await anext(stream), await anext(own)
        await author.data(HIDE, {"id": public})
        await say(author, public, "to myself")
        gone, event = await anext(stream), await anext(stream)
        changed, mine = await anext(own), await anext(own)
    assert (gone["__typename"], gone["resumed"], gone["artwork"]) == ("ArtworkSnapshot", True, None)
    assert (event["artwork"], event["comment"]) == (None, None)
    assert (changed["artwork"]["id"], mine["comment"]["text"]) == (public, "to myself")
    # and who is blocked by its author can not begin to
    other = await published(author, database_url)
    block(database_url, author.viewer_id, fan.viewer_id)
    with pytest.raises(StreamError) as refused:
        await anext(followed(fan, other))
    assert refused.value.code == "NOT_FOUND"


async def test_a_cursor_of_another_artwork_is_refused(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up()
    one, other = [await published(author, database_url) for _ in range(2)]
    async with aclosing(followed(author, one)) as stream:
        cursor = (await anext(stream))["cursor"]
    with pytest.raises(StreamError) as refused:
        await anext(followed(author, other, after=cursor))
    assert refused.value.code == "BAD_CURSOR"
