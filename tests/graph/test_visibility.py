"""Who may see an artwork, its images and its prompt: the same answer by every path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from graph_client import http_client
from stored import new_asset, sql

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

EVERY_PATH = """query($artwork: ID!, $asset: ID!, $comment: ID!, $ids: [ID!]!) {
  artwork(id: $artwork) { id }
  asArtwork: node(id: $artwork) { id }
  asAsset: node(id: $asset) { id }
  asComment: node(id: $comment) { id }
  nodes(ids: $ids) { id }
  feed { nodes { id } }
  user(handle: "bora") { artworks { nodes { id } } }
}"""


async def seen(client: GraphClient, artwork: str, asset: str, comment: str) -> list[str]:
    """Return by which paths the client sees the artwork, its image, or its comment."""
    ids = [artwork, asset, comment]
    data = await client.data(EVERY_PATH, {"artwork": artwork, "asset": asset, "comment": comment, "ids": ids})
    data["nodes"] = [node for node in data["nodes"] if node]
    data["feed"], data["user"] = data["feed"]["nodes"], data["user"]["artworks"]["nodes"]
    return [path for path, found in data.items() if found]


BY_LINK = ["artwork", "asArtwork", "asAsset", "asComment", "nodes"]


@pytest.mark.parametrize(
    ("visibility", "for_author", "for_others"),
    [
        ("PUBLIC", [*BY_LINK, "feed", "user"], [*BY_LINK, "feed", "user"]),
        ("UNLISTED", BY_LINK, BY_LINK),
        ("PRIVATE", BY_LINK, []),
    ],
)
async def test_visibility_holds_by_every_path(
    easel: Installation, database_url: str, visibility: str, for_author: list[str], for_others: list[str]
) -> None:
    # given an artwork with a comment
    author, other = await easel.signed_up("bora"), await easel.signed_up()
    asset = new_asset(database_url, author.viewer_id)
    given = {"assetIds": [asset], "title": "x", "visibility": visibility}
    artwork = (await author.core("publish", given))["artwork"]["id"]
    ((key,),) = sql(
        database_url,
        "INSERT INTO comments (id, artwork_id, author_id, text, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 'nice', now()) RETURNING id",
        artwork.partition("_")[2],
        author.viewer_id.partition("_")[2],
    )
    ids = (artwork, asset, f"comment_{key.hex}")

    # then each sees it where they may
    assert await seen(author, *ids) == for_author
    assert await seen(other, *ids) == for_others
    assert await seen(easel.client(), *ids) == for_others


async def test_an_image_that_is_not_published_is_its_owners_alone(easel: Installation, database_url: str) -> None:
    author, other = await easel.signed_up("bora"), await easel.signed_up()
    asset = new_asset(database_url, author.viewer_id)
    node = "query($id: ID!) { node(id: $id) { id } }"
    assert (await author.data(node, {"id": asset}))["node"] == {"id": asset}
    assert (await other.data(node, {"id": asset}))["node"] is None
    assert (await easel.client().data(node, {"id": asset}))["node"] is None


PICTURE = """query($id: ID!) { artwork(id: $id) { prompt image {
  url original: url(variant: ORIGINAL) saved: url(variant: ORIGINAL, download: true)
  full: url(variant: FULL) card: url(variant: CARD) thumb: url(variant: THUMB)
} } }"""
SECRET = "a lighthouse nobody may know of"


@pytest.mark.parametrize("prompt_visibility", ["PUBLIC", "PRIVATE"])
async def test_the_prompt_is_the_authors_and_so_is_the_file_that_holds_it(
    easel: Installation, prompt_visibility: str
) -> None:
    # given a painted and published image
    author, other = await easel.signed_up("bora"), await easel.signed_up()
    job_id = (await author.submit(SECRET, "1", count=1, steps=1))["job"]["id"]
    events = [event async for event in author.watch(job_id)]
    (asset,) = [event["slot"]["image"]["id"] for event in events if event["__typename"] == "GenerationImageReady"]
    given = {"assetIds": [asset], "title": "x", "promptVisibility": prompt_visibility}
    artwork = (await author.core("publish", given))["artwork"]["id"]

    async def files(client: GraphClient) -> tuple[str | None, dict[str, tuple[str, bytes]]]:
        found: dict[str, Any] = (await client.data(PICTURE, {"id": artwork}))["artwork"]
        fetched = {}
        async with http_client() as http:
            for name, url in found["image"].items():
                response = await http.get(url)
                assert response.status_code == 200
                fetched[name] = (response.headers["content-type"], response.content)
        return found["prompt"], fetched

    # then the author has the original, with the prompt in it
    prompt, own = await files(author)
    assert prompt == SECRET
    assert own["url"] == own["original"] == own["saved"]
    assert own["original"][0] == "image/png"
    assert SECRET.encode() in own["original"][1]

    # and others have what they may know of it, and pictures that tell nothing
    for client in (other, easel.client()):
        prompt, public = await files(client)
        assert prompt == (SECRET if prompt_visibility == "PUBLIC" else None)
        assert public["url"] == public["original"] == public["saved"] == public["full"] == own["full"]
        assert {content_type for content_type, _ in public.values()} == {"image/webp"}
        assert not [name for name, (_, data) in public.items() if SECRET.encode() in data or b"lighthouse" in data]


async def test_a_link_to_one_file_is_no_link_to_another(easel: Installation) -> None:
    author = await easel.signed_up("bora")
    job_id = (await author.submit(SECRET, "1", count=1, steps=1))["job"]["id"]
    _ = [event async for event in author.watch(job_id)]
    asset = (await author.data("{ viewer { assets { nodes { id } } } }"))["viewer"]["assets"]["nodes"][0]["id"]
    artwork = (await author.core("publish", {"assetIds": [asset], "title": "x"}))["artwork"]["id"]
    links = (await easel.client().data(PICTURE, {"id": artwork}))["artwork"]["image"]
    own = (await author.data(PICTURE, {"id": artwork}))["artwork"]["image"]
    path = own["original"].partition("?")[0]
    async with http_client() as http:
        for link in (f"{path}?{links['full'].partition('?')[2]}", path):
            assert (await http.get(link)).status_code == 403
