"""Prompts that the content guard blocks or warns of, as those who write them see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from gallery_client import change
from pictures_from_pictures import a_picture
from stored import leave, new_asset, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from conftest import Installation
    from graph_client import GraphClient

pytestmark = pytest.mark.anyio

BLOCKED: Final = """... on ContentBlocked { code message path retryable reason whatToChange }
  ... on UserError { __typename }"""
SUBMIT: Final = f"""mutation($input: SubmitGenerationInput!) {{ submitGeneration(input: $input) {{
  __typename ... on SubmitGenerationSuccess {{ job {{ id }} warnings {{ code message path }} }} {BLOCKED} }} }}"""
DECISIONS: Final = """{ viewer { guardDecisions { totalCount nodes {
  id subject effect reason message contentLevel policy prompt jobId } } } }"""


async def submit(client: GraphClient, prompt: str, key: str = "k", **options: Any) -> Any:  # noqa: ANN401
    given = {"prompt": prompt, "idempotencyKey": key, "count": 1, "ratio": "1:1", **options}
    return (await client.data(SUBMIT, {"input": given}))["submitGeneration"]


async def settled(database_url: str) -> dict[str, int]:
    """Return how many rows each table has once all was told."""
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    return row_counts(database_url)


async def decisions(client: GraphClient) -> list[dict[str, Any]]:
    nodes: list[dict[str, Any]] = (await client.data(DECISIONS))["viewer"]["guardDecisions"]["nodes"]
    return nodes


async def test_a_blocked_prompt_is_refused_with_what_to_change_and_leaves_only_the_decision(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)

    refusal = await submit(client, "two people having s3x")

    assert refusal == {
        "__typename": "ContentBlocked",
        "code": "CONTENT_BLOCKED",
        "message": "Explicit sexual content is not painted here.",
        "path": ["input", "prompt"],
        "retryable": False,
        "reason": "SEXUAL_EXPLICIT",
        "whatToChange": "Take this out, or say something else in its place: sex.",
    }
    after = row_counts(database_url)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {"guard_decisions": 1}

    # and in Korean, whatever way it is written
    client.language = "ko"
    refusal = await submit(client, "ㅅㅔㄱㅅㅡ")
    assert (refusal["reason"], refusal["message"]) == ("SEXUAL_EXPLICIT", "노골적인 성적 내용은 만들 수 없습니다.")
    assert refusal["whatToChange"] == "다음 표현을 빼거나 다른 말로 바꿔 주세요: 섹스."


async def test_decisions_are_read_by_their_user_alone_and_never_change(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    await submit(client, "자살하는 사람")
    job = (await submit(client, "a nude statue, Pikachu"))["job"]["id"]

    found = await decisions(client)

    assert [(each["effect"], each["reason"], each["prompt"], each["jobId"]) for each in found] == [
        ("WARN", "PROTECTED_CHARACTER", "a nude statue, Pikachu", job),
        ("WARN", "NUDITY", "a nude statue, Pikachu", job),
        ("BLOCK", "SELF_HARM", "자살하는 사람", None),
    ]
    assert {(each["subject"], each["policy"]) for each in found} == {("PROMPT", "easel-rules")}
    assert found[2]["message"].startswith("Suicide and self-harm are not painted.")
    assert found[1]["contentLevel"] == "MATURE"
    assert await decisions(stranger) == []
    one = "query($id: ID!) { node(id: $id) { id } }"
    assert (await stranger.data(one, {"id": found[0]["id"]}))["node"] is None
    assert (await client.data(one, {"id": found[0]["id"]}))["node"] == {"id": found[0]["id"]}
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added"):
        sql(database_url, "UPDATE guard_decisions SET effect = 'ALLOW'")
    with pytest.raises(psycopg.errors.RaiseException, match="only ever added"):
        sql(database_url, "DELETE FROM guard_decisions")


async def test_a_warning_lets_the_job_pass_and_is_told_with_it(easel: Installation) -> None:
    client = await easel.signed_up()

    accepted = await submit(client, "Pikachu on a hill")
    again = await submit(client, "Pikachu on a hill")

    assert accepted["warnings"] == [
        {
            "code": "CONTENT_WARNED",
            "message": "“pikachu” may belong to somebody: selling or publishing such a picture may need a licence.",
            "path": ["input", "prompt"],
        }
    ]
    assert again == accepted
    assert len(await decisions(client)) == 1, "the same key is one request"
    assert (await submit(client, "a cat", key="other"))["warnings"] == []
    assert len(await decisions(client)) == 1


async def test_a_refused_job_leaves_no_decision_of_its_warnings(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    leave(database_url, 0)

    assert (await submit(client, "Pikachu"))["__typename"] == "InsufficientCredits"

    assert await decisions(client) == []


async def test_what_is_to_be_left_out_is_not_judged(easel: Installation) -> None:
    client = await easel.signed_up()
    assert "job" in await submit(client, "a portrait", negativePrompt="nude, nsfw, blood, gore")


async def test_prompts_are_judged_wherever_they_come_from(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    asset = await a_picture(client)
    before = await settled(database_url)
    area = {"areas": [{"x": 0.2, "y": 0.2, "width": 0.5, "height": 0.5}]}
    hostile = {"prompt": "p o r n", "idempotencyKey": "k"}
    inputs: dict[str, dict[str, Any]] = {
        "inpaint": hostile | {"assetId": asset, "mask": area},
        "outpaint": hostile | {"assetId": asset, "margins": {"left": 8}},
        "restyle": hostile | {"assetId": asset, "style": "anime"},
        "rerunGeneration": {"fromAssetId": asset, "overrides": {"prompt": "포르노"}, "idempotencyKey": "k"},
        "enhancePrompt": {"prompt": "포르노"},
    }
    for number, (name, given) in enumerate(inputs.items(), 1):
        kind = name[0].upper() + name[1:]
        query = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {BLOCKED} }} }}"
        refusal = (await client.data(query, {"input": given}))[name]
        assert (refusal["__typename"], refusal["reason"]) == ("ContentBlocked", "SEXUAL_EXPLICIT"), name
        after = row_counts(database_url)
        assert after == before | {"guard_decisions": before["guard_decisions"] + number}, name


async def test_words_that_a_source_lends_are_judged_by_the_rules_of_today(
    easel: Installation, database_url: str
) -> None:
    # given a picture whose prompt passed when it was painted, and would not pass now
    client = await easel.signed_up()
    asset = await a_picture(client)
    sql(database_url, "UPDATE generation_jobs SET prompt = 'porn', effective_prompt = NULL")
    before = await settled(database_url)

    inputs: dict[str, dict[str, Any]] = {
        "upscale": {"assetId": asset, "factor": 2},
        "rerunGeneration": {"fromAssetId": asset},
    }
    for name, given in inputs.items():
        kind = name[0].upper() + name[1:]
        query = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ __typename {BLOCKED} }} }}"
        refusal = (await client.data(query, {"input": given | {"idempotencyKey": "k"}}))[name]
        assert refusal["reason"] == "SEXUAL_EXPLICIT", name

    assert row_counts(database_url) == before | {"guard_decisions": before["guard_decisions"] + 2}


async def test_who_is_blocked_again_and_again_is_told_nothing_more_for_a_while(
    easel: Installation, database_url: str
) -> None:
    # given somebody who tries what the guard knows, with harmless prompts in between, by several mutations
    client, other = await easel.signed_up(), await easel.signed_up()
    asset = new_asset(database_url, client.viewer_id)
    enhance = f"""mutation($input: EnhancePromptInput!) {{ enhancePrompt(input: $input) {{ __typename {BLOCKED} }} }}"""
    for number in range(10):
        assert (await submit(client, "porn", key=f"b{number}"))["__typename"] == "ContentBlocked"
        hostile = await client.data(enhance, {"input": {"prompt": "porn"}})
        assert hostile["enhancePrompt"]["__typename"] == "ContentBlocked"
        if number % 5 == 0:
            assert "job" in await submit(client, "a cat", key=f"c{number}", steps=1)
    before = await ended(database_url)

    # then nothing of theirs is judged any more, good or bad, and nothing is written
    tried = [
        await submit(client, "porn", key="more"),
        await submit(client, "a cat", key="more"),
        (await client.data(enhance, {"input": {"prompt": "a cat"}}))["enhancePrompt"],
        await change(client, "cropMedia", assetId=asset, crop={"x": 0, "y": 0, "width": 8, "height": 8}),
        await change(client, "saveEditedVersion", parentId=asset, uploadId="upload_" + "0" * 32),
    ]
    assert [each["__typename"] for each in tried] == ["TooManyAttempts"] * 5
    assert row_counts(database_url) == before

    # while others are, and the refusal says how long it lasts
    assert "job" in await submit(other, "a cat", steps=1)
    told = f"mutation($input: SubmitGenerationInput!) {{ submitGeneration(input: $input) {{ {WAIT} }} }}"
    given = {"prompt": "a cat", "idempotencyKey": "k", "count": 1}
    refusal = (await client.data(told, {"input": given}))["submitGeneration"]
    assert (refusal["code"], refusal["retryable"]) == ("TOO_MANY_ATTEMPTS", True)
    wait = datetime.fromisoformat(refusal["resetsAt"]) - datetime.now(UTC)
    assert timedelta(0) < wait <= timedelta(minutes=20)


async def test_quotes_are_no_way_round_that_and_few_of_them_keep_nobody_from_submitting(
    easel: Installation, database_url: str
) -> None:
    client, other = await easel.signed_up(), await easel.signed_up()
    before = row_counts(database_url)

    async def quote(client: GraphClient, prompt: str) -> str:
        given = {"prompt": prompt, "idempotencyKey": "k", "count": 1}
        told: str = (await client.data(QUOTE, {"input": given}))["generationQuote"]["__typename"]
        return told

    # given somebody who asks for quotes of what the guard knows, again and again
    assert {await quote(client, "porn") for _ in range(60)} == {"ContentBlocked"}
    assert row_counts(database_url) == before

    # then they are told nothing more by quotes, but may submit
    assert {await quote(client, "porn"), await quote(client, "a cat")} == {"TooManyAttempts"}
    assert "job" in await submit(client, "a cat", steps=1)

    # and who is refused for what they submitted, is not told by quotes either
    for number in range(20):
        assert (await submit(other, "porn", key=f"{number}"))["__typename"] == "ContentBlocked"
    assert await quote(other, "porn") == "TooManyAttempts"


QUOTE: Final = "query($input: SubmitGenerationInput!) { generationQuote(input: $input) { __typename } }"
WAIT: Final = "... on TooManyAttempts { code retryable resetsAt }"


async def ended(database_url: str) -> dict[str, int]:
    """Return how many rows each table has once all jobs have ended, and all was told."""
    await until(lambda: not sql(database_url, "SELECT id FROM generation_jobs WHERE finished_at IS NULL"))
    return await settled(database_url)
