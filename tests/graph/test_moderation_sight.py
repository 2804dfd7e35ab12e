"""What is hidden is its author's to see, and moderators': the same by every path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from court import Court, court
from people import key_in
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path) as opened:
        yield opened


PATHS = """query($artwork: ID!, $asset: ID!, $comment: ID!, $twin: ID!, $ids: [ID!]!, $in: Boolean!) {
  artwork(id: $artwork) { id }
  asArtwork: node(id: $artwork) { id }
  asAsset: node(id: $asset) { id }
  asComment: node(id: $comment) { id }
  nodes(ids: $ids) { id }
  feed { nodes { id } }
  user(handle: "bora") { artworks { nodes { id } } }
  similarAssets(assetId: $twin) @include(if: $in) { nodes { asset { id } } }
}"""
BY_LINK = ["artwork", "asArtwork", "asAsset", "asComment", "nodes"]
LISTS = ["feed", "user"]


async def seen(place: Court, who: str | None, ids: dict[str, str]) -> list[str]:
    """Return by which paths somebody sees the artwork, its picture or its comment."""
    wanted = [ids[name] for name in ("artwork", "asset", "comment")]
    data = await place.graph.run(PATHS, {**ids, "ids": wanted, "in": who is not None}, who)
    data["nodes"] = [node for node in data["nodes"] if node]
    data["user"] = data["user"]["artworks"]
    data.setdefault("similarAssets", {"nodes": []})  # only who is signed in may ask
    data["similarAssets"]["nodes"] = [node["asset"] for node in data["similarAssets"]["nodes"]]
    for name in ("feed", "user", "similarAssets"):
        data[name] = [node for node in data[name]["nodes"] if node["id"] in wanted]
    return [path for path, found in data.items() if found]


@pytest.mark.parametrize(
    ("effect", "for_author", "for_moderator"),
    [
        (None, [*BY_LINK, *LISTS, "similarAssets"], [*BY_LINK, *LISTS, "similarAssets"]),
        ("HIDE", [*BY_LINK, "similarAssets"], ["artwork", "asArtwork", "asAsset", "nodes"]),
        ("REMOVE", ["artwork", "asArtwork", "asComment", "nodes"], ["artwork", "asArtwork", "asAsset", "nodes"]),
    ],
)
async def test_a_hidden_artwork_is_hidden_by_every_path(
    place: Court, effect: str | None, for_author: list[str], for_moderator: list[str]
) -> None:
    # given an artwork with a comment of somebody else's, a follower, and a picture that looks the same
    author, follower, commenter = await place.user("bora"), await place.user(), await place.user()
    asset, twin = place.asset(author), place.asset(author)
    artwork = await place.artwork(author, asset)
    await place.artwork(author, twin)
    ids = {"artwork": artwork, "asset": asset, "comment": place.comment(commenter, artwork), "twin": twin}
    statement = "INSERT INTO follows (follower_id, followee_id, created_at) VALUES (%s, %s, now())"
    sql(place.database_url, statement, key_in(follower), key_in(author))

    # when a moderator acts on it, or nobody does
    if effect:
        await place.judged(artwork, effect)

    # then each sees it where they may
    assert await seen(place, None, ids) == ([] if effect else [*BY_LINK, *LISTS])
    for who in (follower, commenter):
        assert await seen(place, who, ids) == ([] if effect else [*BY_LINK, *LISTS, "similarAssets"]), who
    assert await seen(place, author, ids) == for_author
    for who in place.mods:
        assert await seen(place, who, ids) == for_moderator


async def test_moderators_see_what_cases_are_about_and_no_more(place: Court) -> None:
    author = await place.user()
    asset = place.asset(author)
    artwork = await place.artwork(author, asset)
    node = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    unpublish = """mutation($input: UnpublishArtworkInput!) { unpublishArtwork(input: $input) {
      ... on UnpublishArtworkSuccess { artwork { id } } } }"""

    async def looks(who: str | None) -> list[str]:
        found = (await place.graph.run(node, {"ids": [artwork, asset]}, who))["nodes"]
        return [each["id"] for each in found if each]

    # what they would not see otherwise they see once it has been reported, also where it is private then
    sql(place.database_url, "UPDATE artworks SET content_level = 'MATURE'")
    sql(place.database_url, "UPDATE media_assets SET content_level = 'MATURE'")
    assert await looks(place.mods[0]) == []
    reporter = await place.user()
    sql(place.database_url, "UPDATE users SET content_level = 'MATURE' WHERE id = %s", key_in(reporter))
    await place.case(artwork, reporter)
    assert await looks(place.mods[0]) == [artwork, asset]
    await place.ask(unpublish, author, artworkId=artwork)
    assert await looks(place.mods[0]) == [artwork, asset]
    assert await looks(reporter) == []
    assert await looks(await place.user()) == await looks(None) == []


async def test_a_hidden_comment_leaves_lists_and_counts(place: Court) -> None:
    author, commenter, other = await place.user("bora"), await place.user(), await place.user()
    artwork = await place.artwork(author)
    comment, kept = place.comment(commenter, artwork), place.comment(commenter, artwork)
    shown = "query($id: ID!) { artwork(id: $id) { commentCount comments { nodes { id } } } }"

    async def comments(who: str | None) -> tuple[int, set[str]]:
        found = (await place.graph.run(shown, {"id": artwork}, who))["artwork"]
        return found["commentCount"], {each["id"] for each in found["comments"]["nodes"]}

    result = await place.judged(comment)
    for who in (author, other, None, place.mods[0]):
        assert await comments(who) == (1, {kept})
    assert await comments(commenter) == (1, {comment, kept})
    node = "query($id: ID!) { node(id: $id) { id } }"
    for who in (other, None, author):
        assert (await place.graph.run(node, {"id": comment}, who))["node"] is None
    assert (await place.graph.run(node, {"id": comment}, place.mods[1]))["node"] == {"id": comment}

    # and is there again, once that was wrong
    await place.appeal(commenter, result["decision"]["id"])
    await place.decide(place.mods[1], result["case"]["id"], "OVERTURNED", "NONE")
    assert await comments(None) == (2, {comment, kept})


TOLD = """query($id: ID!) { node(id: $id) { ... on Moderated { contentLevel moderation { effect outcome message note
  viewerCanAppeal actor { id } subject { ... on Artwork { id } } } } } }"""


async def test_its_author_is_told_why_it_is_hidden(place: Court) -> None:
    author = await place.user()
    artwork = await place.artwork(author)
    untouched = await place.artwork(author)
    await place.judged(artwork, text="Please leave out the slogan.")

    async def told(who: str | None, thing: str) -> Any:  # noqa: ANN401 - an answer
        return (await place.graph.run(TOLD, {"id": thing}, who))["node"]

    why: dict[str, Any] = {"effect": "HIDE", "outcome": "UPHELD", "note": "Please leave out the slogan."}
    why |= {"message": "This is hidden from others. It incites hatred.", "subject": {"id": artwork}}
    own = why | {"viewerCanAppeal": True, "actor": None}
    assert await told(author, artwork) == {"contentLevel": "GENERAL", "moderation": own}
    desk = why | {"viewerCanAppeal": False, "actor": {"id": place.mods[0]}}
    assert (await told(place.mods[1], artwork))["moderation"] == desk
    assert await told(await place.user(), artwork) is None
    assert (await told(author, untouched))["moderation"] is None
    # others are told nothing of what was found to be in order
    await place.judged(untouched, "NONE")
    assert (await told(author, untouched))["moderation"]["outcome"] == "OVERTURNED"
    assert (await told(await place.user(), untouched))["moderation"] is None
