"""Prompts through the graph: Korean reaches engines that read English, and a prompt can be improved beforehand."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from chat_server import Reply, chat_server, prompting
from conftest import install
from stored import new_worker, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.embedded.server import EmbeddedServer
    from chat_server import ChatServer
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

SUBMIT = """mutation($input: SubmitGenerationInput!) { submitGeneration(input: $input) {
  ... on SubmitGenerationSuccess { job { id prompt effectivePrompt negativePrompt } warnings { code message } }
  ... on UserError { code path } } }"""
ENHANCE = """mutation($input: EnhancePromptInput!) { enhancePrompt(input: $input) {
  ... on EnhancePromptSuccess { prompt enhanced negativePrompt effectivePrompt means engine { id }
    issues { code message } difference { kind text } warnings { code } }
  ... on TooManyAttempts { resetsAt } ... on UserError { code path message } } }"""
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"


async def submitted(client: GraphClient, prompt: str, key: str = "1", **options: Any) -> Any:  # noqa: ANN401
    given = {"prompt": prompt, "idempotencyKey": key, "count": 1} | options
    return (await client.data(SUBMIT, {"input": given}))["submitGeneration"]


async def enhanced(client: GraphClient, prompt: str, **options: Any) -> Any:  # noqa: ANN401
    return (await client.data(ENHANCE, {"input": {"prompt": prompt} | options}))["enhancePrompt"]


@pytest.fixture(scope="module")
def reading_english(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run an API for an engine that reads English; the table of phrases translates."""
    folder = tmp_path_factory.mktemp("english")
    with install(folder, postgres.url, valkey.url, ENGINE="diffusers", MODEL="none").running("api") as installation:
        yield installation


@pytest.fixture
def _served(database_url: str) -> Iterator[None]:
    """Let a worker be known that serves the engine, and paints nothing."""
    worker = new_worker(database_url, "diffusers")
    yield
    sql(database_url, "DELETE FROM workers WHERE id = %s", worker)


@pytest.fixture
def english(reading_english: Installation, _served: None, redis_url: str) -> Installation:  # noqa: ARG001
    """Return it over empty servers."""
    return reading_english


@pytest.fixture
def model() -> Iterator[ChatServer]:
    """Return a model that puts everything into the same words."""
    with chat_server(lambda _prompt: prompting("a girl under a red umbrella")) as server:
        yield server


@pytest.fixture
def asking(
    tmp_path: Path, database_url: str, redis_url: str, model: ChatServer, _served: None
) -> Iterator[Installation]:
    """Run an API that asks the model."""
    settings = {"ENGINE": "diffusers", "MODEL": "none", "LANGUAGE_URL": model.url, "LANGUAGE_KEY": "secret-key"}
    with install(tmp_path, database_url, redis_url, **settings).running("api") as installation:
        yield installation


async def test_a_korean_prompt_is_kept_and_told_in_english(english: Installation, database_url: str) -> None:
    client = await english.signed_up()

    success = await submitted(client, "빨간 우산을 든 소녀", negativePrompt="글자")

    assert success["warnings"] == []
    assert success["job"] == success["job"] | {
        "prompt": "빨간 우산을 든 소녀",
        "effectivePrompt": "girl holding red umbrella",
        "negativePrompt": "글자",
    }
    columns = "SELECT prompt, effective_prompt, effective_negative_prompt FROM generation_jobs"
    assert sql(database_url, columns) == [("빨간 우산을 든 소녀", "girl holding red umbrella", "text")]


async def test_an_english_prompt_is_told_as_it_is(english: Installation, database_url: str) -> None:
    client = await english.signed_up()
    success = await submitted(client, "a  girl, with 🐱")
    assert (success["job"]["effectivePrompt"], success["warnings"]) == ("a  girl, with 🐱", [])
    assert sql(database_url, "SELECT effective_prompt FROM generation_jobs") == [(None,)]


async def test_an_engine_that_reads_korean_is_told_it(easel: Installation) -> None:
    client = await easel.signed_up()
    success = await submitted(client, "빨간 우산을 든 소녀, 또띠", steps=1)
    assert (success["job"]["effectivePrompt"], success["warnings"]) == ("빨간 우산을 든 소녀, 또띠", [])


async def test_warnings_say_what_will_not_be_read(english: Installation) -> None:
    client = await english.signed_up(language="ko")

    success = await submitted(client, "또띠, " + "눈 덮인 산과 오두막, " * 30)

    unknown, truncated = success["warnings"]
    assert unknown["code"] == "PROMPT_NOT_UNDERSTOOD"
    assert unknown["message"].endswith("번역하지 못했습니다: 또띠.")
    assert truncated["code"] == "PROMPT_TRUNCATED"
    assert "77토큰" in truncated["message"]


async def test_a_model_translates_where_one_is_set(asking: Installation, model: ChatServer) -> None:
    client = await asking.signed_up()
    success = await submitted(client, "빨간 우산을 든 소녀")
    assert (success["job"]["effectivePrompt"], success["warnings"]) == ("a girl under a red umbrella", [])
    assert model.prompts == ["빨간 우산을 든 소녀"]
    assert model.headers[0]["authorization"] == "Bearer secret-key"


async def test_the_same_key_is_the_same_job_whatever_the_model_says(
    asking: Installation, model: ChatServer, database_url: str
) -> None:
    # given a job that was submitted while the model spoke nonsense
    client = await asking.signed_up()
    model.reply = lambda _prompt: Reply(b"nonsense")
    first = await submitted(client, "빨간 우산을 든 소녀")
    assert [warning["code"] for warning in first["warnings"]] == ["LANGUAGE_SERVICE_AWAY"]
    before = row_counts(database_url)

    # when it is submitted again, and the model has found its words
    model.reply = lambda _prompt: prompting("a girl under a red umbrella")
    second = await submitted(client, "빨간 우산을 든 소녀")

    # then it is the first job, with what its engine is told
    assert second["job"] == first["job"]
    assert second["job"]["effectivePrompt"] == "girl holding red umbrella"
    assert row_counts(database_url) == before

    # and another prompt is another request
    assert (await submitted(client, "파란 우산을 든 소녀"))["code"] == "IDEMPOTENCY_CONFLICT"
    assert row_counts(database_url) == before


async def test_no_transaction_waits_for_the_model(asking: Installation, model: ChatServer, database_url: str) -> None:
    # given a model that thinks
    client = await asking.signed_up()
    before = row_counts(database_url)
    model.gate.clear()

    # when a prompt waits for it
    task = asyncio.create_task(submitted(client, "빨간 우산을 든 소녀"))
    await until(lambda: model.asked)

    # then nothing is open and nothing written
    assert sql(database_url, WAITING) == [(0,)]
    assert row_counts(database_url) == before

    # and the job comes to be when it has answered
    model.gate.set()
    assert (await task)["job"]["effectivePrompt"] == "a girl under a red umbrella"


async def test_what_is_refused_is_not_translated(asking: Installation, model: ChatServer, database_url: str) -> None:
    client = await asking.signed_up()
    before = row_counts(database_url)
    bad: list[tuple[str, Any]] = [("count", 9), ("style", "x"), ("negativePrompt", "\0"), ("idempotencyKey", "")]
    for field, value in bad:
        refused = await submitted(client, "빨간 고양이", **{field: value})
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", field])
    assert model.asked == []
    assert row_counts(database_url) == before


async def test_a_prompt_is_improved_by_rules(english: Installation, database_url: str) -> None:
    client = await english.signed_up()
    before = row_counts(database_url)

    success = await enhanced(client, " a cat, cat, no text, masterpiece, masterpiece", style="watercolor")

    assert success == {
        "prompt": "a cat, cat, no text, masterpiece, masterpiece",
        "enhanced": "a cat, cat, masterpiece, light background, flowing colours",
        "negativePrompt": "text",
        "effectivePrompt": "a cat, cat, masterpiece, light background, flowing colours",
        "means": "RULES",
        "engine": {"id": "diffusers"},
        "issues": [
            {
                "code": "QUALITY_REPEATED",
                "message": "Words of quality said again and again (masterpiece) take room from what the picture shows.",
            },
            {
                "code": "NEGATION",
                "message": "Engines paint what a prompt names, also behind “no”. Say it in the negative prompt: text.",
            },
        ],
        "difference": [
            {"kind": "KEPT", "text": "a cat, cat, "},
            {"kind": "REMOVED", "text": "no text, "},
            {"kind": "KEPT", "text": "masterpiece"},
            {"kind": "REMOVED", "text": ", masterpiece"},
            {"kind": "ADDED", "text": ", light background, flowing colours"},
        ],
        "warnings": [],
    }
    assert row_counts(database_url) == before


async def test_a_korean_prompt_is_improved_in_korean(english: Installation) -> None:
    client = await english.signed_up(language="ko")

    success = await enhanced(client, "고양이", engine="diffusers")

    assert success["enhanced"] == "고양이, 부드러운 측면광, 얕은 심도"
    assert success["effectivePrompt"].startswith("cat, soft ")
    (issue,) = success["issues"]
    assert issue["code"] == "TOO_SHORT"
    assert issue["message"].startswith("너무 짧으면")


async def test_a_model_improves_where_one_is_set(asking: Installation, model: ChatServer) -> None:
    client = await asking.signed_up()

    success = await enhanced(client, "a girl")

    assert (success["means"], success["enhanced"]) == ("LLM", "a girl under a red umbrella")
    assert success["difference"] == [
        {"kind": "KEPT", "text": "a girl"},
        {"kind": "ADDED", "text": " under a red umbrella"},
    ]
    assert success["warnings"] == []

    # and the rules do where it is away
    model.reply = lambda _prompt: Reply(b"", 503)
    success = await enhanced(client, "a boat")
    assert (success["means"], success["enhanced"]) == ("RULES", "a boat, soft side light, shallow depth of field")
    assert success["warnings"] == [{"code": "LANGUAGE_SERVICE_AWAY"}]


async def test_improving_is_for_users_and_prompts_only(asking: Installation, model: ChatServer) -> None:
    answer = await asking.client().post(ENHANCE, {"input": {"prompt": "a cat"}})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    client = await asking.signed_up()
    bad: list[tuple[str, str]] = [("prompt", ""), ("prompt", "\ud800"), ("prompt", "한" * 2_001)]
    for field, value in [*bad, ("engine", "sandbox"), ("style", "oil")]:
        refused = await enhanced(client, **({"prompt": "a cat"} | {field: value}))
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", field])
    assert model.asked == []


async def test_improving_is_rated_for_each_user(asking: Installation, model: ChatServer) -> None:
    # given a user who has asked twenty times
    client, other = await asking.signed_up(), await asking.signed_up()
    for number in range(20):
        assert (await enhanced(client, f"a cat {number}"))["means"] == "LLM"

    # then the next is refused, and the model not asked
    refused = await enhanced(client, "a dog")
    assert (refused["code"], len(model.asked)) == ("TOO_MANY_ATTEMPTS", 20)
    assert refused["resetsAt"]

    # and others may ask
    assert (await enhanced(other, "a dog"))["means"] == "LLM"


async def test_a_worker_paints_a_translated_prompt(
    tmp_path: Path, database_url: str, redis_url: str, tiny_pipeline: Path
) -> None:
    settings = {"ENGINE": "diffusers", "MODEL": str(tiny_pipeline)}
    installation = install(tmp_path, database_url, redis_url, **settings)
    try:
        installation.start("api", "worker", "relay")
        await installation.answering()
        client = await installation.signed_up()
        job = (await submitted(client, "빨간 고양이", steps=1))["job"]
        events = [event async for event in client.watch(job["id"])]
    finally:
        installation.stop()
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    columns = "SELECT status, prompt, effective_prompt FROM generation_jobs"
    assert sql(database_url, columns) == [("SUCCEEDED", "빨간 고양이", "red cat")]
