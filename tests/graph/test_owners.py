"""Characters, stories and original chats: made, changed, found, deleted, and told to engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from audit import check_rows
from gallery_client import create, hang, ids, owner_of, painted
from stored import row_counts, sql

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

KINDS = [("Character", "characters"), ("Story", "stories"), ("OrigChat", "origChats")]
TEXTS = ("name", "description", "personality", "tone", "world", "summary")
DRAFT = "query($owner: ID!) { promptDraft(owner: $owner) { prompt style ratio count owner { id } } }"


def field_of(kind: str) -> str:
    return kind[0].lower() + kind[1:]


async def run(client: Any, verb: str, kind: str, **given: Any) -> Any:  # noqa: ANN401
    inner = f"{field_of(kind)} {{ id {' '.join(TEXTS)} visibility user {{ id }} }}" if verb != "delete" else "deletedId"
    query = f"""mutation($input: {verb.title()}{kind}Input!) {{ {verb}{kind}(input: $input) {{
      ... on {verb.title()}{kind}Success {{ {inner} }} ... on UserError {{ code path }} }} }}"""
    return (await client.data(query, {"input": given}))[f"{verb}{kind}"]


@pytest.mark.parametrize(("kind", "listed"), KINDS)
async def test_an_owner_is_made_changed_and_deleted(
    easel: Installation, database_url: str, kind: str, listed: str
) -> None:
    client = await easel.signed_up()
    texts = {name: f" {name} 하루 🌸 " for name in TEXTS}

    made = (await run(client, "create", kind, **texts))[field_of(kind)]
    assert {name: made[name] for name in TEXTS} == {name: f"{name} 하루 🌸" for name in TEXTS}
    assert (made["visibility"], made["user"]) == ("PUBLIC", {"id": client.viewer_id})

    changed = (await run(client, "update", kind, id=made["id"], tone="", visibility="UNLISTED"))[field_of(kind)]
    assert changed == made | {"tone": "", "visibility": "UNLISTED"}

    picture = hang(database_url, client, made["id"], 2)
    deleted = await run(client, "delete", kind, id=made["id"])
    assert deleted == {"deletedId": made["id"]}
    assert await owner_of(client, made["id"]) is None
    # and its pictures stay, in no gallery
    lists = f"user {{ {listed} {{ nodes {{ id }} }} }}"
    mine = await client.data(f"{{ viewer {{ assets {{ nodes {{ id isPrimary ownerId }} }} {lists} }} }}")
    assert {each["id"] for each in mine["viewer"]["assets"]["nodes"]} == set(picture)
    assert all(not each["isPrimary"] and each["ownerId"] is None for each in mine["viewer"]["assets"]["nodes"])
    assert mine["viewer"]["user"][listed]["nodes"] == []
    assert await run(client, "delete", kind, id=made["id"]) == {"code": "NOT_FOUND", "path": ["input", "id"]}
    check_rows(database_url)


async def test_values_that_can_not_be_and_strangers_change_nothing(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    owner = await create(client, "Story", name="별")
    before = row_counts(database_url), sql(database_url, "SELECT * FROM owner_entities")

    for wrong in ({"name": ""}, {"name": "x" * 101}, {"name": "\u3164"}, {"summary": "x" * 2001}, {"world": "\0"}):
        refused = await run(client, "update", "Story", **({"id": owner} | wrong))
        assert refused == {"code": "INVALID_INPUT", "path": ["input", next(iter(wrong))]}
        refused = await run(client, "create", "Story", **({"name": "x"} | wrong))
        assert refused == {"code": "INVALID_INPUT", "path": ["input", next(iter(wrong))]}
    for verb, kind, key in (
        ("update", "Story", owner),
        ("delete", "Story", owner),
        ("delete", "Character", owner.replace("story", "character")),
    ):
        refused = await run(stranger, verb, kind, id=key)
        assert refused == {"code": "NOT_FOUND", "path": ["input", "id"]}
    assert (await run(client, "delete", "Character", id=owner.replace("story", "character")))["code"] == "NOT_FOUND"
    assert (row_counts(database_url), sql(database_url, "SELECT * FROM owner_entities")) == before


async def test_a_user_has_a_thousand_of_them_at_most(easel: Installation, database_url: str) -> None:
    client = await easel.signed_up()
    user = UUID(client.viewer_id.partition("_")[2])
    many = (
        "INSERT INTO galleries (id, user_id, kind, image_count, version, visibility, deleted_at)"
        " SELECT gen_random_uuid(), %s, kind, 0, 0, 'PUBLIC', deleted FROM generate_series(1, %s),"
        " (VALUES ('STORY', NULL), ('CHARACTER', now())) AS given (kind, deleted)"
    )
    sql(database_url, many, user, 999)
    last = await create(client, "Character")
    before = row_counts(database_url)

    for kind in ("Character", "Story", "OrigChat"):
        refused = await run(client, "create", kind, name="one more")
        assert refused == {"code": "INVALID_INPUT", "path": ["input", "name"]}
    assert row_counts(database_url) == before

    await run(client, "delete", "Character", id=last)
    assert await create(client, "OrigChat")


async def test_a_private_owner_and_its_gallery_are_seen_by_nobody_else(easel: Installation, database_url: str) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    owner = await create(client, visibility="PRIVATE")
    (picture,) = hang(database_url, client, owner, 1)
    listed = "query($id: ID!) { node(id: $id) { ... on User { characters { totalCount nodes { id } } } } }"

    for visibility, is_seen, is_listed in (
        ("PRIVATE", False, False),
        ("UNLISTED", True, False),
        ("PUBLIC", True, True),
    ):
        await run(client, "update", "Character", id=owner, visibility=visibility)
        for other in (stranger, easel.client()):
            found = await owner_of(other, owner)
            assert (found is not None) is is_seen, visibility
            assert ((await other.core("one", id=picture)) is not None) is is_seen
            page = (await other.data(listed, {"id": client.viewer_id}))["node"]["characters"]
            assert page["nodes"] == ([{"id": owner}] if is_listed else [])
        assert ids(await owner_of(client, owner)) == [picture]


async def test_a_draft_says_what_is_told_of_an_owner(easel: Installation) -> None:
    client, stranger = await easel.signed_up(), await easel.signed_up()
    owner = await create(
        client,
        name="하루",
        description="은발의 소녀.",
        personality="장난기 많음",
        tone="반말",
        world="겨울 도시",
        summary="",
    )
    long = await create(client, "OrigChat", name="Haru", world="snow " * 300)

    draft = (await client.data(DRAFT, {"owner": owner}))["promptDraft"]
    assert draft == {
        "prompt": "하루, 은발의 소녀, 장난기 많음, 반말, 겨울 도시",
        "style": "realistic",
        "ratio": "3:4",
        "count": 4,
        "owner": {"id": owner},
    }
    prompt = (await client.data(DRAFT, {"owner": long}))["promptDraft"]["prompt"]
    assert prompt.startswith("Haru, snow")
    assert (len(prompt) <= 500, prompt.endswith("snow")) == (True, True)
    assert (await client.data(DRAFT, {"owner": client.viewer_id}))["promptDraft"]["prompt"]
    for other, given in ((stranger, owner), (client, "nothing"), (client, stranger.viewer_id)):
        answer = await other.post(DRAFT, {"owner": given})
        assert answer["errors"][0]["extensions"]["code"] == "NOT_FOUND"


async def test_jobs_of_an_owner_are_listed_and_a_long_prompt_is_taken_as_it_is(easel: Installation) -> None:
    client = await easel.signed_up()
    owner, other = await create(client), await create(client)
    prompt = "겨울 도시의 은발 소녀 🌸 " * 40

    await painted(client, owner, 1, prompt.strip())
    await painted(client, None, 1)

    query = "query($f: GenerationJobFilter) { generationJobs(filter: $f) { nodes { prompt owner { id } } } }"
    jobs = (await client.data(query, {"f": {"ownerId": owner}}))["generationJobs"]["nodes"]
    assert jobs == [{"prompt": prompt.strip(), "owner": {"id": owner}}]
    for nothing in (other, "nothing"):
        assert (await client.data(query, {"f": {"ownerId": nothing}}))["generationJobs"]["nodes"] == []
    assert len((await client.data(query, {}))["generationJobs"]["nodes"]) == 2


async def test_pictures_of_an_owner_that_was_deleted_meanwhile_are_the_users(
    easel: Installation, database_url: str
) -> None:
    client = await easel.signed_up()
    owner = await create(client)
    job = await client.submit("a cat", key="k", count=2, ownerId=owner, size={"width": 64, "height": 64}, steps=2)
    await run(client, "delete", "Character", id=owner)
    events = [event async for event in client.watch(job["job"]["id"])]
    assert events[-1]["job"]["status"] == "SUCCEEDED"
    found = await client.data("{ viewer { assets { nodes { ownerId isPrimary } } } }")
    assert found["viewer"]["assets"]["nodes"] == [{"ownerId": None, "isPrimary": False}] * 2
    check_rows(database_url)
