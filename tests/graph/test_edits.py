"""Edits: a new picture made by a recipe out of one that stays as it is."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from audit import check_end
from domain.pictures import read_metadata
from gallery_client import change, create, ids, owner_of, painted
from graph_client import http_client
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio


async def picture(url: str) -> tuple[Image.Image, bytes]:
    async with http_client() as http:
        data = (await http.get(url)).content
    return Image.open(BytesIO(data)).convert("RGB"), data


async def test_a_crop_is_a_picture_behind_its_parent(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    size = {"width": 96, "height": 64}
    job = await painted(client, owner, 2, size=size)
    first, second = (slot["image"]["id"] for slot in job["slots"])
    query = "query($id: ID!) { node(id: $id) { ... on MediaAsset { url sha256 } } }"
    before = (await client.data(query, {"id": first}))["node"]

    made = await change(client, "cropMedia", assetId=first, crop={"x": 8, "y": 4, "width": 40, "height": 50})

    media = made["media"]
    assert (media["status"], media["width"], media["height"]) == ("READY", 40, 50)
    assert (media["parent"], ids(made["owner"])) == ({"id": first}, [first, media["id"], second])
    assert media["recipe"]["crop"] == {"x": 8, "y": 4, "width": 40, "height": 50}
    assert (media["recipe"]["rotation"], media["recipe"]["resizedWidth"]) == (0, None)
    assert made["owner"]["galleryCount"] == 3
    # and the parent is what it was, pixel for pixel in the part that is left
    assert (await client.data(query, {"id": first}))["node"]["sha256"] == before["sha256"]
    (whole, _), (part, data) = await picture(before["url"]), await picture(media["url"])
    assert part.tobytes() == whole.crop((8, 4, 48, 54)).tobytes()
    metadata = read_metadata(data)
    assert metadata
    assert (metadata.prompt, metadata.width, metadata.height) == ("a cat", 40, 50)
    assert f"asset_{metadata.source_id.hex}" == first if metadata.source_id else None
    folder = easel.folder / "media"
    stored = {str(path.relative_to(folder)) for path in (folder / "assets").rglob("*.*")}
    kept = {key for key in stored if sql(database_url, "SELECT 1 FROM media_assets WHERE id = %s", key.split("/")[1])}
    check_end(database_url, kept)


RECIPES: list[tuple[dict[str, Any], tuple[int, int], Any]] = [
    ({"rotate": "RIGHT"}, (64, 96), lambda image: image.transpose(Image.Transpose.ROTATE_270)),
    ({"rotate": "LEFT"}, (64, 96), lambda image: image.transpose(Image.Transpose.ROTATE_90)),
    ({"rotate": "HALF"}, (96, 64), lambda image: image.transpose(Image.Transpose.ROTATE_180)),
    ({"flipHorizontal": True}, (96, 64), lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    ({"flipVertical": True}, (96, 64), lambda image: image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)),
    (
        {"crop": {"x": 0, "y": 0, "width": 32, "height": 64}, "rotate": "RIGHT", "resize": {"width": 32, "height": 8}},
        (32, 8),
        lambda image: (
            image.crop((0, 0, 32, 64)).transpose(Image.Transpose.ROTATE_270).resize((32, 8), Image.Resampling.LANCZOS)
        ),
    ),
]


async def test_recipes_are_followed_in_order(easel: Installation) -> None:
    client = await easel.signed_up()
    job = await painted(client, None, 1, size={"width": 96, "height": 64})
    source = job["slots"][0]["image"]["id"]
    found = await client.data("query($id: ID!) { node(id: $id) { ... on MediaAsset { url } } }", {"id": source})
    whole, _ = await picture(found["node"]["url"])

    for recipe, size, expected in RECIPES:
        made = await change(client, "applyEdit", assetId=source, recipe=recipe)
        image, _ = await picture(made["media"]["url"])
        assert (image.size, made["media"]["width"], made["media"]["height"]) == (size, *size), recipe
        assert image.tobytes() == expected(whole).tobytes(), recipe
        assert (made["owner"], made["media"]["parent"]) == (None, {"id": source})


async def test_recipes_that_can_not_be_followed_make_nothing(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    job = await painted(client, owner, 1, size={"width": 96, "height": 64})
    source = job["slots"][0]["image"]["id"]
    before = row_counts(database_url)

    outside = [(-1, 0, 8, 8), (0, -1, 8, 8), (89, 0, 8, 8), (0, 57, 8, 8), (0, 0, 97, 64), (0, 0, 96, 65)]
    empty = [(0, 0, 0, 8), (0, 0, 8, 0), (8, 8, -4, 8), (2**31 - 1, 0, 2**31 - 1, 1)]
    for x, y, width, height in outside + empty:
        crop = {"x": x, "y": y, "width": width, "height": height}
        refused = await change(client, "cropMedia", assetId=source, crop=crop)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "crop"]), crop
        refused = await change(client, "applyEdit", assetId=source, recipe={"crop": crop, "rotate": "LEFT"})
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "recipe", "crop"]), crop
    for recipe, path in (
        ({}, ["recipe"]),
        ({"crop": {"x": 0, "y": 0, "width": 96, "height": 64}}, ["recipe"]),
        ({"resize": {"width": 96, "height": 64}}, ["recipe"]),
        ({"resize": {"width": 0, "height": 64}}, ["recipe", "resize", "width"]),
        ({"resize": {"width": 96, "height": 4097}}, ["recipe", "resize", "height"]),
    ):
        refused = await change(client, "applyEdit", assetId=source, recipe=recipe)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", *path]), recipe
    assert (row_counts(database_url), (await owner_of(client, owner))["mediaVersion"]) == (before, 1)
