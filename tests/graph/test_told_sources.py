"""What an engine that reads English is told where the words are not the request's own: the source's, or a rerun's."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from chat_server import chat_server, prompting
from conftest import install
from pictures_from_pictures import asked
from stored import new_asset, row_counts, sql

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer
    from chat_server import ChatServer
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

KOREAN = "빨간 우산을 든 소녀"
JOBS = "SELECT operation, prompt, effective_prompt FROM generation_jobs ORDER BY id"


@pytest.fixture(scope="module")
def model() -> Iterator[ChatServer]:
    """Return a model that puts everything into words that it has not used before."""
    numbers = count(1)
    with chat_server(lambda _prompt: prompting(f"answer {next(numbers)}")) as server:
        yield server


@pytest.fixture(scope="module")
def api(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer, model: ChatServer
) -> Iterator[Installation]:
    """Run an API that asks the model for an engine that reads English."""
    folder = tmp_path_factory.mktemp("asking")
    settings = {"ENGINE": "diffusers", "MODEL": "none", "LANGUAGE_URL": model.url, "LANGUAGE_KEY": "secret-key"}
    with install(folder, postgres.url, valkey.url, **settings).running("api") as installation:
        yield installation


@pytest.fixture
def asking(api: Installation, database_url: str, redis_url: str) -> Installation:  # noqa: ARG001
    """Return that API over empty servers."""
    return api


async def painted(client: GraphClient, database_url: str, prompt: str) -> str:
    """Return a picture of the viewer's that a job made of a prompt."""
    job = (await asked(client, "submitGeneration", prompt=prompt, count=1))["job"]
    picture = new_asset(database_url, client.viewer_id)
    sql(
        database_url,
        "UPDATE media_assets SET job_id = %s, width = 512, height = 512 WHERE id = %s",
        *(key.partition("_")[2] for key in (job["id"], picture)),
    )
    return picture


@pytest.mark.parametrize(
    ("name", "given"),
    [("outpaint", {"margins": {"left": 64}, "count": 1}), ("restyle", {"style": "anime", "count": 1}), ("upscale", {})],
)
async def test_korean_words_of_a_source_are_put_into_english(
    asking: Installation, database_url: str, name: str, given: dict[str, object]
) -> None:
    # given a picture that an engine painted which reads Korean
    client = await asking.signed_up()
    picture = await painted(client, database_url, KOREAN)
    sql(database_url, "UPDATE generation_jobs SET engine = 'small', effective_prompt = NULL")

    # when an engine that reads English makes another of it, and no words are said
    key = uuid4().hex
    job = (await asked(client, name, assetId=picture, idempotencyKey=key, **given))["job"]

    # then it is told them in English, and they are kept
    (_, (_, prompt, told)) = sql(database_url, JOBS)
    assert (job["prompt"], prompt) == (KOREAN, KOREAN)
    assert str(told).startswith("answer ")
    # and the same request again is the same job
    assert (await asked(client, name, assetId=picture, idempotencyKey=key, **given))["job"]["id"] == job["id"]


async def test_a_rerun_is_told_what_was_told_the_first_time(
    asking: Installation, database_url: str, model: ChatServer
) -> None:
    # given a picture whose prompt was translated, and a model that would do so otherwise now
    client = await asking.signed_up()
    picture = await painted(client, database_url, KOREAN)
    sql(database_url, "UPDATE generation_jobs SET effective_prompt = 'a girl, as she was told of'")
    before = len(model.asked)

    await asked(client, "rerunGeneration", fromAssetId=picture)

    assert sql(database_url, JOBS)[1:] == [("TEXT_TO_IMAGE", KOREAN, "a girl, as she was told of")]
    assert len(model.asked) == before

    # and another prompt is translated
    await asked(client, "rerunGeneration", fromAssetId=picture, overrides={"prompt": "파란 배"})
    _, _, (_, prompt, told) = sql(database_url, JOBS)
    assert (prompt, str(told)[:7]) == ("파란 배", "answer ")


async def test_words_of_a_picture_that_is_not_ones_own_are_not_asked_for(
    asking: Installation, database_url: str, model: ChatServer
) -> None:
    owner, client = await asking.signed_up(), await asking.signed_up()
    picture = await painted(owner, database_url, KOREAN)
    sql(database_url, "UPDATE generation_jobs SET engine = 'small', effective_prompt = NULL")
    before, asked_before = row_counts(database_url), len(model.asked)

    refused = await asked(client, "restyle", assetId=picture, style="anime")

    assert refused["code"] == "NOT_FOUND"
    assert (row_counts(database_url), len(model.asked)) == (before, asked_before)
