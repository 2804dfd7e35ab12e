"""What a comment may say: texts that can be read, within bounds, and who is named in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from discussion import act, published, say
from domain.mentions import MAXIMUM_MENTIONS, places
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

REFUSED = {
    "nothing": "",
    "white space": " \n\t ",
    "nothing visible": "\u200b\u2060\u200d\ufeff\u3164",
    "too long": "가" * 2_001,
    "much too long": "x" * 10_000,
    "much too long when composed": "e\u0301" * 5_000,
    "NUL": "a\x00b",
    "control characters": "a\x07\x1b[31mb",
    "half a character": "a\ud800",
    "no character": "a\uffff",
    "a pile of marks": "a" + "\u0301" * 40,
}
TAKEN = {
    "longest": ("x" * 2_000, "x" * 2_000),
    "decomposed": ("e\u0301" * 2_000, "\u00e9" * 2_000),
    "Hangul jamo": ("\u1112\u1161\u11ab", "\ud55c"),
    "right to left": ("\u200fשלום עולם\u200f", "\u200fשלום עולם\u200f"),
    "family": ("👨‍👩‍👧", "👨‍👩‍👧"),
    "lines": ("one\r\ntwo\tthree", "one\r\ntwo\tthree"),
    "markup": ("<script>alert(1)</script> %_'\"\\", "<script>alert(1)</script> %_'\"\\"),
}


async def test_texts_that_can_be_read_are_kept_in_nfc(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up()
    artwork = await published(author, database_url)
    for name, (given, kept) in TAKEN.items():
        result = await act(author, "addComment", artworkId=artwork, text=given, idempotencyKey=name)
        assert result["comment"]["text"] == kept, name


async def test_other_texts_are_refused_and_nothing_is_written(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up()
    artwork = await published(author, database_url)
    comment = await say(author, artwork, "before")
    before = (row_counts(database_url), sql(database_url, "SELECT * FROM comments"))
    for name, text in REFUSED.items():
        added = await act(author, "addComment", artworkId=artwork, text=text, idempotencyKey=name)
        edited = await act(author, "editComment", commentId=comment, text=text)
        for refused in (added, edited):
            assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "text"]), name
    assert (row_counts(database_url), sql(database_url, "SELECT * FROM comments")) == before


async def test_ids_of_nothing_and_of_other_things_lead_nowhere(easel: Installation, database_url: str) -> None:
    author, other = await easel.signed_up(), await easel.signed_up()
    artwork, elsewhere = [await published(author, database_url) for _ in range(2)]
    comment = await say(author, artwork, "here")
    stub = await say(author, artwork, "stub")
    await say(author, artwork, "answer", stub)
    await act(author, "deleteComment", commentId=stub)
    before = row_counts(database_url)
    nothing = ("", "x", "\x00", "comment_", f"comment_{uuid4().hex}", comment.replace("comment", "artwork"), artwork)
    refusals: list[tuple[str, dict[str, Any], str]] = [
        *(("addComment", {"artworkId": artwork, "replyTo": each}, "replyTo") for each in (*nothing, stub)),
        ("addComment", {"artworkId": elsewhere, "replyTo": comment}, "replyTo"),
        *(("addComment", {"artworkId": each}, "artworkId") for each in ("", comment, f"artwork_{uuid4().hex}")),
        *(("editComment", {"commentId": each}, "commentId") for each in (*nothing, stub)),
        *(("deleteComment", {"commentId": each}, "commentId") for each in (*nothing, stub)),
        *(("pinComment", {"commentId": each, "on": True}, "commentId") for each in (*nothing, stub)),
        ("setCommentsLocked", {"artworkId": comment, "on": True}, "artworkId"),
    ]
    for number, (mutation, given, field) in enumerate(refusals):
        rest = {"addComment": {"text": "x", "idempotencyKey": f"{number}"}, "editComment": {"text": "x"}}
        refused = await act(author, mutation, **rest.get(mutation, {}), **given)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", field]), (mutation, given)
    for mutation, given in (("editComment", {"text": "x"}), ("deleteComment", {}), ("pinComment", {"on": True})):
        assert (await act(other, mutation, commentId=comment, **given))["code"] == "NOT_FOUND"
    assert row_counts(database_url) == before


async def test_who_is_named_is_told_with_where(easel: Installation, database_url: str) -> None:
    author, _ann, _bob = [await easel.signed_up(name) for name in ("yuna", "ann", "bob_2")]
    artwork = await published(author, database_url)
    text = "🌊 @ann님 ＠BOB_2, @nobody_here x@ann.com @ann"
    result = await act(author, "addComment", artworkId=artwork, text=text, idempotencyKey="1")

    told = [(each["user"]["handle"], each["offset"], each["length"]) for each in result["comment"]["mentions"]]

    assert told == [("ann", 3, 4), ("bob_2", 9, 6), ("ann", text.rindex("@ann") + 1, 4)]
    units = text.encode("utf-16-le")
    assert [units[2 * at : 2 * (at + length)].decode("utf-16-le") for _, at, length in told] == [
        "@ann",
        "＠BOB_2",
        "@ann",
    ]
    edited = await act(author, "editComment", commentId=result["comment"]["id"], text="only @bob_2")
    assert [each["user"]["handle"] for each in edited["comment"]["mentions"]] == ["bob_2"]
    many = await act(author, "addComment", artworkId=artwork, text="@ann " * 400, idempotencyKey="2")
    assert [each["offset"] for each in many["comment"]["mentions"]] == [5 * n for n in range(MAXIMUM_MENTIONS)]


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("@ann @bob", ["ann", "bob"]),
        ("(@ann), „@bob“!", ["ann", "bob"]),
        ("안녕@ann아", ["ann"]),
        ("a@ann b.@ann c+@ann @@ann _@ann", []),
        ("https://video.example/@ann video.example/@bob", []),
        ("@an @1ann @_ann @" + "a" * 31, []),
        ("@" + "a" * 30, ["a" * 30]),
    ],
)
def test_handles_are_told_from_addresses(text: str, handles: list[str]) -> None:
    assert [place.handle for place in places(text)] == handles


async def test_what_the_guard_blocks_is_not_written(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up(language="ko")
    artwork = await published(author, database_url)
    comment = await say(author, artwork, "before")
    for mutation, given in (
        ("addComment", {"artworkId": artwork, "idempotencyKey": "k"}),
        ("editComment", {"commentId": comment}),
    ):
        refused = await act(author, mutation, text="explicit sex", **given)
        assert (refused["code"], refused["reason"]) == ("CONTENT_BLOCKED", "SEXUAL_EXPLICIT")
        assert refused["path"] == ["input", "text"]
        assert refused["whatToChange"]
    assert sql(database_url, "SELECT text FROM comments") == [("before",)]
    assert sql(database_url, "SELECT reason FROM guard_decisions") == [("SEXUAL_EXPLICIT",)] * 2
    # people may talk of what must not be painted
    await say(author, artwork, "that severed head looks like Taylor Swift")


async def test_who_writes_too_much_has_to_wait(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up()
    artwork = await published(author, database_url)
    given = {"artworkId": artwork, "text": "first", "idempotencyKey": "first"}
    first = [(await act(author, "addComment", **given))["comment"]["id"] for _ in range(5)][-1]
    for number in range(19):
        await say(author, artwork, f"{number}")
    refused = await act(author, "addComment", artworkId=artwork, text="x", idempotencyKey="k")
    assert (refused["code"], refused["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    assert sql(database_url, "SELECT count(*) FROM comments") == [(20,)]

    # and what was written before is answered with, also when it is asked for again, and is no attempt
    for _ in range(2):
        assert (await act(author, "addComment", **given))["comment"]["id"] == first
    conflict = await act(author, "addComment", **given | {"text": "another"})
    assert conflict["code"] == "IDEMPOTENCY_CONFLICT"
