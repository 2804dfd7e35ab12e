"""Collections, characters, stories and original chats are judged as artworks are; people see what was said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from court import ERROR, Court, court
from people import key_in
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

MADE: Final = {
    "collections": ("upsertCollection", "UpsertCollection", "collection", {"title": "x", "visibility": "PUBLIC"}),
    "characters": ("createCharacter", "CreateCharacter", "character", {"name": "x"}),
    "stories": ("createStory", "CreateStory", "story", {"name": "x"}),
    "origChats": ("createOrigChat", "CreateOrigChat", "origChat", {"name": "x"}),
}
"""How each is made, by the list of `User` that it is in."""
JUDGED: Final = """... on Artwork { moderation { id effect actor { id } } } ... on Comment { moderation { id effect }}
  ... on User { moderation { id effect } } ... on Collection { moderation { id effect } }
  ... on Character { moderation { id effect } } ... on Story { moderation { id effect } }
  ... on OrigChat { moderation { id effect } }"""
QUEUE: Final = "{ moderationQueue { nodes { subjectKind subject { __typename ... on Node { id } } images { id } } } }"


@pytest.fixture
async def place(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Court]:
    async with court(database_url, redis_url, tmp_path) as opened:
        yield opened


async def made(place: Court, who: str, name: str) -> str:
    mutation, kind, field, given = MADE[name]
    document = f"""mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{
      ... on {kind}Success {{ {field} {{ id }} }} {ERROR} }} }}"""
    found: str = (await place.ask(document, who, **given))[field]["id"]
    return found


async def seen(place: Court, who: str | None, author: str, name: str, *ids: str) -> list[bool]:
    """Return whether somebody sees a thing in the list of its owner, and each of the ids by itself."""
    document = f"""query($author: ID!, $ids: [ID!]!) {{
      node(id: $author) {{ ... on User {{ {name} {{ nodes {{ id }} }} }} }} nodes(ids: $ids) {{ id }} }}"""
    found = await place.graph.run(document, {"author": author, "ids": ids}, who)
    listed = [each["id"] for each in found["node"][name]["nodes"]]
    return [ids[0] in listed, *(each is not None for each in found["nodes"])]


@pytest.mark.parametrize("name", MADE)
async def test_what_is_hidden_is_its_owner_s_and_moderators_to_see_until_an_appeal(place: Court, name: str) -> None:
    # given a thing that everybody sees, with a picture in its gallery where it has one
    author, other = await place.user(), await place.user()
    thing = await made(place, author, name)
    ids = [thing]
    if name != "collections":
        ids.append(place.asset(author))
        sql(place.database_url, "UPDATE media_assets SET gallery_id = %s", key_in(thing))
    everything, nothing = [True] * (len(ids) + 1), [False] * (len(ids) + 1)
    for who in (author, other, None):
        assert await seen(place, who, author, name, *ids) == everything
    own = await place.report(author, thing)
    assert (own["code"], own["path"]) == ("INVALID_INPUT", ["input", "subjectId"])

    # when it is reported, then moderators see what the case is about
    case = await place.case(thing, other)
    (waiting,) = (await place.graph.run(QUEUE, None, place.mods[0]))["moderationQueue"]["nodes"]
    assert waiting["subject"]["id"] == thing
    assert waiting["subject"]["__typename"].upper() == waiting["subjectKind"].replace("_", "")
    assert [each["id"] for each in waiting["images"]] == ids[1:]

    # and it can not get a content level, which it has not
    before = row_counts(place.database_url)
    refused = await place.decide(place.mods[0], case, "UPHELD", "RELABEL", contentLevel="MATURE")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "effect"])
    assert row_counts(place.database_url) == before

    # when it is removed, then it is out of every list, and nobody else sees it
    ruling = (await place.decide(place.mods[0], case, "REMOVED", "REMOVE"))["decision"]["id"]
    is_in_own_list = name != "collections"  # which is of public ones, also for their owner
    assert await seen(place, author, author, name, *ids) == [is_in_own_list, *everything[1:]]
    for who in (other, None):
        assert await seen(place, who, author, name, *ids) == nothing
    assert await seen(place, place.mods[1], author, name, *ids) == [False, *everything[1:]]
    assert (await place.report(await place.user(), thing))["code"] == "NOT_FOUND"

    # and once that was wrong, it is there again
    await place.appeal(author, ruling)
    assert "case" in await place.decide(place.mods[1], case, "OVERTURNED", "NONE")
    for who in (author, other, None):
        assert await seen(place, who, author, name, *ids) == everything


async def test_the_one_concerned_and_moderators_read_the_decision_at_the_thing(place: Court) -> None:
    author, other = await place.user(), await place.user()
    things = {
        "comment": place.comment(author, await place.artwork(other)),
        "user": author,
        **{name: await made(place, author, name) for name in MADE},
    }
    node = f"query($id: ID!) {{ node(id: $id) {{ {JUDGED} }} }}"
    for name, thing in things.items():
        assert (await place.graph.run(node, {"id": thing}, author))["node"]["moderation"] is None, name
        ruling = (await place.judged(thing, "WARN"))["decision"]["id"]
        for who in (author, *place.mods):
            told: Any = (await place.graph.run(node, {"id": thing}, who))["node"]["moderation"]
            assert told == {"id": ruling, "effect": "WARN"}, name
        for stranger in (other, None):
            assert (await place.graph.run(node, {"id": thing}, stranger))["node"]["moderation"] is None, name


async def test_what_is_deleted_is_judged_no_more(place: Court) -> None:
    author = await place.user()
    thing = await made(place, author, "characters")
    case = await place.case(thing)
    delete = f"""mutation($input: DeleteCharacterInput!) {{ deleteCharacter(input: $input) {{
      ... on DeleteCharacterSuccess {{ deletedId }} {ERROR} }} }}"""
    assert "deletedId" in await place.ask(delete, author, id=thing)
    assert (await place.report(await place.user(), thing))["code"] == "NOT_FOUND"
    refused = await place.decide(place.mods[0], case, "UPHELD", "HIDE")
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "effect"])
    assert "case" in await place.decide(place.mods[0], case, "UPHELD", "WARN")
