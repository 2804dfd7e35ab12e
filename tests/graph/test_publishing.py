"""Publishing: one's own finished images, once each, with texts and tags that can be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph_client import CORE
from stored import new_asset, row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

ONE = """query($id: ID!) { artwork(id: $id) {
  id title description tags visibility style likeCount commentCount prompt image { id } images { id } author { handle }
} }"""


@pytest.fixture
async def author(easel: Installation) -> GraphClient:
    return await easel.signed_up("yuna")


async def read(client: GraphClient, artwork_id: str) -> dict[str, Any]:
    result: dict[str, Any] = (await client.data(ONE, {"id": artwork_id}))["artwork"]
    return result


async def test_an_artwork_reads_as_it_was_published(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    images = [new_asset(database_url, author.viewer_id) for _ in range(20)]
    published = await author.core(
        "publish",
        {
            "assetIds": images,
            "title": "  바다 🌊 ",
            "description": " 첫 줄\n둘째 줄 ",
            "tags": ["#Sea", "바다", "sea", "ＳＥＡ", "हिन्दी", "ไทย", "snake_case", "#2026"],
        },
    )

    artwork = await read(easel.client(), published["artwork"]["id"])

    assert (artwork["title"], artwork["description"]) == ("바다 🌊", "첫 줄\n둘째 줄")
    assert artwork["tags"] == ["sea", "바다", "हिन्दी", "ไทย", "snake_case", "2026"]
    assert [image["id"] for image in artwork["images"]] == images
    assert artwork["image"]["id"] == images[0]
    assert (artwork["visibility"], artwork["style"], artwork["author"]) == ("PUBLIC", "anime", {"handle": "yuna"})
    assert (artwork["likeCount"], artwork["commentCount"]) == (0, 0)


async def test_only_public_artworks_are_counted(easel: Installation, author: GraphClient, database_url: str) -> None:
    image = new_asset(database_url, author.viewer_id)
    for visibility in ("PUBLIC", "UNLISTED", "PRIVATE", "PUBLIC"):
        await author.core("publish", {"assetIds": [image], "title": "x", "visibility": visibility})
    user = '{ user(handle: "yuna") { artworkCount artworks { totalCount nodes { visibility } } } }'
    assert (await easel.client().data(user))["user"] == {
        "artworkCount": 2,
        "artworks": {"totalCount": 2, "nodes": [{"visibility": "PUBLIC"}] * 2},
    }


BAD_VALUES: list[tuple[dict[str, Any], str, list[str]]] = [
    ({"assetIds": []}, "INVALID_INPUT", ["assetIds"]),
    ({"assetIds": ["own"] * 2}, "INVALID_INPUT", ["assetIds"]),
    ({"assetIds": ["many"]}, "INVALID_INPUT", ["assetIds"]),
    ({"assetIds": ["own", "pending"]}, "INVALID_INPUT", ["assetIds", "1"]),
    ({"assetIds": ["own", "failed"]}, "INVALID_INPUT", ["assetIds", "1"]),
    ({"assetIds": ["foreign"]}, "NOT_FOUND", ["assetIds", "0"]),
    ({"assetIds": ["own", "foreign"]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"assetIds": ["own", "asset_" + "0" * 32]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"assetIds": ["own", "user's"]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"assetIds": ["own", ""]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"assetIds": ["own", "\ud800"]}, "NOT_FOUND", ["assetIds", "1"]),
    ({"title": ""}, "INVALID_INPUT", ["title"]),
    ({"title": " \u3164 "}, "INVALID_INPUT", ["title"]),
    ({"title": "x" * 101}, "INVALID_INPUT", ["title"]),
    ({"title": "\0"}, "INVALID_INPUT", ["title"]),
    ({"title": "\ud800"}, "INVALID_INPUT", ["title"]),
    ({"description": "x" * 2_001}, "INVALID_INPUT", ["description"]),
    ({"description": "\0"}, "INVALID_INPUT", ["description"]),
    ({"tags": ["good", ""]}, "INVALID_INPUT", ["tags", "1"]),
    ({"tags": ["#"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["two words"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["##twice"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["a-b"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["🌊"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["a\0"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["\ud800"]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": ["x" * 51]}, "INVALID_INPUT", ["tags", "0"]),
    ({"tags": [f"tag{n}" for n in range(21)]}, "INVALID_INPUT", ["tags"]),
]


async def test_a_bad_value_is_named_and_nothing_is_written(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    # given images in every state, one's own and somebody else's
    stranger = await easel.signed_up()
    ids = {
        "own": new_asset(database_url, author.viewer_id),
        "pending": new_asset(database_url, author.viewer_id, "PENDING"),
        "failed": new_asset(database_url, author.viewer_id, "FAILED"),
        "foreign": new_asset(database_url, stranger.viewer_id),
        "user's": author.viewer_id,
    }
    many = [new_asset(database_url, author.viewer_id) for _ in range(21)]
    before, users = row_counts(database_url), sql(database_url, "SELECT * FROM users ORDER BY id")

    for change, code, path in BAD_VALUES:
        given: dict[str, Any] = {"assetIds": ["own"], "title": "x", "tags": ["good"]} | change
        named = [ids.get(name, name) for name in given["assetIds"]]
        refused = await author.core("publish", given | {"assetIds": many if named == ["many"] else named})
        assert (refused.get("code"), refused.get("path")) == (code, ["input", *path]), change

    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM users ORDER BY id") == users


async def test_the_outermost_good_values_are_taken(author: GraphClient, database_url: str) -> None:
    image = new_asset(database_url, author.viewer_id)
    for change in (
        {"title": "제" * 100},
        {"description": "x" * 2_000},
        {"description": ""},
        {"tags": [f"tag{n}" for n in range(20)]},
        {"tags": ["x" * 50]},
        {"tags": ["same", "#SAME"] * 11},
    ):
        published = await author.core("publish", {"assetIds": [image], "title": "x"} | change)
        assert "artwork" in published, (change, published)


UNPUBLISH = """mutation($id: ID!) { unpublishArtwork(input: {artworkId: $id}) {
  ... on UnpublishArtworkSuccess { artwork { id visibility } } ... on UserError { code path } } }"""


async def test_what_is_unpublished_is_its_authors_alone(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    image, stranger = new_asset(database_url, author.viewer_id), await easel.signed_up()
    counted, kept = [
        (await author.core("publish", {"assetIds": [image], "title": "x", "visibility": visibility}))["artwork"]["id"]
        for visibility in ("PUBLIC", "UNLISTED")
    ]

    # when it is taken back, twice
    for artwork in (counted, counted, kept):
        answer = (await author.data(UNPUBLISH, {"id": artwork}))["unpublishArtwork"]
        assert answer == {"artwork": {"id": artwork, "visibility": "PRIVATE"}}

    # then only the author sees it, and it is counted no more
    for client in (stranger, easel.client()):
        assert (await client.data(ONE, {"id": counted}))["artwork"] is None
        assert (await client.data("{ feed(kind: LATEST) { nodes { id } } }"))["feed"]["nodes"] == []
    assert (await read(author, counted))["visibility"] == "PRIVATE"
    assert sql(database_url, "SELECT artwork_count FROM users WHERE handle = 'yuna'") == [(0,)]


async def test_what_is_not_ones_own_can_not_be_unpublished(
    easel: Installation, author: GraphClient, database_url: str
) -> None:
    image, stranger = new_asset(database_url, author.viewer_id), await easel.signed_up()
    artwork = (await author.core("publish", {"assetIds": [image], "title": "x"}))["artwork"]["id"]
    before = sql(database_url, "SELECT * FROM artworks"), sql(database_url, "SELECT * FROM users ORDER BY id")

    for key in (artwork, "artwork_" + "0" * 32, author.viewer_id, "", "\ud800"):
        refused = (await stranger.data(UNPUBLISH, {"id": key}))["unpublishArtwork"]
        assert refused == {"code": "NOT_FOUND", "path": ["input", "artworkId"]}
    answer = await easel.client().post(UNPUBLISH, {"id": artwork})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]

    assert (sql(database_url, "SELECT * FROM artworks"), sql(database_url, "SELECT * FROM users ORDER BY id")) == before


async def test_strangers_can_not_publish(easel: Installation, author: GraphClient, database_url: str) -> None:
    image = new_asset(database_url, author.viewer_id)
    before = row_counts(database_url)
    answer = await easel.client().post(CORE["publish"], {"input": {"assetIds": [image], "title": "x"}})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    assert row_counts(database_url) == before
