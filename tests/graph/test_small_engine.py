"""Easel as it comes: every operation, painted by the model that ships with it in a process of its own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from audit import check_end
from conftest import Installation, install
from domain.variants import object_key
from domain.words import ImageVariant
from pictures_from_pictures import asked, ended, images_of, of
from stored import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio
AREA = {"areas": [{"x": 0.25, "y": 0.25, "width": 0.5, "height": 0.5}]}
MADE: dict[str, tuple[dict[str, Any], tuple[int, int], str]] = {
    "submitGeneration": ({"prompt": "a blue mug", "steps": 2, "count": 1}, (256, 256), ""),
    "inpaint": ({"prompt": "초록 나무", "mask": AREA, "count": 1}, (256, 256), ""),
    "outpaint": ({"margins": {"left": 32, "top": 32}, "count": 1}, (288, 288), ""),
    "upscale": ({"factor": 2}, (512, 512), "lanczos"),
    "restyle": ({"style": "pixel-art", "count": 1}, (256, 256), ""),
    "removeBackground": ({}, (256, 256), "grabcut"),
}
"""What is given to each mutation, the size of what it makes, and by which means."""


@pytest.fixture(scope="module")
def as_it_comes(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an Easel with the engine that is the default."""
    installation = install(tmp_path_factory.mktemp("small"), postgres.url, valkey.url)
    del installation.environment["ENGINE"]
    with installation.running("api", "worker", "relay"):
        yield installation


@pytest.fixture
def easel_small(as_it_comes: Installation, database_url: str, redis_url: str) -> Installation:  # noqa: ARG001
    return as_it_comes


async def a_picture(client: GraphClient, **given: Any) -> str:  # noqa: ANN401 - fields of the input
    """Return the id of a picture that the small model has painted."""
    values = {"prompt": "a red mug on a table", "ratio": "1:1", "count": 1, "steps": 2, "seed": 7} | given
    job = (await asked(client, "submitGeneration", **values))["job"]
    assert (await ended(client, job["id"]))["status"] == "SUCCEEDED"
    (image,) = await images_of(client, job["id"])
    return image


async def test_every_operation_is_painted_by_the_small_model(easel_small: Installation) -> None:
    client, url = await easel_small.signed_up(), easel_small.environment["DATABASE_URL"]
    source = await a_picture(client)

    asking = (asked(client, name, **of(source, name, **given)) for name, (given, _, _) in MADE.items())
    jobs = {name: result["job"]["id"] for name, result in zip(MADE, await asyncio.gather(*asking), strict=True)}
    ends = await asyncio.gather(*(ended(client, job) for job in jobs.values()))

    assert [end["status"] for end in ends] == ["SUCCEEDED"] * len(MADE)
    query = "query($id: ID!) { node(id: $id) { ... on MediaAsset { width height generation { engine method } } } }"
    for name, (_, size, method) in MADE.items():
        (image,) = await images_of(client, jobs[name])
        made = (await client.data(query, {"id": image}))["node"]
        assert made == {"width": size[0], "height": size[1], "generation": {"engine": "small", "method": method}}
    check_end(url)


async def test_pictures_like_several_others_are_painted(easel_small: Installation) -> None:
    client = await easel_small.signed_up()
    references = [await a_picture(client, seed=seed) for seed in (1, 2)]

    assert await a_picture(client, prompt="a red mug", references=references)


async def test_a_picture_that_is_painted_again_is_the_same(easel_small: Installation) -> None:
    client, environment = await easel_small.signed_up(), easel_small.environment
    first = await a_picture(client, prompt="노란 고양이")

    again = (await asked(client, "rerunGeneration", fromAssetId=first))["job"]
    assert (await ended(client, again["id"]))["status"] == "SUCCEEDED"

    rows = sql(environment["DATABASE_URL"], "SELECT id, engine_revision FROM media_assets ORDER BY id")
    files = [Path(environment["EASEL_HOME"], "media", object_key(key, ImageVariant.ORIGINAL)) for key, _ in rows]
    once, twice = (Image.open(file).tobytes() for file in files)
    assert once == twice
    assert rows[0][1] == rows[1][1] != ""
