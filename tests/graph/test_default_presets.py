"""Defaults of owners: the preset that drafts for a character, story, chat or user are made with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gallery_client import create
from preset_client import DELETE, SAVE, SET_DEFAULT, ask, draft_of, saved
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

DEFAULT = "query($id: ID!) { node(id: $id) { ... on MediaOwner { defaultPreset { id } } } }"


async def test_a_draft_is_made_with_the_default_of_its_owner(easel: Installation) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    for kind in ("Character", "Story", "OrigChat", "User"):
        owner = client.viewer_id if kind == "User" else await create(client, kind, name="Haru", description="silver")
        said = (await draft_of(client, owner))["prompt"]
        preset = await saved(author, prompt="soft light", style="anime", steps=3, seed=5, visibility="UNLISTED")

        result = await ask(client, SET_DEFAULT, ownerId=owner, presetId=preset)

        assert result == {"owner": {"id": owner, "defaultPreset": {"id": preset}}}
        assert await draft_of(client, owner) == {
            "prompt": f"{said}, soft light",
            "negativePrompt": "",
            "style": "anime",
            "ratio": "3:4",
            "width": None,
            "height": None,
            "count": 4,
            "engine": "sandbox",
            "steps": 3,
            "guidance": 5.0,
            "seed": 5,
            "preset": {"id": preset},
            "owner": {"id": owner},
        }
        # nobody else is told of it
        assert (await author.data(DEFAULT, {"id": owner}))["node"] == {"defaultPreset": None}
        # another preset takes its place where it is asked for, and none where it is taken away
        other = await saved(client, name="sized", prompt="", size={"width": 64, "height": 128})
        draft = await draft_of(client, owner, other)
        assert (draft["prompt"], draft["width"], draft["height"]) == (said, 64, 128)
        assert await ask(client, SET_DEFAULT, ownerId=owner, presetId=None) == {
            "owner": {"id": owner, "defaultPreset": None}
        }
        assert (await draft_of(client, owner))["preset"] is None


async def test_words_of_an_owner_give_way_to_a_long_prompt(easel: Installation) -> None:
    client = await easel.signed_up()
    owner = await create(client, name="Haru", world="snow " * 200)
    draft = await draft_of(client, owner, await saved(client, prompt="x" * 1_985))
    assert (draft["prompt"], len(draft["prompt"])) == ("Haru, snow, " + "x" * 1_985, 1_997)
    assert (await draft_of(client, owner, await saved(client, prompt="x" * 2_000)))["prompt"] == "x" * 2_000


async def test_a_default_that_goes_away_leaves_none(easel: Installation) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    owner = await create(client)
    preset = await saved(author, visibility="PUBLIC")
    await ask(client, SET_DEFAULT, ownerId=owner, presetId=preset)

    await ask(author, SAVE, id=preset, visibility="PRIVATE")
    assert ((await draft_of(client, owner))["preset"], (await client.data(DEFAULT, {"id": owner}))["node"]) == (
        None,
        {"defaultPreset": None},
    )
    await ask(author, SAVE, id=preset, visibility="PUBLIC")
    assert (await draft_of(client, owner))["preset"] == {"id": preset}
    await ask(author, DELETE, presetId=preset)
    assert (await draft_of(client, owner))["preset"] is None


async def test_defaults_that_can_not_be_change_nothing(easel: Installation, database_url: str) -> None:
    author, client = await easel.signed_up(), await easel.signed_up()
    foreign, mine = await saved(author), await saved(client)
    owner, theirs = await create(client), await create(author)
    before = row_counts(database_url), sql(database_url, "SELECT * FROM galleries ORDER BY id")

    for given, field in (
        ({"ownerId": owner, "presetId": foreign}, "presetId"),
        ({"ownerId": owner, "presetId": "preset_1"}, "presetId"),
        ({"ownerId": theirs, "presetId": mine}, "ownerId"),
        ({"ownerId": author.viewer_id, "presetId": None}, "ownerId"),
        ({"ownerId": "nothing", "presetId": None}, "ownerId"),
    ):
        refused = await ask(client, SET_DEFAULT, **given)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", field]), given
    query = "query($owner: ID!, $preset: ID) { promptDraft(owner: $owner, presetId: $preset) { prompt } }"
    for preset in (foreign, "preset_1"):
        answer = await client.post(query, {"owner": owner, "preset": preset})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert (row_counts(database_url), sql(database_url, "SELECT * FROM galleries ORDER BY id")) == before
