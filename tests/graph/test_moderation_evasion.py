"""Ways around moderation that lead nowhere: editing what is there, the trash, hidden things that still name people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from court import ERROR, PUBLISH, TAKE, Court, court
from domain import policies, removing, trash
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.anyio

UPDATE = f"""mutation($input: UpdateArtworkInput!) {{ updateArtwork(input: $input) {{
  ... on UpdateArtworkSuccess {{ artwork {{ id visibility }} }} {ERROR} }} }}"""
DELETE = f"""mutation($input: DeleteArtworkInput!) {{ deleteArtwork(input: $input) {{
  ... on DeleteArtworkSuccess {{ deletedId }} {ERROR} }} }}"""
COMMENT = f"""mutation($input: AddCommentInput!) {{ addComment(input: $input) {{
  ... on AddCommentSuccess {{ comment {{ id }} }} {ERROR} }} }}"""
EDIT = f"""mutation($input: EditCommentInput!) {{ editComment(input: $input) {{
  ... on EditCommentSuccess {{ comment {{ id }} }} ... on Restricted {{ until }} {ERROR} }} }}"""
TRASH = f"""mutation($input: DeleteMediaInput!) {{ deleteMedia(input: $input) {{
  ... on DeleteMediaSuccess {{ deletedId }} {ERROR} }} }}"""
RESTORE = f"""mutation($input: RestoreMediaInput!) {{ restoreMedia(input: $input) {{
  ... on RestoreMediaSuccess {{ media {{ id }} }} {ERROR} }} }}"""
NOTES = (
    "SELECT kind, recipient_id, is_withdrawn FROM notification_notes WHERE kind IN ('COMMENT', 'MENTION') ORDER BY id"
)


@pytest.fixture
async def place(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


async def said(place: Court, who: str, artwork: str, text: str) -> str:
    """Return a new comment."""
    given = {"artworkId": artwork, "text": text, "idempotencyKey": text}
    found: str = (await place.ask(COMMENT, who, **given))["comment"]["id"]
    return found


async def swept(place: Court, errand: Callable[[AsyncSession], Awaitable[object]]) -> None:
    async with place.graph.services.db.write() as tx:
        await errand(tx)


async def test_the_restricted_show_nothing_new_in_what_is_shown_already(place: Court) -> None:
    # given somebody with an artwork in each state, and a comment, who is restricted
    user = await place.user()
    public, unlisted, private = [
        await place.artwork(user, visibility=each) for each in ("PUBLIC", "UNLISTED", "PRIVATE")
    ]
    comment = await said(place, user, await place.artwork(await place.user()), "nice")
    await place.judged(user, "RESTRICT", restrictUntil=(datetime.now(UTC) + timedelta(days=3)).isoformat())
    asset = place.asset(user)
    before = row_counts(place.database_url)

    # when they rewrite it, or let more people see it, then they are refused
    tried: list[dict[str, Any]] = [
        {"artworkId": public, "title": "buy here"},
        {"artworkId": public, "description": "buy here"},
        {"artworkId": unlisted, "tags": ["spam"]},
        {"artworkId": public, "assetIds": [asset]},
        {"artworkId": unlisted, "visibility": "PUBLIC"},
        {"artworkId": private, "visibility": "UNLISTED"},
        {"artworkId": private, "title": "buy here", "visibility": "PUBLIC"},
    ]
    for each in tried:
        assert (await place.ask(UPDATE, user, **each))["code"] == "RESTRICTED", each
    assert (await place.ask(EDIT, user, commentId=comment, text="buy here"))["code"] == "RESTRICTED"
    assert row_counts(place.database_url) == before
    assert sql(place.database_url, "SELECT DISTINCT title FROM artworks") == [("x",)]
    assert sql(place.database_url, "SELECT text FROM comments") == [("nice",)]

    # and what nobody else sees, or fewer do, is theirs to change
    for each in (
        {"artworkId": private, "title": "mine"},
        {"artworkId": public, "visibility": "UNLISTED"},
        {"artworkId": unlisted, "title": "away", "visibility": "PRIVATE"},
    ):
        assert "artwork" in await place.ask(UPDATE, user, **each), each


async def test_a_removed_picture_does_not_come_back_out_of_the_trash(place: Court) -> None:
    # given an author who puts a reported picture into the trash before a moderator looks
    author = await place.user()
    asset = place.asset(author)
    artwork = await place.artwork(author, asset, place.asset(author))
    case = await place.case(artwork)
    assert "deletedId" in await place.ask(TRASH, author, assetId=asset)
    decision = (await place.decide(place.mods[0], case, "REMOVED", "REMOVE"))["decision"]["id"]
    before = row_counts(place.database_url)

    # when they take it out again
    refused = await place.ask(RESTORE, author, assetId=asset)

    # then it stays there
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "assetId"])
    assert row_counts(place.database_url) == before
    status = "SELECT status FROM media_assets WHERE id = %s"
    assert sql(place.database_url, status, key_in(asset)) == [("TRASHED",)]

    # and once the decision is overturned, it is theirs to restore
    await place.appeal(author, decision)
    await place.decide(place.mods[1], case, "OVERTURNED", "NONE")
    assert sql(place.database_url, status, key_in(asset)) == [("TRASHED",)]
    assert (await place.ask(RESTORE, author, assetId=asset))["media"] == {"id": asset}


async def test_what_was_reported_is_judged_wherever_its_author_has_put_it(place: Court) -> None:
    # given two artworks that are reported: one then shows another picture, the first one being deleted; one is deleted
    author = await place.user()
    first, other, kept = [place.asset(author) for _ in range(3)]
    swapped, deleted = await place.artwork(author, first), await place.artwork(author, kept)
    cases = [await place.case(each) for each in (swapped, deleted)]
    assert "artwork" in await place.ask(UPDATE, author, artworkId=swapped, assetIds=[other])
    assert "deletedId" in await place.ask(TRASH, author, assetId=first)
    assert "deletedId" in await place.ask(DELETE, author, artworkId=deleted)
    await swept(place, removing.remove_some)
    assert sql(place.database_url, "SELECT count(*) FROM artworks") == [(1,)]

    # when a moderator looks more than a week later, then the pictures are still there to look at
    sql(place.database_url, "UPDATE media_assets SET trashed_at = trashed_at - interval '8 days'")
    await swept(place, trash.purge_overdue)
    document = "query($id: ID!) { node(id: $id) { ... on ModerationCase { images { id url } } } }"
    seen = [(await place.graph.run(document, {"id": each}, place.mods[0]))["node"]["images"] for each in cases]
    assert [{image["id"] for image in images} for images in seen] == [{first, other}, {kept}]

    # and what is removed is, with a strike for each
    for case in cases:
        assert "decision" in await place.decide(place.mods[0], case, "REMOVED", "REMOVE")
    status = "SELECT status FROM media_assets WHERE id = ANY(%s) ORDER BY id"
    keys = sorted(map(key_in, (first, other, kept)))
    assert sorted(sql(place.database_url, status, keys)) == [("HIDDEN",), ("HIDDEN",), ("TRASHED",)]
    assert (await place.ask(PUBLISH, author, assetIds=[kept], title="x"))["code"] == "INVALID_INPUT"
    sql(place.database_url, "UPDATE media_assets SET trashed_at = now() WHERE status = 'TRASHED'")
    assert (await place.ask(RESTORE, author, assetId=first))["code"] == "INVALID_INPUT"
    assert row_counts(place.database_url)["strikes"] == 2

    # and then nothing waits for a moderator any more
    sql(place.database_url, "UPDATE media_assets SET trashed_at = trashed_at - interval '8 days'")
    await swept(place, trash.purge_overdue)
    assert sorted(sql(place.database_url, status, keys)) == [("HIDDEN",), ("HIDDEN",), ("PURGED",)]


async def test_what_is_hidden_notifies_nobody(place: Court) -> None:
    author, commenter, named = await place.user("bora"), await place.user(), await place.user("mina")
    artwork = await place.artwork(author)
    comment = await said(place, commenter, artwork, "nice")
    sql(place.database_url, "DELETE FROM notification_notes")

    # when it is hidden, what was noted of it is taken back, and a rewriting of it names nobody
    result = await place.judged(comment)
    assert sql(place.database_url, NOTES) == [("COMMENT", key_in(author), True)]
    assert "comment" in await place.ask(EDIT, commenter, commentId=comment, text="nice, @mina")
    assert sql(place.database_url, NOTES) == [("COMMENT", key_in(author), True)]

    # and once it is shown again, both hear of it
    sql(place.database_url, "DELETE FROM notification_notes")
    await place.appeal(commenter, result["decision"]["id"])
    await place.decide(place.mods[1], result["case"]["id"], "OVERTURNED", "NONE")
    shown = {row[:2] for row in sql(place.database_url, NOTES)}
    assert shown == {("COMMENT", key_in(author)), ("MENTION", key_in(named))}

    # and under an artwork that is hidden, its author names nobody
    await place.judged(artwork)
    sql(place.database_url, "DELETE FROM notification_notes")
    await said(place, author, artwork, "look, @mina")
    assert sql(place.database_url, NOTES) == []


async def test_a_strike_taken_back_leaves_what_the_others_lead_to(place: Court) -> None:
    # given four strikes, the last of which restricts for a month
    user = await place.user()
    things = [await place.artwork(user) for _ in range(4)]
    results = [await place.judged(each) for each in things]
    ends = "SELECT until - now() FROM restrictions WHERE lifted_at IS NULL AND until > now() ORDER BY until"

    # when an appeal takes the first one back
    await place.appeal(user, results[0]["decision"]["id"])
    await place.decide(place.mods[1], results[0]["case"]["id"], "OVERTURNED", "NONE")

    # then three are left, and the restriction is as long as three lead to
    left = [row[0] for row in sql(place.database_url, ends)]
    assert len(left) == 2
    assert all(timedelta(days=6, hours=23) < each <= policies.LADDER[3] for each in left)
    last = "SELECT action FROM audit_entries ORDER BY id DESC LIMIT 3"
    assert {row[0] for row in sql(place.database_url, last)} == {
        "CASE_DECIDED",
        "RESTRICTION_LIFTED",
        "USER_RESTRICTED",
    }


async def test_nobody_keeps_a_case_that_they_may_not_decide(place: Court) -> None:
    one, other = place.mods
    author = await place.user()
    case = await place.case(await place.artwork(author), one)
    before = row_counts(place.database_url)
    assert (await place.ask(TAKE, one, caseId=case))["code"] == "FORBIDDEN"
    assert row_counts(place.database_url) == before

    # nor the appeal against what they have decided themselves
    result = await place.judged(await place.artwork(author))
    await place.appeal(author, result["decision"]["id"])
    before = row_counts(place.database_url)
    assert (await place.ask(TAKE, one, caseId=result["case"]["id"]))["code"] == "FORBIDDEN"
    assert row_counts(place.database_url) == before
    assert "case" in await place.ask(TAKE, other, caseId=result["case"]["id"])


async def test_a_moderator_does_not_learn_who_decided_about_them(place: Court) -> None:
    one, other = place.mods
    artwork = await place.artwork(one)
    await place.decide(other, await place.case(artwork), "UPHELD", "WARN")
    document = "query($id: ID!) { node(id: $id) { ... on Artwork { moderation { effect actor { id } } } } }"
    told = (await place.graph.run(document, {"id": artwork}, one))["node"]["moderation"]
    assert told == {"effect": "WARN", "actor": None}
    told = (await place.graph.run(document, {"id": artwork}, other))["node"]["moderation"]
    assert told == {"effect": "WARN", "actor": {"id": other}}
