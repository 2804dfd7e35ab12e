"""What people do in the graph is noted for those whom it concerns: each once, and nothing where nothing was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from noticing import Noticeboard, noticeboard
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

FOLLOW = "mutation M($input: SetFollowInput!) { setFollow(input: $input) { __typename } }"
LIKE = "mutation M($input: SetReactionInput!) { setReaction(input: $input) { __typename } }"
COMMENT = """mutation M($input: AddCommentInput!) {
  addComment(input: $input) { __typename ... on AddCommentSuccess { comment { id } } } }"""
EDIT = "mutation M($input: EditCommentInput!) { editComment(input: $input) { __typename } }"
DELETE = "mutation M($input: DeleteCommentInput!) { deleteComment(input: $input) { __typename } }"


@pytest.fixture
async def board(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Noticeboard]:
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


async def say(board: Noticeboard, who: UUID, artwork: UUID, text: str, reply_to: str | None = None) -> str:
    """Comment; return the comment's id."""
    given = {"artworkId": f"artwork_{artwork.hex}", "text": text, "replyTo": reply_to, "idempotencyKey": uuid4().hex}
    result = await board.run(who, COMMENT, input=given)
    comment: str = result["comment"]["id"]
    return comment


async def heard(board: Noticeboard, who: UUID) -> list[tuple[str, str]]:
    """Fold, and return kind and message of each group of somebody's."""
    await board.fold()
    return [(group["kind"], group["message"]) for group in await board.groups(who)]


async def test_who_is_followed_is_told_until_it_is_taken_back(board: Noticeboard) -> None:
    ann, ben = [await board.person(name) for name in ("ann", "ben")]

    async def follow(*, on: bool) -> Any:  # noqa: ANN401
        return await board.run(ann, FOLLOW, input={"target": f"user_{ben.hex}", "on": on})

    for _ in range(2):
        assert await follow(on=True) == {"__typename": "SetFollowSuccess"}
    assert board.counts()["notes"] == 1
    assert await heard(board, ben) == [("FOLLOW", "Ann started to follow you.")]
    (group,) = await board.groups(ben)
    assert group["subject"] == {"__typename": "User", "id": f"user_{ben.hex}"}
    for _ in range(2):
        await follow(on=False)
    assert board.counts()["notes"] == 1
    assert await heard(board, ben) == []
    assert await heard(board, ann) == []


async def test_who_is_liked_is_told_once_and_not_of_their_own_like(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)

    for who, on in ((ann, True), (ann, True), (author, True), (ann, False), (ann, False), (ann, True)):
        result = await board.run(who, LIKE, input={"subjectId": f"artwork_{artwork.hex}", "on": on})
        assert result == {"__typename": "SetReactionSuccess"}

    assert board.counts()["notes"] == 3
    assert await heard(board, author) == [("LIKE", "Ann liked your artwork “Sunset”.")]
    assert (await board.groups(author))[0]["actorCount"] == 1


async def test_a_refused_like_is_noted_for_nobody(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    sql(board.database_url, "UPDATE artworks SET visibility = 'PRIVATE'")

    result = await board.run(ann, LIKE, input={"subjectId": f"artwork_{artwork.hex}", "on": True})

    assert result == {"__typename": "NotFound"}
    assert board.counts()["notes"] == 0


async def test_a_comment_is_told_to_each_whom_it_concerns_once(board: Noticeboard) -> None:
    author, ann, ben, cho = [await board.person(name) for name in ("author", "ann", "ben", "cho")]
    artwork = await board.artwork(author)

    first = await say(board, ann, artwork, "How lovely")
    reply = await say(board, ben, artwork, "Yes, @ann, isn't it, @author, @cho, @cho and @ben?", first)

    # the author of the artwork is named in one of two, and hears of each once
    assert await heard(board, author) == [
        ("MENTION", "Ben mentioned you in a comment on “Sunset”."),
        ("COMMENT", "Ann commented on your artwork “Sunset”."),
    ]
    assert await heard(board, ann) == [("REPLY", "Ben replied to your comment on “Sunset”.")]
    assert await heard(board, cho) == [("MENTION", "Ben mentioned you in a comment on “Sunset”.")]
    assert await heard(board, ben) == []
    (group,) = await board.groups(ann)
    assert group["subject"] == {"__typename": "Comment", "id": first}
    assert group["comment"] == {"id": reply}


async def test_an_edit_tells_who_is_named_now_and_takes_back_who_is_not(board: Noticeboard) -> None:
    author, ann, ben, cho = [await board.person(name) for name in ("author", "ann", "ben", "cho")]
    artwork = await board.artwork(author)
    comment = await say(board, ann, artwork, "@ben")
    assert [kind for kind, _ in await heard(board, ben)] == ["MENTION"]

    await board.run(ann, EDIT, input={"commentId": comment, "text": "@cho"})

    assert await heard(board, ben) == []
    assert [kind for kind, _ in await heard(board, cho)] == ["MENTION"]
    assert [group["itemCount"] for group in await board.groups(author)] == [1]


async def test_a_deleted_comment_is_taken_back_everywhere(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    first = await say(board, ann, artwork, "How lovely")
    reply = await say(board, ben, artwork, "@author look", first)
    await board.fold()

    await board.run(ben, DELETE, input={"commentId": reply})
    await board.run(ann, DELETE, input={"commentId": first})

    for who in (author, ann, ben):
        assert await heard(board, who) == []
    assert board.counts()["groups"] == 0


async def test_replies_to_a_comment_that_was_deleted_are_not_shown(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    first = await say(board, ann, artwork, "How lovely")
    await say(board, ben, artwork, "Yes", first)
    assert [kind for kind, _ in await heard(board, ann)] == ["REPLY"]

    await board.run(ann, DELETE, input={"commentId": first})

    assert await heard(board, ann) == []
    assert await board.unread(ann) == 0
