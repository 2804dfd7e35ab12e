"""Comments as people write them: threads, edits, deletions, pins and locks, and counts that are true."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from discussion import act, published, say, threads
from graph_client import CORE
from stored import sql

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def author(easel: Installation) -> GraphClient:
    return await easel.signed_up("yuna")


@pytest.fixture
async def fan(easel: Installation) -> GraphClient:
    return await easel.signed_up("ann")


async def test_a_comment_is_read_as_it_was_written(
    easel: Installation, author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)

    result = await act(fan, "addComment", artworkId=artwork, text="  정말 예뻐요\n🌊 ", idempotencyKey="1")

    said = result["comment"]
    assert (said["text"], said["author"], said["editedAt"]) == ("정말 예뻐요\n🌊", {"handle": "ann"}, None)
    assert (said["viewerCanEdit"], said["viewerCanDelete"], said["isDeleted"]) == (True, True, False)
    assert result["artwork"] == {"id": artwork, "commentCount": 1}
    assert (await act(fan, "editComment", commentId=said["id"], text="정말 예뻐요\n🌊"))["comment"]["editedAt"] is None
    (seen,) = (await threads(author, artwork))["comments"]["nodes"]
    assert (seen["viewerCanEdit"], seen["viewerCanDelete"]) == (False, True)
    (seen,) = (await threads(easel.client(), artwork))["comments"]["nodes"]
    assert (seen["viewerCanEdit"], seen["viewerCanDelete"]) == (False, False)
    # and the feed's sample operation shows it
    feed = await easel.client().data(CORE["feed"], {"kind": "LATEST", "first": 5})
    (comment,) = feed["feed"]["edges"][0]["node"]["comments"]["nodes"]
    assert (comment["id"], comment["text"], comment["author"]["handle"]) == (said["id"], said["text"], "ann")


async def test_replies_stand_in_one_list_below_the_comment_that_began_the_thread(
    author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    first, second = await say(fan, artwork, "first"), await say(fan, artwork, "second")
    answer = await say(author, artwork, "answer", first)
    deeper = await say(fan, artwork, "deeper", answer)
    late = await say(author, artwork, "late", first)

    found = await threads(fan, artwork)

    assert (found["commentCount"], found["comments"]["totalCount"]) == (5, 2)
    newest, oldest = found["comments"]["nodes"]
    assert (newest["id"], oldest["id"]) == (second, first)
    assert (newest["replyCount"], oldest["replyCount"], oldest["replies"]["totalCount"]) == (0, 3, 3)
    replies = oldest["replies"]["nodes"]
    assert [reply["id"] for reply in replies] == [answer, deeper, late]
    assert [reply["replyTo"]["id"] for reply in replies] == [first, answer, first]
    assert {reply["root"]["id"] for reply in replies} == {first}
    assert (oldest["root"], oldest["replyTo"]) == (None, None)


async def test_a_comment_comes_with_the_edge_that_it_has_in_its_list(
    author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    edges: list[dict[str, Any]] = []
    asked = "cursor node { id text isReply author { handle } }"
    document = f"""mutation($input: AddCommentInput!) {{ addComment(input: $input) {{
      ... on AddCommentSuccess {{ comment {{ id }} commentEdge {{ {asked} }} }} }} }}"""
    for text, reply_to in (("older", None), ("newer", None), ("reply", 0), ("deeper", 2)):
        given = {"artworkId": artwork, "text": text, "idempotencyKey": text}
        answered = {} if reply_to is None else {"replyTo": edges[reply_to]["node"]["id"]}
        for _ in range(2):
            found = (await fan.data(document, {"input": given | answered}))["addComment"]
            assert found["commentEdge"]["node"]["id"] == found["comment"]["id"]
        edges.append(found["commentEdge"])

    # then that is the edge by which the list goes on, for whoever reads it
    older, newer, reply, deeper = edges
    page = f"""query($id: ID!, $after: Cursor, $reply: Cursor) {{ artwork(id: $id) {{
      comments(first: 5, after: $after) {{ edges {{ {asked} node {{ replies(first: 5, after: $reply) {{
        edges {{ {asked} }} }} }} }} }} }} }}"""
    for reader in (fan, author):
        first, last = (await reader.data(page, {"id": artwork}))["artwork"]["comments"]["edges"]
        assert last["node"].pop("replies")["edges"] == [reply, deeper]
        assert first["node"].pop("replies")["edges"] == []
        assert [first, last] == [newer, older]
    (after,) = (await fan.data(page, {"id": artwork, "after": newer["cursor"]}))["artwork"]["comments"]["edges"]
    assert after["cursor"] == older["cursor"]
    thread = """query($id: ID!, $after: Cursor) { node(id: $id) { ... on Comment {
      replies(after: $after) { nodes { id } } } } }"""
    found = await fan.data(thread, {"id": older["node"]["id"], "after": reply["cursor"]})
    assert found["node"]["replies"]["nodes"] == [{"id": deeper["node"]["id"]}]

    # and there is none of what is deleted, when the same is asked for again
    await act(fan, "deleteComment", commentId=newer["node"]["id"])
    given = {"artworkId": artwork, "text": "newer", "idempotencyKey": "newer"}
    found = (await fan.data(document, {"input": given}))["addComment"]
    assert found == {"comment": None, "commentEdge": None}


async def test_replies_are_paged_oldest_first(author: GraphClient, database_url: str) -> None:
    artwork = await published(author, database_url)
    root = await say(author, artwork, "root")
    wanted = [await say(author, artwork, f"{number}", root) for number in range(5)]
    page = """query($id: ID!, $after: Cursor) { node(id: $id) { ... on Comment { replies(first: 2, after: $after) {
      nodes { id } pageInfo { hasNextPage endCursor } } } } }"""

    after, found = None, []
    for has_next in (True, True, False):
        replies = (await author.data(page, {"id": root, "after": after}))["node"]["replies"]
        assert replies["pageInfo"]["hasNextPage"] is has_next
        found += [node["id"] for node in replies["nodes"]]
        after = replies["pageInfo"]["endCursor"]

    assert found == wanted
    other = await say(author, artwork, "other")
    refused = await author.post(page, {"id": other, "after": after})
    assert [error["extensions"]["code"] for error in refused["errors"]] == ["BAD_CURSOR"]


async def test_an_answered_comment_that_is_deleted_stays_as_a_stub_until_the_last_answer_is_gone(
    author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    root = await say(fan, artwork, "root @yuna")
    answer = await say(author, artwork, "answer", root)
    deeper = await say(fan, artwork, "deeper", answer)
    await act(author, "pinComment", commentId=root, on=True)

    stub = await act(fan, "deleteComment", commentId=root)
    await act(author, "deleteComment", commentId=answer)

    assert (stub["deletedId"], stub["artwork"]["commentCount"]) == (root, 2)
    said = stub["comment"]
    assert (said["isDeleted"], said["text"], said["author"], said["mentions"]) == (True, "", None, [])
    assert (said["viewerCanEdit"], said["viewerCanDelete"], said["isPinned"]) == (False, False, False)
    found = await threads(fan, artwork)
    assert (found["commentCount"], found["pinnedComments"]) == (1, [])
    (thread,) = found["comments"]["nodes"]
    assert (thread["id"], thread["replyCount"]) == (root, 1)
    assert [(reply["id"], reply["isDeleted"]) for reply in thread["replies"]["nodes"]] == [
        (answer, True),
        (deeper, False),
    ]
    # nothing of what was deleted is kept
    assert sql(database_url, "SELECT text, author_id FROM comments WHERE deleted_at IS NOT NULL") == [("", None)] * 2
    assert sql(database_url, "SELECT * FROM comment_mentions") == []

    gone = await act(fan, "deleteComment", commentId=deeper)

    assert (gone["comment"], gone["artwork"]["commentCount"]) == (None, 0)
    assert sql(database_url, "SELECT id FROM comments") == []


async def test_a_stub_stays_for_another_answer(author: GraphClient, database_url: str) -> None:
    artwork = await published(author, database_url)
    root = await say(author, artwork, "root")
    first, second = await say(author, artwork, "first", root), await say(author, artwork, "second", root)
    await act(author, "deleteComment", commentId=root)
    await act(author, "deleteComment", commentId=first)
    (thread,) = (await threads(author, artwork))["comments"]["nodes"]
    assert (thread["isDeleted"], [reply["id"] for reply in thread["replies"]["nodes"]]) == (True, [second])


async def test_the_artworks_author_deletes_what_others_wrote(
    author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    comment = await say(fan, artwork, "rude")
    assert (await act(author, "deleteComment", commentId=comment))["comment"] is None
    assert (await threads(fan, artwork))["commentCount"] == 0
    again = await act(author, "deleteComment", commentId=comment)
    assert (again["code"], again["path"]) == ("NOT_FOUND", ["input", "commentId"])


async def test_the_same_request_again_is_one_comment(author: GraphClient, fan: GraphClient, database_url: str) -> None:
    artwork = await published(author, database_url)
    given = {"artworkId": artwork, "text": "once", "idempotencyKey": "click"}
    first = await act(fan, "addComment", **given)

    # given the comments were locked meanwhile
    await act(author, "setCommentsLocked", artworkId=artwork, on=True)
    again = await act(fan, "addComment", **given)

    assert again == first
    for change in ({"text": "twice"}, {"replyTo": first["comment"]["id"]}):
        refused = await act(fan, "addComment", **given | change)
        assert (refused["code"], refused["path"]) == ("IDEMPOTENCY_CONFLICT", ["input", "idempotencyKey"])
    assert sql(database_url, "SELECT text FROM comments") == [("once",)]
    # and once it is deleted, the key writes it no second time
    await act(author, "deleteComment", commentId=first["comment"]["id"])
    late = await act(fan, "addComment", **given)
    assert (late["comment"], late["artwork"]["commentCount"]) == (None, 0)


async def test_pinned_comments_are_few_and_the_last_pinned_is_first(
    author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    said = [await say(fan, artwork, f"{number}") for number in range(4)]
    for comment in said[:3]:
        await act(author, "pinComment", commentId=comment, on=True)
    result = await act(author, "pinComment", commentId=said[0], on=True)
    assert [one["id"] for one in result["artwork"]["pinnedComments"]] == [said[2], said[1], said[0]]
    assert result["comment"]["isPinned"] is True

    reply = await say(fan, artwork, "reply", said[0])
    for client, comment, code in (
        (author, said[3], "INVALID_INPUT"),
        (author, reply, "INVALID_INPUT"),
        (fan, said[3], "NOT_FOUND"),
        (fan, said[0], "NOT_FOUND"),
    ):
        refused = await act(client, "pinComment", commentId=comment, on=True)
        assert (refused["code"], refused["path"]) == (code, ["input", "commentId"]), comment
    assert len(sql(database_url, "SELECT id FROM comments WHERE pinned_at IS NOT NULL")) == 3

    await act(author, "pinComment", commentId=said[2], on=False)
    result = await act(author, "pinComment", commentId=said[3], on=True)
    assert [one["id"] for one in result["artwork"]["pinnedComments"]] == [said[3], said[1], said[0]]


async def test_nobody_but_the_author_comments_where_comments_are_locked(
    easel: Installation, author: GraphClient, fan: GraphClient, database_url: str
) -> None:
    artwork = await published(author, database_url)
    comment = await say(fan, artwork, "before")
    locked = await act(author, "setCommentsLocked", artworkId=artwork, on=True)
    assert locked["artwork"] == {"id": artwork, "areCommentsLocked": True, "viewerCanComment": True}
    before = sql(database_url, "SELECT * FROM comments")

    added = await act(fan, "addComment", artworkId=artwork, text="x", idempotencyKey=uuid4().hex)
    edited = await act(fan, "editComment", commentId=comment, text="x")

    assert (added["code"], added["path"]) == ("COMMENTS_LOCKED", ["input", "artworkId"])
    assert (edited["code"], edited["path"]) == ("COMMENTS_LOCKED", ["input", "commentId"])
    assert sql(database_url, "SELECT * FROM comments") == before
    assert sql(database_url, "SELECT * FROM idempotency_keys WHERE operation = 'addComment'") == sql(
        database_url, "SELECT * FROM idempotency_keys WHERE subject_id = (SELECT id FROM comments)"
    )
    assert (await threads(fan, artwork))["viewerCanComment"] is False
    await say(author, artwork, "mine")
    # what is there can still be deleted, and opened again everybody may write
    assert (await act(fan, "deleteComment", commentId=comment))["deletedId"] == comment
    assert (await act(fan, "setCommentsLocked", artworkId=artwork, on=False))["code"] == "NOT_FOUND"
    await act(author, "setCommentsLocked", artworkId=artwork, on=False)
    await say(fan, artwork, "after")
    assert (await threads(fan, artwork))["viewerCanComment"] is True
    assert (await threads(easel.client(), artwork))["viewerCanComment"] is False
