"""Pictures that a model of its own enlarges for every engine, and one that can not be loaded, as clients see them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from audit import check_end
from conftest import Installation, install
from domain.variants import object_key
from domain.words import ImageVariant
from pictures_from_pictures import SIDE, a_picture, asked, ended, images_of, of
from stored import sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer

pytestmark = pytest.mark.anyio
MADE = """query($id: ID!) { node(id: $id) { ... on MediaAsset {
  width height generation { engine engineRevision method } } } }"""


@pytest.fixture(scope="module")
def treating(
    tmp_path_factory: pytest.TempPathFactory,
    tiny_upscaler: Path,
    spare_postgres: EmbeddedServer,
    spare_valkey: EmbeddedServer,
) -> Iterator[Installation]:
    """Run an Easel with an upscaler, and with a segmenter that is not there; no other worker takes its jobs."""
    settings = {"UPSCALER": str(tiny_upscaler), "SEGMENTER": "/nowhere/at/all"}
    installation = install(tmp_path_factory.mktemp("treating"), spare_postgres.url, spare_valkey.url, **settings)
    with installation.running("api", "worker", "relay"):
        yield installation


@pytest.fixture
def easel_treating(treating: Installation, spare_database_url: str, spare_redis_url: str) -> Installation:  # noqa: ARG001
    return treating


async def test_an_enlarged_picture_says_what_made_it_and_is_the_same_again(easel_treating: Installation) -> None:
    # given a picture that was enlarged
    client, environment = await easel_treating.signed_up(), easel_treating.environment
    source = await a_picture(client)
    job = (await asked(client, "upscale", **of(source, "upscale")))["job"]
    (large,) = await images_of(client, job["id"])

    # then it names the engine that was asked, and the model and the files that made it
    (pins,) = (easel_treating.folder / "pins").iterdir()
    assert json.loads(pins.read_text())["model"] == "tiny-upscaler"
    made = (await client.data(MADE, {"id": large}))["node"]
    told = made["generation"]
    assert (made["width"], made["height"]) == (2 * SIDE, 2 * SIDE)
    assert (told["engine"], told["method"]) == ("sandbox", "tiny-upscaler")
    assert len(told["engineRevision"]) == 16

    # and made again it is the same picture, of the same revision
    again = (await asked(client, "rerunGeneration", fromAssetId=large))["job"]
    (twin,) = await images_of(client, again["id"])
    assert (await client.data(MADE, {"id": twin}))["node"] == made
    rows = sql(environment["DATABASE_URL"], "SELECT id FROM media_assets WHERE method <> ''")
    files = [Path(environment["EASEL_HOME"], "media", object_key(key, ImageVariant.ORIGINAL)) for (key,) in rows]
    once, twice = (Image.open(file).tobytes() for file in files)
    assert once == twice
    check_end(environment["DATABASE_URL"])


async def test_a_model_that_is_not_there_fails_its_jobs_and_no_other(easel_treating: Installation) -> None:
    # given a job for a model that can not be loaded
    client = await easel_treating.signed_up()
    source = await a_picture(client)
    before = (await client.core("me"))["creditAccount"]
    log = easel_treating.folder / "worker.log"
    told = log.read_text().count("engine unavailable")

    # when it is to be done
    job = (await asked(client, "removeBackground", **of(source, "removeBackground")))["job"]
    assert (await ended(client, job["id"]))["status"] == "FAILED"

    # then it fails, its credits come back, and one line of the log says why
    query = "query($id: ID!) { generationJob(id: $id) { failure { code } releasedCredits } }"
    failed = (await client.data(query, {"id": job["id"]}))["generationJob"]
    assert failed == {"failure": {"code": "ENGINE_UNAVAILABLE"}, "releasedCredits": 1}
    assert (await client.core("me"))["creditAccount"] == before
    assert log.read_text().count("engine unavailable") == told + 1
    assert "there is no model folder '/nowhere/at/all'" in log.read_text()

    # and the worker goes on
    assert await a_picture(client)
    check_end(easel_treating.environment["DATABASE_URL"])
