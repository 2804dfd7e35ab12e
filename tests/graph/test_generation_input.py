"""What a generation may ask for: each bad value is named, and nothing is written and nothing held."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from graph_client import CORE, StreamError, http_client
from stored import leave, row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

JOB = "query($id: ID!) { generationJob(id: $id) { id prompt negativePrompt count seed steps guidance ratio style } }"
FAMILY = "👩‍👩‍👧‍👦"


PROMPTS = [
    ("고양이", "고양이"),
    (FAMILY, FAMILY),
    ("قطة على سطح", "قطة على سطح"),
    ("\u202eright to left\u202c", "\u202eright to left\u202c"),
    ("e\u0301", "é"),
    ("\u1100\u1161", "가"),
    ("  two\nlines\t ", "two\nlines"),
    ("x" * 2_000, "x" * 2_000),
    (" " + "🌊" * 2_000 + " ", "🌊" * 2_000),
    ("'; DROP TABLE users; --", "'; DROP TABLE users; --"),
    ("{prompt} %s %(x)s \\", "{prompt} %s %(x)s \\"),
]


async def test_any_text_is_a_prompt(easel: Installation) -> None:
    client = await easel.signed_up()
    for number, (sent, kept) in enumerate(PROMPTS):
        submitted = await client.submit(sent, f"{number}", count=1, steps=1, negativePrompt=sent)
        job = (await client.data(JOB, {"id": submitted["job"]["id"]}))["generationJob"]
        assert (job["prompt"], job["negativePrompt"]) == (kept, kept)


async def test_the_outermost_good_values_are_taken(easel: Installation) -> None:
    client = await easel.signed_up()
    extremes: list[dict[str, Any]] = [
        {"count": 1, "seed": 0, "steps": 1, "guidance": 0.0, "ratio": "9:16"},
        {"count": 8, "seed": 2**31 - 1, "steps": 50, "guidance": 20.0, "ratio": "16:9"},
    ]
    for key, options in enumerate(extremes):
        submitted = await client.submit("a cat", f"{key}", **options)
        job = (await client.data(JOB, {"id": submitted["job"]["id"]}))["generationJob"]
        assert job == job | options
        await client.core("cancel", {"jobId": submitted["job"]["id"]})


async def test_defaults_are_told(easel: Installation) -> None:
    client = await easel.signed_up()
    submitted = await client.submit("a cat", "1", engine=None, style=None, ratio=None, count=None, steps=None)
    job = (await client.data(JOB, {"id": submitted["job"]["id"]}))["generationJob"]
    assert (job["count"], job["ratio"], job["style"], job["steps"], job["guidance"]) == (
        4,
        "3:4",
        "realistic",
        12,
        5.0,
    )
    assert 0 <= job["seed"] < 2**31


BAD_VALUES: list[tuple[str, object]] = [
    ("prompt", ""),
    ("prompt", " \n\t\u3000"),
    ("prompt", "\u200b\u2060\ufeff"),
    ("prompt", "x" * 2_001),
    ("prompt", "x" * 10_000),
    ("prompt", "한" * 10_000),
    ("prompt", "a\0cat"),
    ("prompt", "\ud800"),
    ("prompt", "a \udc31 cat"),
    ("negativePrompt", "x" * 2_001),
    ("negativePrompt", "\0"),
    ("negativePrompt", "\ud800"),
    ("count", 0),
    ("count", 9),
    ("count", -1),
    ("count", 2**31 - 1),
    ("engine", ""),
    ("engine", "diffusers"),
    ("engine", "Sandbox"),
    ("engine", "\0"),
    ("engine", "x" * 200),
    ("style", ""),
    ("style", "oil"),
    ("style", "\ud800"),
    ("ratio", ""),
    ("ratio", "3:2"),
    ("ratio", "0:0"),
    ("ratio", "1:1 "),
    ("seed", -1),
    ("seed", -(2**31)),
    ("steps", 0),
    ("steps", -1),
    ("steps", 51),
    ("guidance", -0.1),
    ("guidance", 20.1),
    ("guidance", 1e308),
    ("idempotencyKey", ""),
    ("idempotencyKey", "  "),
    ("idempotencyKey", "k" * 256),
    ("idempotencyKey", "k\0"),
    ("idempotencyKey", "\ud800"),
]


async def test_a_bad_value_is_named_and_nothing_is_written_or_held(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    before, accounts = row_counts(database_url), sql(database_url, "SELECT * FROM credit_accounts")

    for field, value in BAD_VALUES:
        refused = await client.core("submit", {"prompt": "a cat", "idempotencyKey": "1"} | {field: value})
        told = (refused.get("code"), refused.get("path"), refused.get("retryable"))
        assert told == ("INVALID_INPUT", ["input", field], False), (field, value)

    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT * FROM credit_accounts") == accounts


@pytest.mark.parametrize(
    ("field", "literal"),
    [
        ("count", "2147483648"),
        ("count", "1.5"),
        ("count", '"4"'),
        ("seed", "2147483648"),
        ("seed", "1e10"),
        ("steps", "true"),
        ("prompt", "7"),
        ("prompt", "null"),
        ("visibility", "EVERYBODY"),
        ("unknown", "1"),
    ],
)
async def test_a_value_of_another_type_fails_the_request(
    easel: Installation, database_url: str, field: str, literal: str
) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)
    fields = {"prompt": '"a cat"', "idempotencyKey": '"1"'} | {field: literal}
    written = ", ".join(f"{name}: {value}" for name, value in fields.items())

    answer = await client.post(f"mutation {{ submitGeneration(input: {{{written}}}) {{ __typename }} }}")

    assert {error["extensions"]["code"] for error in answer["errors"]} == {"BAD_USER_INPUT"}
    assert row_counts(database_url) == before


async def test_guidance_that_is_infinite_or_no_number_is_refused(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    before = row_counts(database_url)

    # written in the document, it is out of range
    for literal in ("1e999", "-1e999"):
        document = 'mutation { submitGeneration(input: {prompt: "a cat", idempotencyKey: "1", guidance: %s}) '
        answer = await client.data(document % literal + "{ ... on UserError { code path } } }")
        assert answer["submitGeneration"] == {"code": "INVALID_INPUT", "path": ["input", "guidance"]}

    # written in the variables, it is no JSON
    for literal in ("NaN", "Infinity", "-Infinity", "1e999"):
        variables = f'{{"input": {{"prompt": "a cat", "idempotencyKey": "1", "guidance": {literal}}}}}'
        body = f'{{"query": {json.dumps(CORE["submit"])}, "variables": {variables}}}'
        async with http_client() as http:
            headers = client.headers | {"content-type": "application/json"}
            response = await http.post(f"{easel.url}/graphql", content=body, headers=headers)
        assert response.status_code == 400
        assert response.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert row_counts(database_url) == before


async def test_without_enough_credits_nothing_is_written_or_held(easel: Installation, database_url: str) -> None:
    # given somebody with 3 credits
    client = await easel.signed_up()
    leave(database_url, 3)
    before = row_counts(database_url)

    # when 4 images are asked for
    refused = await client.submit("a cat", "1", count=4)

    # then the shortfall is told
    assert (refused["needed"], refused["available"]) == (4, 3)
    assert (refused["code"], refused["retryable"]) == ("INSUFFICIENT_CREDITS", False)
    assert row_counts(database_url) == before
    assert (await client.core("me"))["creditAccount"] == {"balance": 3, "held": 0}

    # and the key is free for what can be paid
    assert "job" in await client.submit("a cat", "1", count=3, steps=1)


async def test_strangers_can_not_generate(easel: Installation, database_url: str) -> None:
    before = row_counts(database_url)
    for document, given in (
        (CORE["submit"], {"prompt": "", "idempotencyKey": ""}),
        (CORE["cancel"], {"jobId": "job_" + "0" * 32}),
    ):
        answer = await easel.client().post(document, {"input": given})
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    for document in ('{ generationJob(id: "x") { id } }', "{ generationJobs { nodes { id } } }"):
        answer = await easel.client().post(document)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]
    with pytest.raises(StreamError) as refused:
        _ = [event async for event in easel.client().watch("job_" + "0" * 32)]
    assert refused.value.code == "UNAUTHENTICATED"
    assert row_counts(database_url) == before


MALFORMED = ["", "job_", "job", "x", "job_" + "0" * 31, "job_" + "0" * 32, "job_" + "g" * 32, "JOB_" + "0" * 32]
MALFORMED += ["job_" + "٠" * 32, "job_{" + "0" * 30 + "}", "job_\0", "job_\ud800", "_" * 40, "x" * 10_000]


async def test_a_job_that_is_not_ones_own_is_nowhere(easel: Installation, database_url: str) -> None:
    # given a job of somebody else's
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    foreign = (await owner.submit("a secret cat", "1", count=1, steps=1))["job"]["id"]
    holds = sql(database_url, "SELECT count(*), sum(amount) FROM holds")
    nodes = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }"

    # then it is not to be read, canceled or watched, nor is what is no job
    for job_id in (foreign, stranger.viewer_id, *MALFORMED):
        assert (await stranger.data(JOB, {"id": job_id}))["generationJob"] is None, job_id
        assert (await stranger.core("cancel", {"jobId": job_id}))["code"] == "NOT_FOUND", job_id
        found = stranger.viewer_id if job_id == stranger.viewer_id else None
        assert (await stranger.data(nodes, {"id": job_id}))["node"] == (found and {"id": found}), job_id
        with pytest.raises(StreamError) as refused:
            _ = [event async for event in stranger.watch(job_id)]
        assert refused.value.code == "NOT_FOUND", job_id
    assert sql(database_url, "SELECT count(*), sum(amount) FROM holds") == holds

    # nor is it in a stranger's list
    own = (await stranger.data("{ generationJobs { nodes { id } totalCount } }"))["generationJobs"]
    assert own == {"nodes": [], "totalCount": 0}


async def test_slots_and_entries_of_somebody_else_are_nowhere(easel: Installation) -> None:
    owner, stranger = await easel.signed_up(), await easel.signed_up()
    job_id = (await owner.submit("a secret cat", "1", count=1, steps=1))["job"]["id"]
    _ = [event async for event in owner.watch(job_id)]
    whole = """{ viewer { creditAccount { id ledger { nodes { id } } } sessions { id } assets { nodes { id } } }
                 generationJobs { nodes { id slots { id } } } }"""
    data = await owner.data(whole)
    viewer, (job,) = data["viewer"], data["generationJobs"]["nodes"]
    ids = [viewer["creditAccount"]["id"], job["id"], job["slots"][0]["id"], viewer["sessions"][0]["id"]]
    ids += [node["id"] for node in viewer["creditAccount"]["ledger"]["nodes"] + viewer["assets"]["nodes"]]
    assert len(ids) == 8
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert [node["id"] for node in (await owner.data(nodes, {"ids": ids}))["nodes"]] == ids
    for who in (stranger, easel.client()):
        assert (await who.data(nodes, {"ids": ids}))["nodes"] == [None] * 8


async def test_styles_tell_their_recipes(easel: Installation) -> None:
    styles = (await easel.client().data("{ styles { id recipe recipeNegative } }"))["styles"]
    assert [style["id"] for style in styles][:2] == ["realistic", "anime"]
    assert all(style["recipe"].count("{prompt}") == 1 and style["recipeNegative"] for style in styles)
