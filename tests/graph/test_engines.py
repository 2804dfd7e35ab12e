"""Several engines in one worker, as clients see them: limits, prices, warnings, and one that is not available."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from conftest import Installation, install
from stream_readers import beginning

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.embedded.server import EmbeddedServer
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

ENGINES = """{ engines { id name family plan languages licence { name url } pricePerImage
  priceRules { operation creditsPerImage }
  constraints { defaultRatio defaultCount maxCount maxSeed maxReferences minStrength upscaleFactors
    baseSide smallestSide largestSide sideMultiple defaultSteps sensibleSteps maxSteps maxGuidance
    followsGuidance takesNegativePrompt takesSeed promptTokens ratios { ratio width height } } } }"""
SUBMIT = """mutation($input: SubmitGenerationInput!) { submitGeneration(input: $input) {
  ... on SubmitGenerationSuccess { job { id } warnings { code message path } }
  ... on UserError { code path message } } }"""


@pytest.fixture(scope="module")
def mixed(
    tmp_path_factory: pytest.TempPathFactory, tiny_pipeline: Path, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an Easel with a model that is there and one that nobody has pinned."""
    settings = {"ENGINES": "sandbox,diffusers,sd-turbo", "MODEL": str(tiny_pipeline)}
    installation = install(tmp_path_factory.mktemp("mixed"), postgres.url, valkey.url, **settings)
    with installation.running("api", "worker", "relay"):
        yield installation


@pytest.fixture
def painters(mixed: Installation, database_url: str, redis_url: str) -> Installation:  # noqa: ARG001
    return mixed


async def submitted(client: GraphClient, engine: str, **options: object) -> Any:  # noqa: ANN401
    values = {"prompt": "a cat", "idempotencyKey": f"{engine}{options}", "engine": engine, "count": 1, **options}
    return (await client.data(SUBMIT, {"input": values}))["submitGeneration"]


async def ended(client: GraphClient, job_id: str) -> dict[str, Any]:
    """Return the job once it has ended."""
    _ = [event async for event in client.watch(job_id, beginning(job_id))]
    query = "query($id: ID!) { generationJob(id: $id) { status releasedCredits failure { code } } }"
    job: dict[str, Any] = (await client.data(query, {"id": job_id}))["generationJob"]
    return job


async def test_engines_tell_their_limits_prices_and_licence(painters: Installation) -> None:
    sandbox, diffusers, turbo = (await painters.client().data(ENGINES))["engines"]
    assert [sandbox["id"], diffusers["id"], turbo["id"]] == ["sandbox", "diffusers", "sd-turbo"]
    assert (turbo["family"], turbo["plan"], turbo["languages"], turbo["pricePerImage"]) == ("SD21", "FREE", ["en"], 1)
    assert turbo["licence"]["name"] == "Stability AI Community License"
    assert {"operation": "TEXT_TO_IMAGE", "creditsPerImage": 1} in turbo["priceRules"]
    limits = turbo["constraints"]
    assert (limits["maxSteps"], limits["maxGuidance"], limits["takesNegativePrompt"]) == (4, 0.0, False)
    assert {"ratio": "1:1", "width": 512, "height": 512} in limits["ratios"]
    assert sandbox["constraints"]["promptTokens"] is None
    shared = ("defaultRatio", "defaultCount", "maxCount", "maxSeed", "maxReferences", "minStrength", "upscaleFactors")
    assert [limits[name] for name in shared] == ["3:4", 4, 8, 2**31 - 1, 4, 0.05, [2, 4]]
    assert sandbox["languages"] == ["en", "ko"]


async def test_an_accepted_job_comes_with_warnings_in_the_readers_language(painters: Installation) -> None:
    client = await painters.signed_up()
    told = await submitted(client, "sd-turbo", negativePrompt="dog")
    assert told["warnings"] == [
        {
            "code": "NEGATIVE_PROMPT_IGNORED",
            "message": "The negative prompt has no effect on this engine with this guidance.",
            "path": ["input", "negativePrompt"],
        }
    ]
    korean = await painters.signed_up(language="ko")
    (warning,) = (await submitted(korean, "sd-turbo", negativePrompt="dog"))["warnings"]
    assert warning["message"] == "이 엔진과 가이던스에서는 네거티브 프롬프트가 적용되지 않습니다."
    assert (await submitted(client, "sandbox", negativePrompt="dog"))["warnings"] == []


async def test_what_an_engine_does_not_do_is_refused(painters: Installation) -> None:
    client = await painters.signed_up()
    for field, value in (("steps", 5), ("guidance", 1.0)):
        refused = await submitted(client, "sd-turbo", **{field: value})
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", field])
    assert (await client.core("me"))["creditAccount"] == {"balance": 100, "held": 0}


async def test_an_engine_that_is_not_available_fails_its_jobs_and_the_others_paint(painters: Installation) -> None:
    # given jobs for a model that nobody has pinned, for one that is there, and for none
    client = await painters.signed_up()
    options = {"ratio": "1:1", "steps": 1}
    absent = (await submitted(client, "sd-turbo", **options))["job"]["id"]
    there = (await submitted(client, "diffusers", **options))["job"]["id"]
    sandbox = (await submitted(client, "sandbox", **options))["job"]["id"]

    # then the first fails with its credits back, and the same worker paints the others
    assert await ended(client, absent) == {
        "status": "FAILED",
        "releasedCredits": 1,
        "failure": {"code": "ENGINE_UNAVAILABLE"},
    }
    assert [(await ended(client, job_id))["status"] for job_id in (there, sandbox)] == ["SUCCEEDED"] * 2
    assert (await client.core("me"))["creditAccount"] == {"balance": 98, "held": 0}

    # and the log says why, and the model that was used is pinned
    log = (painters.folder / "worker.log").read_text()
    assert "the model 'stabilityai/sd-turbo' is pinned to no commit; run: easel engines pin sd-turbo" in log
    assert len(list((painters.folder / "pins").glob("diffusers-*.json"))) == 1
