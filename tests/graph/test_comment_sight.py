"""Who sees and writes comments: nobody those of private artworks, nobody those of whom one of both has blocked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from discussion import act, block, published, say, threads
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

BY_ID = """query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Comment { isReply replyTo { id } root { id } } } }"""


async def nodes(client: GraphClient, *ids: str) -> list[dict[str, Any] | None]:
    found: list[dict[str, Any] | None] = (await client.data(BY_ID, {"ids": ids}))["nodes"]
    return found


async def test_a_blocked_person_is_in_no_thread_of_the_other(easel: Installation, database_url: str) -> None:
    # given two people who talk under the artwork of a third, and do not want to see each other any more
    author, ann, bob = await easel.signed_up(), await easel.signed_up("ann"), await easel.signed_up("bob")
    artwork = await published(author, database_url)
    of_ann, of_bob = await say(ann, artwork, "by ann"), await say(bob, artwork, "by bob")
    under_bob = await say(author, artwork, "to bob", of_bob)
    answer = await say(bob, artwork, "to ann @author", of_ann)
    to_answer = await say(author, artwork, "to bob's answer", answer)
    await act(author, "pinComment", commentId=of_bob, on=True)
    block(database_url, ann.viewer_id, bob.viewer_id)

    # then neither sees what the other wrote, on any path; not even as what is answered
    found = await threads(ann, artwork)
    assert [(one["id"], [each["id"] for each in one["replies"]["nodes"]]) for one in found["comments"]["nodes"]] == [
        (of_ann, [to_answer])
    ]
    (reply,) = found["comments"]["nodes"][0]["replies"]["nodes"]
    assert (reply["replyTo"], reply["root"], found["pinnedComments"]) == (None, {"id": of_ann}, [])
    assert found["comments"]["totalCount"] == 1
    assert await nodes(ann, of_bob, answer) == [None, None]
    assert await nodes(ann, under_bob) == [{"id": under_bob, "isReply": True, "replyTo": None, "root": None}]
    assert await nodes(bob, of_ann) == [None]
    feed = await ann.core("feed", kind="LATEST")
    assert [one["id"] for one in feed["edges"][0]["node"]["comments"]["nodes"]] == [of_ann]

    # and everybody else does
    for other in (author, easel.client()):
        seen = await threads(other, artwork)
        assert [one["id"] for one in seen["comments"]["nodes"]] == [of_bob, of_ann]
        assert seen["pinnedComments"] == [{"id": of_bob}]

    # nor can one answer, name, or edit their way to the other
    before = row_counts(database_url)
    for given, path in (({"replyTo": of_bob}, "replyTo"), ({"replyTo": answer}, "replyTo")):
        refused = await act(ann, "addComment", artworkId=artwork, text="x", idempotencyKey=uuid4().hex, **given)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", path])
    refused = await act(bob, "editComment", commentId=answer, text="to ann again")
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "commentId"])
    assert sql(database_url, "SELECT count(*) FROM comments WHERE text LIKE '%%again'") == [(0,)]
    assert row_counts(database_url) == before
    named = await act(ann, "addComment", artworkId=artwork, text="hey @bob", idempotencyKey=uuid4().hex)
    assert named["comment"]["mentions"] == []


async def test_whom_the_artworks_author_has_blocked_can_not_comment(easel: Installation, database_url: str) -> None:
    author, bob, carl = await easel.signed_up(), await easel.signed_up("bob"), await easel.signed_up("carl")
    artwork = await published(author, database_url)
    comment, mention = await say(bob, artwork, "hello"), await say(carl, artwork, "like @bob says")
    block(database_url, author.viewer_id, bob.viewer_id)
    before = row_counts(database_url)

    added = await act(bob, "addComment", artworkId=artwork, text="x", idempotencyKey="k")
    edited = await act(bob, "editComment", commentId=comment, text="worse")

    assert (added["code"], added["path"]) == ("NOT_FOUND", ["input", "artworkId"])
    assert (edited["code"], edited["path"]) == ("NOT_FOUND", ["input", "commentId"])
    assert row_counts(database_url) == before
    assert [each["mentions"] for each in (await threads(author, artwork))["comments"]["nodes"]] == [[]]
    assert await nodes(bob, comment, mention, artwork) == [None] * 3
    # who is blocked by the artwork's author is named under it no more, and may still take back what they said
    again = await act(carl, "editComment", commentId=mention, text="as @bob says")
    assert again["comment"]["mentions"] == []
    gone = await act(bob, "deleteComment", commentId=comment)
    assert (gone["deletedId"], gone["artwork"]) == (comment, None)
    assert sql(database_url, "SELECT id FROM comments") == [(key_in(mention),)]


async def test_what_is_said_of_an_artwork_goes_out_of_sight_with_it(easel: Installation, database_url: str) -> None:
    author, fan = await easel.signed_up(), await easel.signed_up("fan")
    artwork = await published(author, database_url)
    comment = await say(fan, artwork, "hello")
    await author.data(
        "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }", {"id": artwork}
    )
    before = row_counts(database_url)

    for mutation, given in (
        ("addComment", {"artworkId": artwork, "text": "x", "idempotencyKey": "k"}),
        ("editComment", {"commentId": comment, "text": "x"}),
    ):
        assert (await act(fan, mutation, **given))["code"] == "NOT_FOUND", mutation
    assert row_counts(database_url) == before
    assert await nodes(fan, comment) == [None]
    assert [each["id"] for each in (await threads(author, artwork))["comments"]["nodes"]] == [comment]
    # of a private artwork its author alone is told
    mine = await act(author, "addComment", artworkId=artwork, text="for @fan", idempotencyKey="k")
    assert mine["comment"]["mentions"] == []


async def test_who_does_not_want_to_see_an_artwork_can_not_comment_on_it(
    easel: Installation, database_url: str
) -> None:
    author, fan = await easel.signed_up(), await easel.signed_up()
    artwork = await published(author, database_url)
    sql(database_url, "UPDATE artworks SET content_level = 'MATURE'")
    assert (await act(fan, "addComment", artworkId=artwork, text="x", idempotencyKey="k"))["code"] == "NOT_FOUND"
    await fan.data("mutation { updateContentPreferences(input: {maxContentLevel: MATURE}) { __typename } }")
    await say(fan, artwork, "x")


async def test_strangers_can_not_comment(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up()
    artwork = await published(author, database_url)
    comment = await say(author, artwork, "mine")
    before = row_counts(database_url)
    for mutation, given in {
        "addComment": {"artworkId": artwork, "text": "x", "idempotencyKey": "k"},
        "editComment": {"commentId": comment, "text": "x"},
        "deleteComment": {"commentId": comment},
        "pinComment": {"commentId": comment, "on": True},
        "setCommentsLocked": {"artworkId": artwork, "on": True},
    }.items():
        kind = mutation[0].upper() + mutation[1:]
        text = f"mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ __typename }} }}"
        answer = await easel.client().post(text, {"input": given})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"], mutation
    assert row_counts(database_url) == before
