"""Content levels: given by prompts and sources, and which of others' pictures somebody sees by every path."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final
from uuid import UUID

import pytest

from conftest import install
from pictures_from_pictures import SMALL, a_picture, asked, images_of
from stored import new_asset, row_counts, sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

LEVELS: Final = ("GENERAL", "SENSITIVE", "MATURE")
EVERY_PATH: Final = """query($artwork: ID!, $asset: ID!, $comment: ID!, $derived: ID!, $ids: [ID!]!) {
  artwork(id: $artwork) { id }
  asArtwork: node(id: $artwork) { id }
  asAsset: node(id: $asset) { id ... on MediaAsset { url } }
  asComment: node(id: $comment) { id }
  asParent: node(id: $derived) { ... on MediaAsset { parent { id } } }
  nodes(ids: $ids) { id }
  feed { nodes { id image { url } images { url } } totalCount }
  user(handle: "bora") { artworks { nodes { id } totalCount } }
}"""
ALL_PATHS: Final = ["artwork", "asArtwork", "asAsset", "asComment", "asParent", "nodes", "feed", "user"]
CHOOSE: Final = """mutation($level: ContentLevel!) {
  updateContentPreferences(input: { maxContentLevel: $level }) {
    ... on UpdateContentPreferencesSuccess { viewer { id contentPreferences { maxContentLevel } } } } }"""
FEED: Final = "{ feed { nodes { title contentLevel } totalCount } }"
FOLLOW: Final = """subscription { feedEvents(kind: LATEST) { __typename
  ... on FeedSnapshot { feed { nodes { title } } }
  ... on FeedEdgeAdded { edge { node { title } } } ... on FeedEdgeRemoved { nodeId } } }"""


def picture(database_url: str, owner: GraphClient, level: str = "GENERAL", parent: str | None = None) -> str:
    """Store the row of a picture of this level."""
    asset = new_asset(database_url, owner.viewer_id)
    key, parent_key = (UUID(each.partition("_")[2]) if each else None for each in (asset, parent))
    sql(
        database_url, "UPDATE media_assets SET content_level = %s, parent_id = %s WHERE id = %s", level, parent_key, key
    )
    return asset


async def publish(author: GraphClient, *assets: str, title: str = "x") -> str:
    artwork: str = (await author.core("publish", {"assetIds": assets, "title": title}))["artwork"]["id"]
    return artwork


async def choose(client: GraphClient, level: str) -> None:
    result = (await client.data(CHOOSE, {"level": level}))["updateContentPreferences"]
    assert result["viewer"]["contentPreferences"] == {"maxContentLevel": level}


async def seen(client: GraphClient, ids: dict[str, str]) -> list[str]:
    """Return by which paths the client sees the artwork, its image, its comment, or of what another was made."""
    several = [ids["artwork"], ids["asset"], ids["comment"]]
    data = await client.data(EVERY_PATH, {**ids, "ids": several})
    data["nodes"] = [node for node in data["nodes"] if node]
    data["asParent"] = data["asParent"] and data["asParent"]["parent"]
    lists = {"feed": data["feed"], "user": data["user"]["artworks"]}
    for name, page in lists.items():
        data[name] = [node for node in page["nodes"] if node["id"] == ids["artwork"]]
        assert page["totalCount"] == len(page["nodes"])
    return [path for path, found in data.items() if found]


@pytest.mark.parametrize("level", LEVELS)
async def test_a_level_holds_by_every_path(easel: Installation, database_url: str, level: str) -> None:
    # given an artwork of this level with a comment, and a public picture that was made from its image
    author = await easel.signed_up("bora")
    asset = picture(database_url, author, level)
    artwork = await publish(author, asset)
    derived = picture(database_url, author, parent=asset)
    await publish(author, derived, title="derived")
    ((key,),) = sql(
        database_url,
        "INSERT INTO comments (id, artwork_id, author_id, text, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'nice', now()) RETURNING id",
        artwork.partition("_")[2],
        author.viewer_id.partition("_")[2],
    )
    ids = {"artwork": artwork, "asset": asset, "comment": f"comment_{key.hex}", "derived": derived}

    # then its author sees it always, and all others where they have chosen to
    assert await seen(author, ids) == ALL_PATHS
    assert await seen(easel.client(), ids) == (ALL_PATHS if level == "GENERAL" else [])
    other = await easel.signed_up()
    assert await seen(other, ids) == (ALL_PATHS if level == "GENERAL" else [])
    for chosen in ("SENSITIVE", "MATURE", "GENERAL"):
        await choose(other, chosen)
        expected = ALL_PATHS if LEVELS.index(level) <= LEVELS.index(chosen) else []
        assert await seen(other, ids) == expected, chosen


async def test_look_alikes_are_told_to_those_whom_they_suit(easel: Installation, database_url: str) -> None:
    # given pictures that look alike, all of them published, and one who has a picture of that look
    author, other = await easel.signed_up("bora"), await easel.signed_up()
    mine = picture(database_url, other)
    published = {level: picture(database_url, author, level) for level in LEVELS}
    for each in published.values():
        await publish(author, each)
    alike = """query($id: ID!) { similarAssets(assetId: $id) { totalCount nodes { asset { contentLevel } } } }"""

    for highest, chosen in enumerate(LEVELS):
        await choose(other, chosen)
        found = (await other.data(alike, {"id": mine}))["similarAssets"]
        assert {each["asset"]["contentLevel"] for each in found["nodes"]} == {*LEVELS[: highest + 1]}
        assert found["totalCount"] == highest + 1
    found = (await author.data(alike, {"id": published["GENERAL"]}))["similarAssets"]
    assert found["totalCount"] == 2, "one's own suit always, and others' private ones are told to nobody"


async def test_an_artwork_has_the_highest_level_of_its_images(easel: Installation, database_url: str) -> None:
    author = await easel.signed_up("bora")
    images = [picture(database_url, author, level) for level in ("GENERAL", "MATURE", "SENSITIVE")]

    artwork = await publish(author, *images)

    found = await author.data(
        "query($id: ID!) { artwork(id: $id) { contentLevel images { contentLevel } } }", {"id": artwork}
    )
    assert found["artwork"]["contentLevel"] == "MATURE"
    assert [each["contentLevel"] for each in found["artwork"]["images"]] == ["GENERAL", "MATURE", "SENSITIVE"]
    assert (await easel.client().data(FEED))["feed"] == {"nodes": [], "totalCount": 0}


async def test_streams_of_feeds_tell_each_viewer_of_what_suits_them(easel: Installation, database_url: str) -> None:
    author, other = await easel.signed_up("bora"), await easel.signed_up()
    await choose(other, "MATURE")
    await publish(author, picture(database_url, author, "MATURE"), title="early")

    async with other.socket() as mine, easel.client().socket() as theirs:
        streams = [aclosing(socket.subscribe(FOLLOW, {})) for socket in (mine, theirs)]
        async with streams[0] as chosen, streams[1] as stranger:
            snapshots = [(await anext(stream))["feedEvents"]["feed"]["nodes"] for stream in (chosen, stranger)]
            mature = await publish(author, picture(database_url, author, "MATURE"), title="mature")
            suits = [(await anext(chosen))["feedEvents"]]
            await author.data(
                "mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) { __typename } }", {"id": mature}
            )
            suits.append((await anext(chosen))["feedEvents"])
            await publish(author, picture(database_url, author), title="general")
            added = [(await anext(stream))["feedEvents"] for stream in (chosen, stranger)]

    assert snapshots == [[{"title": "early"}], []]
    assert suits == [
        {"__typename": "FeedEdgeAdded", "edge": {"node": {"title": "mature"}}},
        {"__typename": "FeedEdgeRemoved", "nodeId": mature},
    ]
    assert [each["edge"]["node"]["title"] for each in added] == ["general", "general"]


@pytest.fixture
def remembering(tmp_path: Path, spare_database_url: str, spare_redis_url: str) -> Iterator[Installation]:
    """Run an API that keeps answers for longer than any test takes."""
    easel = install(tmp_path, spare_database_url, spare_redis_url, ANSWER_CACHE_MS="600000")
    with easel.running("api"):
        yield easel


async def test_answers_that_are_kept_for_strangers_hold_nothing_that_others_chose_to_see(
    remembering: Installation,
) -> None:
    author, other, stranger = await remembering.signed_up("bora"), await remembering.signed_up(), remembering.client()
    await choose(other, "MATURE")
    await publish(author, picture(remembering.environment["DATABASE_URL"], author, "MATURE"))

    answers = [await client.data(FEED) for client in (author, other, stranger, other, stranger, author)]

    assert [answer["feed"]["totalCount"] for answer in answers] == [1, 1, 0, 1, 0, 1]


async def test_an_avatar_is_for_everybody(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up("bora")
    asset = picture(database_url, client, "SENSITIVE")
    before = row_counts(database_url)
    change = """mutation($id: ID!) { updateProfile(input: { displayName: "New", avatarAssetId: $id }) {
      ... on UserError { code path message } } }"""

    refusal = (await client.data(change, {"id": asset}))["updateProfile"]

    assert refusal == {
        "code": "INVALID_INPUT",
        "path": ["input", "avatarAssetId"],
        "message": "Everybody sees an avatar: choose a picture whose content level is GENERAL.",
    }
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT display_name, avatar_asset_id FROM users WHERE handle = 'bora'") == [
        ("Bora", None)
    ]


async def test_pictures_have_the_level_of_their_prompt_and_of_what_they_are_made_from(easel: Installation) -> None:
    client = await easel.signed_up()
    level = "query($id: ID!) { node(id: $id) { ... on MediaAsset { contentLevel } } }"

    async def level_of(asset: str) -> str:
        found: str = (await client.data(level, {"id": asset}))["node"]["contentLevel"]
        return found

    general, mature = await a_picture(client), await a_picture(client, "a nude statue")
    assert [await level_of(general), await level_of(mature)] == ["GENERAL", "MATURE"]
    varied = await asked(client, "submitGeneration", prompt="a blue hat", source={"assetId": mature}, **SMALL)
    similar = await asked(client, "submitGeneration", prompt="a bloody sword", references=[general], **SMALL)
    enlarged = await asked(client, "upscale", assetId=mature)
    for submitted, expected in ((varied, "MATURE"), (similar, "SENSITIVE"), (enlarged, "MATURE")):
        (asset,) = await images_of(client, submitted["job"]["id"])
        assert await level_of(asset) == expected


async def test_a_stranger_has_no_preferences(easel: Installation, database_url: str) -> None:
    await easel.signed_up()
    answer = await easel.client().post(CHOOSE, {"level": "MATURE"})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert sql(database_url, "SELECT DISTINCT content_level FROM users") == [("GENERAL",)]
