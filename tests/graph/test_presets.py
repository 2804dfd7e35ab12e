"""Presets: saved, listed, shared, loaded into jobs, and refused without a trace."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import pytest

from domain import presets_settings
from local_graph import local_graph
from preset_client import DELETE, LIST, PRESET, SAVE, ask, draft_of, listed, loaded, saved
from stored import leave, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from conftest import Installation
    from domain.ports import Judgement, PromptGuard

pytestmark = pytest.mark.anyio

WHOLE: Final = {
    "name": "벚꽃 필름",
    "prompt": "soft light, {prompt}, 35 mm film",
    "negativePrompt": "text",
    "style": "anime",
    "ratio": "16:9",
    "count": 2,
    "engine": "sandbox",
    "steps": 3,
    "guidance": 2.5,
    "seed": 7,
}
NODE: Final = "query($id: ID!) { node(id: $id) { id ... on PromptPreset { name useCount viewerCanEdit } } }"


async def test_a_preset_is_saved_changed_and_deleted(easel: Installation) -> None:
    client = await easel.signed_up()

    made = await ask(client, SAVE, **WHOLE | {"name": "  e\u0301 벚꽃  "})

    preset = made["preset"]
    assert preset == WHOLE | {
        "id": preset["id"],
        "name": "é 벚꽃",
        "width": None,
        "height": None,
        "isAvailable": True,
        "visibility": "PRIVATE",
        "contentLevel": "GENERAL",
        "author": {"id": client.viewer_id},
        "useCount": 0,
        "viewerCanEdit": True,
        "createdAt": preset["createdAt"],
        "updatedAt": preset["updatedAt"],
    }
    # what is left out stays, a size takes the place of a ratio, and null takes a seed away
    changed = (await ask(client, SAVE, id=preset["id"], size={"width": 512, "height": 256}, seed=None))["preset"]
    assert changed == preset | {
        "ratio": "2:1",
        "width": 512,
        "height": 256,
        "seed": None,
        "updatedAt": changed["updatedAt"],
    }
    assert changed["updatedAt"] > preset["updatedAt"]
    again = (await ask(client, SAVE, id=preset["id"], ratio="3:4"))["preset"]
    assert (again["ratio"], again["width"], again["height"]) == ("3:4", None, None)

    gone = await ask(client, DELETE, presetId=preset["id"])
    assert gone == {"deletedId": preset["id"], "viewer": {"id": client.viewer_id}}
    assert await listed(client) == []


async def test_a_preset_of_a_name_alone_has_the_defaults(easel: Installation) -> None:
    client = await easel.signed_up()
    preset = (await ask(client, SAVE, name="plain"))["preset"]
    values = {name: preset[name] for name in ("prompt", "style", "ratio", "count", "engine", "steps", "guidance")}
    assert values == {
        "prompt": "",
        "style": "realistic",
        "ratio": "3:4",
        "count": 4,
        "engine": "sandbox",
        "steps": 12,
        "guidance": 5.0,
    }


async def test_what_can_not_be_saved_is_named_and_nothing_is_written(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    mine, theirs = await saved(client), await saved(stranger, visibility="PUBLIC")
    before = row_counts(database_url), sql(database_url, "SELECT * FROM prompt_presets ORDER BY id")

    refusals: list[tuple[dict[str, Any], str, str]] = [
        ({"name": None}, "INVALID_INPUT", "name"),
        ({"name": " \u3164 "}, "INVALID_INPUT", "name"),
        ({"name": "x" * 81}, "INVALID_INPUT", "name"),
        ({"name": "a\0"}, "INVALID_INPUT", "name"),
        ({"prompt": "x" * 2_001}, "INVALID_INPUT", "prompt"),
        ({"negativePrompt": "\ud800"}, "INVALID_INPUT", "negativePrompt"),
        ({"style": "oil"}, "INVALID_INPUT", "style"),
        ({"ratio": "3:2"}, "INVALID_INPUT", "ratio"),
        ({"size": {"width": 64, "height": 64}}, "INVALID_INPUT", "size"),
        ({"ratio": None, "size": {"width": 65, "height": 64}}, "INVALID_INPUT", "width"),
        ({"count": 9}, "INVALID_INPUT", "count"),
        ({"engine": "diffusers"}, "INVALID_INPUT", "engine"),
        ({"steps": 51}, "INVALID_INPUT", "steps"),
        ({"guidance": 20.5}, "INVALID_INPUT", "guidance"),
        ({"seed": -1}, "INVALID_INPUT", "seed"),
        ({"id": theirs}, "NOT_FOUND", "id"),
        ({"id": "preset_1"}, "NOT_FOUND", "id"),
        ({"id": client.viewer_id}, "NOT_FOUND", "id"),
        ({"id": mine, "count": 0}, "INVALID_INPUT", "count"),
    ]
    for wrong, code, field in refusals:
        refused = await ask(client, SAVE, **WHOLE | wrong)
        assert (refused["code"], refused["path"][-1]) == (code, field), wrong
    for preset in (theirs, "preset_1", "nothing"):
        refused = await ask(client, DELETE, presetId=preset)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "presetId"])
    answer = await easel.client().post(SAVE, {"input": WHOLE})
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"

    assert (row_counts(database_url), sql(database_url, "SELECT * FROM prompt_presets ORDER BY id")) == before


async def test_there_are_two_hundred_at_most(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    first = await saved(client)
    columns = "user_id, prompt, negative_prompt, style, ratio, count, engine, steps, guidance, visibility"
    copies = "INSERT INTO prompt_presets (id, name, {0}, content_level, use_count, created_at, updated_at)"
    copies += " SELECT gen_random_uuid(), 'copy', {0}, 'GENERAL', 0, now(), now() FROM prompt_presets,"
    sql(database_url, f"{copies.format(columns)} generate_series(2, {presets_settings.MAXIMUM_PRESETS})")
    before = row_counts(database_url)

    refused = await ask(client, SAVE, **WHOLE)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "name"])
    assert refused["message"] == "You may have 200 presets."
    assert row_counts(database_url) == before

    assert "preset" in await ask(client, SAVE, id=first, name="changed")
    await ask(client, DELETE, presetId=first)
    assert "preset" in await ask(client, SAVE, **WHOLE)


async def test_presets_are_shared_by_their_visibility(easel: Installation) -> None:
    client, stranger, guest = await easel.signed_up(), await easel.signed_up(), easel.client()
    preset = await saved(client, name="Film 100%", prompt="벚꽃 길")

    for visibility, is_found, is_listed in (
        ("PRIVATE", False, False),
        ("UNLISTED", True, False),
        ("PUBLIC", True, True),
    ):
        await ask(client, SAVE, id=preset, visibility=visibility)
        for other in (stranger, guest):
            found = (await other.data(NODE, {"id": preset}))["node"]
            assert (found is not None) is is_found, visibility
            assert found is None or not found["viewerCanEdit"]
            assert await listed(other, scope="PUBLIC") == ([preset] if is_listed else [])
            assert await listed(other) == []
        assert await listed(client) == await listed(client, scope="MINE") == [preset]

    never = ("100_", "cat", "\0", "\ud800")
    for text, is_in in (("film 100%", True), ("벚꽃", True), *((each, False) for each in never)):
        assert await listed(guest, scope="PUBLIC", text=text) == ([preset] if is_in else []), text
        assert await listed(client, text=text) == ([preset] if is_in else []), text


async def test_lists_of_presets_come_in_pages(easel: Installation) -> None:
    client = await easel.signed_up()
    made = [await saved(client, name=f"{number}", visibility="PUBLIC") for number in range(5)]
    for scope in ("MINE", "PUBLIC"):
        found, after = [], None
        while True:
            page = (await client.data(LIST, {"filter": {"scope": scope}, "first": 2, "after": after}))["promptPresets"]
            found += [node["id"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert (found, page["totalCount"]) == (made[::-1], 5)


async def test_words_are_judged_once_they_are_shared(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    hidden = await saved(client, name="n", prompt="two people having s3x")
    before = row_counts(database_url), sql(database_url, "SELECT * FROM prompt_presets")

    refused = [
        await ask(client, SAVE, id=hidden, visibility="PUBLIC"),
        await ask(client, SAVE, name="fine", prompt="포르노", visibility="UNLISTED"),
        await ask(client, SAVE, name="포르노", visibility="PUBLIC"),
    ]

    assert [(each["code"], each["path"]) for each in refused] == [
        ("CONTENT_BLOCKED", ["input", "prompt"]),
        ("CONTENT_BLOCKED", ["input", "prompt"]),
        ("CONTENT_BLOCKED", ["input", "name"]),
    ]
    counts, rows = before
    assert row_counts(database_url) == counts | {"guard_decisions": counts["guard_decisions"] + 3}
    assert sql(database_url, "SELECT * FROM prompt_presets") == rows

    # what may be shared, but not with everybody, is in the lists of those who want to see it
    shared = await ask(client, SAVE, name="statue", prompt="a nude statue", visibility="PUBLIC", steps=1)
    assert shared["preset"]["contentLevel"] == "MATURE"
    assert [each["code"] for each in shared["warnings"]] == ["CONTENT_WARNED"]
    assert await listed(client, scope="PUBLIC") == [shared["preset"]["id"]]
    assert await listed(stranger, scope="PUBLIC") == []
    # and words that were saved in private are judged when they are used
    assert (await loaded(client, hidden))["code"] == "CONTENT_BLOCKED"


async def test_a_job_takes_from_its_preset_what_the_input_leaves_out(easel: Installation) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    preset = await saved(author, **WHOLE | {"visibility": "UNLISTED"})

    job = (await loaded(client, preset))["job"]

    settings = {name: value for name, value in WHOLE.items() if name != "name"}
    assert {name: job[name] for name in settings} == settings
    assert job["preset"] == {"id": preset, "useCount": 1}

    own: dict[str, Any] = {
        "prompt": "a cat",
        "negativePrompt": "",
        "style": "line-art",
        "count": 1,
        "steps": 1,
        "seed": 0,
    }
    other = (await loaded(client, preset, **own, guidance=0.0, size={"width": 64, "height": 128}))["job"]
    assert {name: other[name] for name in own} == own
    assert (other["guidance"], other["ratio"], other["width"]) == (0.0, "1:2", 64)
    assert other["preset"] == {"id": preset, "useCount": 2}
    # what nobody filled has none, and a preset without a prompt fills none
    assert (await client.submit("x", "none", count=1))["job"]
    assert (await loaded(client, await saved(client, name="silent")))["path"] == ["input", "prompt"]


async def test_a_use_is_counted_once_for_a_job_whatever_became_of_the_preset(
    easel: Installation, database_url: str
) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    preset = await saved(author, visibility="UNLISTED", prompt="first", count=1)
    job = (await loaded(client, preset, key="k"))["job"]

    assert (await loaded(client, preset, key="k"))["job"] == job
    await ask(author, SAVE, id=preset, prompt="second", steps=2)
    assert (await loaded(client, preset, key="k"))["job"] == job
    assert sql(database_url, "SELECT use_count FROM prompt_presets") == [(1,)]
    assert (await loaded(client, preset, key="k", seed=1))["code"] == "IDEMPOTENCY_CONFLICT"
    assert (await client.submit("first", "k"))["code"] == "IDEMPOTENCY_CONFLICT"

    for away in ({"mutation": SAVE, "id": preset, "visibility": "PRIVATE"}, {"mutation": DELETE, "presetId": preset}):
        assert "code" not in await ask(author, **away)
        assert (await loaded(client, preset, key="k"))["job"] == job | {"preset": None}
    assert sql(database_url, "SELECT count(*) FROM generation_jobs") == [(1,)]


async def test_a_preset_that_may_not_be_loaded_makes_no_job(easel: Installation, database_url: str) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    foreign, gone = await saved(author, prompt="a cat"), await saved(author, visibility="PUBLIC")
    await ask(author, DELETE, presetId=gone)
    await until(lambda: not sql(database_url, "SELECT id FROM outbox LIMIT 1"))
    before = row_counts(database_url)

    for preset in (foreign, gone, "preset_1", client.viewer_id):
        refused = await loaded(client, preset)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "presetId"])
        quote = await client.data(
            "query($i: SubmitGenerationInput!) { generationQuote(input: $i) { ... on UserError { code } } }",
            {"i": {"presetId": preset, "idempotencyKey": "k"}},
        )
        assert quote["generationQuote"] == {"code": "NOT_FOUND"}
    leave(database_url, 0)
    assert (await loaded(author, foreign))["code"] == "INSUFFICIENT_CREDITS"

    assert row_counts(database_url) == before | {"ledger_entries": before["ledger_entries"] + 2}
    assert sql(database_url, "SELECT use_count FROM prompt_presets") == [(0,)]


class Meanwhile:
    """A guard that judges as ever, after something else has happened."""

    def __init__(self, guard: PromptGuard, happen: Callable[[], Awaitable[object]]) -> None:
        self.guard, self.happen = guard, happen

    async def judge(self, text: str) -> Judgement:
        await self.happen()
        return await self.guard.judge(text)


@pytest.mark.parametrize("change", [{"visibility": "PRIVATE"}, None], ids=["hidden", "deleted"])
async def test_a_preset_that_goes_away_while_a_job_is_submitted_makes_none(
    database_url: str, redis_url: str, tmp_path: Path, easel: Installation, change: dict[str, str] | None
) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    preset = await saved(author, visibility="PUBLIC", prompt="a cat")
    document = """mutation($i: SubmitGenerationInput!) {
      submitGeneration(input: $i) { __typename ... on UserError { code path } } }"""
    given = {"i": {"presetId": preset, "idempotencyKey": "k"}}

    async def go_away() -> None:
        result = await (ask(author, SAVE, id=preset, **change) if change else ask(author, DELETE, presetId=preset))
        assert "code" not in result

    async with local_graph(database_url, redis_url, tmp_path) as graph:
        before = row_counts(database_url)
        services = replace(graph.services, guard=Meanwhile(graph.services.guard, go_away))
        refused = await replace(graph, services=services).run(document, given, client.viewer_id)

        assert refused["submitGeneration"] == {
            "__typename": "NotFound",
            "code": "NOT_FOUND",
            "path": ["input", "presetId"],
        }
        left = before["prompt_presets"] if change else 0
        assert row_counts(database_url) == before | {"prompt_presets": left}


async def test_a_preset_whose_engine_is_gone_says_so(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    preset = await saved(client, steps=40, size={"width": 64, "height": 64}, prompt="a cat")
    sql(database_url, "UPDATE prompt_presets SET engine = 'sd15'")
    before = row_counts(database_url)

    found = (await client.data(f"query($id: ID!) {{ node(id: $id) {{ ... {PRESET} }} }}", {"id": preset}))["node"]
    assert (found["engine"], found["isAvailable"]) == ("sd15", False)
    refused = await loaded(client, preset)
    assert refused == {
        "code": "ENGINE_GONE",
        "path": ["input", "presetId"],
        "message": "This preset is for the engine “sd15”, which does not run here any more. Choose one of: sandbox.",
        "retryable": False,
        "engine": "sd15",
        "engines": ["sandbox"],
    }
    assert (await ask(client, SAVE, id=preset, name="other"))["path"] == ["input", "engine"]
    assert row_counts(database_url) == before
    draft = await draft_of(client, client.viewer_id, preset)
    assert (draft["engine"], draft["steps"], draft["width"], draft["ratio"]) == (None, None, None, "1:1")

    # and another engine takes the words, with steps and size of its own
    job = (await loaded(client, preset, engine="sandbox"))["job"]
    assert (job["prompt"], job["steps"], job["ratio"], job["width"]) == ("a cat", 12, "1:1", 1024)
    assert "preset" in await ask(client, SAVE, id=preset, engine="sandbox")
