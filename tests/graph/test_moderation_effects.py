"""What decisions do, all at once, and that what an appeal overturns is exactly as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from court import PUBLISH, Court, court
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

HANG = """mutation($input: UpdateProfileInput!) { updateProfile(input: $input) {
  ... on UpdateProfileSuccess { viewer { id } } ... on UserError { code } } }"""
STATE = """SELECT a.hidden_at IS NULL, a.content_level, a.visibility, u.artwork_count, u.avatar_asset_id,
  (SELECT array_agg((m.id, m.status, m.content_level, m.is_primary)::text ORDER BY m.id) FROM media_assets m),
  (SELECT g.image_count FROM galleries g WHERE g.id = u.id),
  (SELECT count(*) FROM strikes s WHERE s.taken_back_at IS NULL),
  (SELECT count(*) FROM restrictions r WHERE r.lifted_at IS NULL)
  FROM artworks a JOIN users u ON u.id = a.author_id WHERE a.id = %s"""


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path) as opened:
        yield opened


def state(place: Court, artwork: str) -> Any:  # noqa: ANN401 - a row
    (row,) = sql(place.database_url, STATE, key_in(artwork))
    return row


SOON = {"restrictUntil": (datetime.now(UTC) + timedelta(days=2)).isoformat()}


@pytest.mark.parametrize(
    ("effect", "more", "changed"),
    [
        ("WARN", {}, {}),
        ("WARN", SOON, {8: 1}),
        ("HIDE", {}, {0: False, 3: 0, 7: 1}),
        ("HIDE", SOON, {0: False, 3: 0, 7: 1, 8: 1}),
        ("RESTRICT", SOON, {7: 1, 8: 1}),
        ("RELABEL", {"contentLevel": "MATURE"}, {1: "MATURE", 4: None, 5: ["MATURE"] * 2}),
        ("REMOVE", {}, {0: False, 3: 0, 4: None, 5: ["HIDDEN"] * 2, 6: 0, 7: 1}),
    ],
)
async def test_an_appeal_undoes_exactly_what_was_done(
    place: Court, effect: str, more: dict[str, Any], changed: dict[int, Any]
) -> None:
    # given an artwork of two pictures, one of which is its author's avatar
    author = await place.user()
    avatar = place.asset(author)
    assert "viewer" in await place.ask(HANG, author, avatarAssetId=avatar)
    artwork = await place.artwork(author, avatar, place.asset(author))
    before = state(place, artwork)
    assert before[3:5] == (1, key_in(avatar))

    # when a moderator acts on it
    result = await place.judged(artwork, effect, **more)

    # then all that follows is done
    after = state(place, artwork)
    for index, value in enumerate(after):
        if index == 5 and 5 in changed:
            assert all(word in text for word, text in zip(changed[5], value, strict=True))
        else:
            assert value == changed.get(index, before[index]), index

    # and undone by an appeal; but for who stands for a gallery that had nobody else
    await place.appeal(author, result["decision"]["id"])
    decided = await place.decide(place.mods[1], result["case"]["id"], "OVERTURNED", "NONE")
    assert decided["case"]["status"] == "OVERTURNED"
    assert state(place, artwork) == before


async def test_a_picture_that_is_relabelled_takes_along_the_artworks_that_show_it(place: Court) -> None:
    # given a picture that stands beside another one in an artwork, and alone in one that is reported
    author = await place.user()
    asset = place.asset(author)
    beside, alone = await place.artwork(author, place.asset(author), asset), await place.artwork(author, asset)
    levels = "SELECT content_level FROM artworks ORDER BY created_at"
    for subject in (asset, alone):
        # when the picture, or an artwork of it, is of a higher level, then so is whatever shows it
        result = await place.judged(subject, "RELABEL", contentLevel="MATURE")
        assert sql(place.database_url, levels) == [("MATURE",)] * 2
        read = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
        assert (await place.graph.run(read, {"ids": [beside, alone]}))["nodes"] == [None, None]
        # and all of it is undone together
        await place.appeal(author, result["decision"]["id"])
        await place.decide(place.mods[1], result["case"]["id"], "OVERTURNED", "NONE")
        assert sql(place.database_url, levels) == [("GENERAL",)] * 2


async def test_what_two_decisions_hide_is_seen_once_both_are_undone(place: Court) -> None:
    # given one picture in two artworks, both removed
    author = await place.user()
    asset = place.asset(author)
    artworks = [await place.artwork(author, asset) for _ in range(2)]
    results = [await place.judged(artwork, "REMOVE") for artwork in artworks]
    hidden = "SELECT status FROM media_assets"
    # when one after the other is overturned
    for result, status in zip(results, ("HIDDEN", "READY"), strict=True):
        await place.appeal(author, result["decision"]["id"])
        await place.decide(place.mods[1], result["case"]["id"], "OVERTURNED", "NONE")
        assert sql(place.database_url, hidden) == [(status,)]


async def test_removed_pictures_can_not_be_published_again(place: Court) -> None:
    author = await place.user()
    asset = place.asset(author)
    await place.judged(await place.artwork(author, asset), "REMOVE")
    before = row_counts(place.database_url)
    refused = await place.ask(PUBLISH, author, assetIds=[asset], title="again")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "assetIds", "0"])
    assert row_counts(place.database_url) == before


async def test_a_hidden_artwork_stays_so_whatever_its_author_does(place: Court) -> None:
    author = await place.user()
    artwork = await place.artwork(author)
    await place.judged(artwork)
    unpublish = """mutation($input: UnpublishArtworkInput!) { unpublishArtwork(input: $input) {
      ... on UnpublishArtworkSuccess { artwork { visibility } } } }"""
    await place.ask(unpublish, author, artworkId=artwork)
    assert state(place, artwork)[:4] == (False, "GENERAL", "PRIVATE", 0)


async def test_what_is_gone_can_be_judged_but_not_hidden(place: Court) -> None:
    author = await place.user()
    case = await place.case(place.comment(author, await place.artwork(author)))
    sql(place.database_url, "DELETE FROM comments")
    queue = "{ moderationQueue { nodes { subject { __typename } images { id } } } }"
    (waiting,) = (await place.graph.run(queue, None, place.mods[0]))["moderationQueue"]["nodes"]
    assert waiting == {"subject": None, "images": []}
    before = row_counts(place.database_url)
    for decision, effect in (("UPHELD", "HIDE"), ("REMOVED", "REMOVE")):
        refused = await place.decide(place.mods[0], case, decision, effect)
        assert (refused["message"], refused["path"]) == ("This is not there any more.", ["input", "effect"])
    assert row_counts(place.database_url) == before
    assert (await place.decide(place.mods[0], case, "UPHELD", "WARN"))["case"]["status"] == "UPHELD"


async def test_a_decision_takes_the_place_of_what_reports_had_hidden(place: Court) -> None:
    # given a thing that five people have reported
    author = await place.user()
    artwork = await place.artwork(author)
    people = [await place.user() for _ in range(5)]
    place.age(*people)
    case = [(await place.report(who, artwork))["report"]["caseId"] for who in people][-1]
    assert state(place, artwork)[0] is False
    # when a moderator only warns
    decision = (await place.decide(place.mods[0], case, "UPHELD", "WARN"))["decision"]
    # then it is seen again, and its author may appeal the warning
    assert state(place, artwork)[:4] == (True, "GENERAL", "PUBLIC", 1)
    assert (await place.appeal(author, decision["id"]))["appeal"]["decision"]["id"] == decision["id"]
