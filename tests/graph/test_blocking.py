"""Muting, blocking and hiding tags: what is written, refused and undone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from domain import blocks, counters
from domain.errors import NotFound
from local_graph import local_graph
from looks import build_world
from people import key_in, new_artwork, new_users, set_follow
from schema.context import Context
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

MUTE = """mutation($input: SetMuteInput!) { setMute(input: $input) {
  ... on SetMuteSuccess { user { id viewerMutes } viewer { mutedUsers { nodes { id } } } }
  ... on UserError { code path message } } }"""
BLOCK = """mutation($input: SetBlockInput!) { setBlock(input: $input) {
  ... on SetBlockSuccess {
    userId user { id } viewer { blockedUsers { nodes { id } } user { followerCount followingCount } } }
  ... on UserError { code path message } } }"""
PREFER = """mutation($input: UpdateContentPreferencesInput!) { updateContentPreferences(input: $input) {
  ... on UpdateContentPreferencesSuccess {
    viewer { contentPreferences { maxContentLevel } hiddenTags { name viewerHides } } }
  ... on UserError { code path } } }"""
FEED = "{ feed { nodes { title } } }"


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def ask(graph: LocalGraph, who: str, mutation: str, **given: Any) -> Any:  # noqa: ANN401
    (result,) = (await graph.run(mutation, {"input": given}, who)).values()
    return result


async def titles(graph: LocalGraph, who: str) -> list[str]:
    return [node["title"] for node in (await graph.run(FEED, viewer_id=who))["feed"]["nodes"]]


async def test_muting_takes_a_user_out_of_feeds_and_is_undone(graph: LocalGraph) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    await new_artwork(graph.services.db, bora, "hers")
    for _ in range(2):
        muted = await ask(graph, ann, MUTE, userId=bora, on=True)
        assert muted == {"user": {"id": bora, "viewerMutes": True}, "viewer": {"mutedUsers": {"nodes": [{"id": bora}]}}}
    assert await titles(graph, ann) == []
    assert await titles(graph, bora) == ["hers"]
    for _ in range(2):
        muted = await ask(graph, ann, MUTE, userId=bora, on=False)
        assert muted == {"user": {"id": bora, "viewerMutes": False}, "viewer": {"mutedUsers": {"nodes": []}}}
    assert await titles(graph, ann) == ["hers"]


async def test_blocking_ends_that_they_follow_each_other_and_their_counts(graph: LocalGraph) -> None:
    db = graph.services.db
    ann, bora, cem = await new_users(db, "ann", "bora", "cem")
    for one, other in ((ann, bora), (bora, ann), (cem, ann)):
        async with db.write() as tx:
            await set_follow(tx, key_in(one), key_in(other))
    for _ in range(2):
        assert await ask(graph, ann, BLOCK, userId=bora, on=True) == {
            "userId": bora,
            "user": None,
            "viewer": {
                "blockedUsers": {"nodes": [{"id": bora}]},
                "user": {"followerCount": 1, "followingCount": 0},
            },
        }
    async with db.read() as tx:
        for counter in (counters.USER_FOLLOWERS, counters.USER_FOLLOWING):
            assert await counters.differences(tx, counter) == []

    # then neither can follow the other
    for one, other in ((ann, bora), (bora, ann)):
        with pytest.raises(NotFound):
            async with db.write() as tx:
                await set_follow(tx, key_in(one), key_in(other))

    # and where both want it, it lasts until neither does
    await ask(graph, bora, BLOCK, userId=ann, on=True)
    for one, other in ((ann, bora), (bora, ann)):
        assert (await graph.run("query($id: ID!) { node(id: $id) { id } }", {"id": other}, one))["node"] is None
        undone = await ask(graph, one, BLOCK, userId=other, on=False)
        assert undone["viewer"]["blockedUsers"]["nodes"] == []
    assert undone["user"] == {"id": ann}


async def test_who_follows_while_they_are_blocked_does_not_follow_in_the_end(
    graph: LocalGraph, database_url: str
) -> None:
    db = graph.services.db
    ann, bora = map(key_in, await new_users(db, "ann", "bora"))

    async def follow() -> None:
        async with db.write() as tx:
            await set_follow(tx, bora, ann)

    # given a block that has not committed, and one who follows meanwhile
    async with db.write() as tx:
        await blocks.set_block(tx, ann, bora, on=True)
        following = asyncio.create_task(follow())
        await until(lambda: sql(database_url, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
    with pytest.raises(NotFound):
        await following
    assert sql(database_url, "SELECT count(*) FROM follows") == [(0,)]

    # and the other way round: the block ends what came before it
    async with db.write() as tx:
        await blocks.set_block(tx, ann, bora, on=False)

    async def block() -> None:
        async with db.write() as tx:
            await blocks.set_block(tx, ann, bora, on=True)

    async with db.write() as tx:
        await set_follow(tx, bora, ann)
        blocking = asyncio.create_task(block())
        await until(lambda: sql(database_url, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"))
    await blocking
    assert sql(database_url, "SELECT count(*) FROM follows") == [(0,)]
    assert sql(database_url, "SELECT DISTINCT follower_count, following_count FROM users") == [(0, 0)]


async def test_two_who_block_each_other_at_once_both_do(graph: LocalGraph, database_url: str) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    pairs = [(ann, bora), (bora, ann)] * 5
    done = await asyncio.gather(*(ask(graph, one, BLOCK, userId=other, on=True) for one, other in pairs))
    assert all(each["user"] is None for each in done)
    assert sql(database_url, "SELECT is_own FROM blocks") == [(True,)] * 2


@pytest.mark.parametrize("mutation", [MUTE, BLOCK])
async def test_who_is_not_there_is_refused_and_nothing_is_written(
    graph: LocalGraph, database_url: str, mutation: str
) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    artwork = await new_artwork(graph.services.db, bora)
    before = row_counts(database_url)
    oneself = await ask(graph, ann, mutation, userId=ann, on=True)
    assert (oneself["code"], oneself["path"]) == ("INVALID_INPUT", ["input", "userId"])
    for target in (f"user_{'0' * 32}", artwork, "", "\x00", "x" * 10_000):
        for on in (True, False):
            refused = await ask(graph, ann, mutation, userId=target, on=on)
            assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "userId"])
    assert row_counts(database_url) == before


async def test_hidden_tags_leave_feeds_and_come_back(graph: LocalGraph, database_url: str) -> None:
    db = graph.services.db
    ann, bora = await new_users(db, "ann", "bora")
    artwork = await new_artwork(db, bora, "a cat")
    await new_artwork(db, bora, "a dog")
    sql(database_url, "INSERT INTO tags (id, name) VALUES (gen_random_uuid(), 'cat')")
    sql(database_url, "INSERT INTO artwork_tags SELECT %s, id, 0 FROM tags", key_in(artwork))

    hidden = await ask(graph, ann, PREFER, hiddenTags=["#Cat", "ＣＡＴ", "never_used"], maxContentLevel="SENSITIVE")
    names = [{"name": "cat", "viewerHides": True}, {"name": "never_used", "viewerHides": True}]
    assert hidden["viewer"] == {"contentPreferences": {"maxContentLevel": "SENSITIVE"}, "hiddenTags": names}
    assert await titles(graph, ann) == ["a dog"]
    assert await titles(graph, bora) == ["a dog", "a cat"]

    # what is left out stays
    kept = await ask(graph, ann, PREFER, maxContentLevel="GENERAL")
    assert kept["viewer"] == {"contentPreferences": {"maxContentLevel": "GENERAL"}, "hiddenTags": names}
    shown = await ask(graph, ann, PREFER, hiddenTags=[])
    assert shown["viewer"] == {"contentPreferences": {"maxContentLevel": "GENERAL"}, "hiddenTags": []}
    assert await titles(graph, ann) == ["a dog", "a cat"]


@pytest.mark.parametrize(
    ("tags", "path"),
    [
        (["ok", "two words"], ["input", "hiddenTags", "1"]),
        ([""], ["input", "hiddenTags", "0"]),
        (["\x00"], ["input", "hiddenTags", "0"]),
        (["\ud800"], ["input", "hiddenTags", "0"]),
        (["🐈"], ["input", "hiddenTags", "0"]),
        (["a" * 10_000], ["input", "hiddenTags", "0"]),
        ([f"t{number}" for number in range(101)], ["input", "hiddenTags"]),
    ],
)
async def test_tags_that_can_be_none_are_refused_and_nothing_is_written(
    graph: LocalGraph, database_url: str, tags: list[str], path: list[str]
) -> None:
    (ann,) = await new_users(graph.services.db, "ann")
    before = row_counts(database_url)
    refused = await ask(graph, ann, PREFER, hiddenTags=tags, maxContentLevel="MATURE")
    assert refused == {"code": "INVALID_INPUT", "path": path}
    assert row_counts(database_url) == before
    assert sql(database_url, "SELECT content_level FROM users") == [("GENERAL",)]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("setFollow", 'target: "user_1", on: true'),
        ("setReaction", 'subjectId: "artwork_1", on: true'),
        ("setMute", 'userId: "user_1", on: true'),
        ("setBlock", 'userId: "user_1", on: true'),
    ],
)
async def test_somebody_who_is_not_signed_in_changes_nothing(graph: LocalGraph, name: str, given: str) -> None:
    document = f"mutation {{ {name}(input: {{ {given} }}) {{ __typename }} }}"
    result = await graph.schema.execute(document, context_value=Context(graph.services))
    assert [(error.extensions or {})["code"] for error in result.errors or ()] == ["UNAUTHENTICATED"]


async def test_who_blocks_finds_the_other_in_the_list_alone_and_undoes_it(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    listed = "{ viewer { blockedUsers { nodes { id handle displayName } } } }"
    fields = '{ __type(name: "BlockedUser") { fields { name } } }'
    undo = """mutation($id: ID!) { setBlock(input: { userId: $id, on: false }) {
      ... on SetBlockSuccess { userId user { id artworks { nodes { id } } } viewer { blockedUsers { nodes { id } } } }
      ... on UserError { code } } }"""
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        world = await build_world(graph.services.db)
        olga = world.ids["olga"]

        # who was blocked has nobody in the list, who blocks is told the names of whom, and can ask for nothing else
        assert (await graph.run(listed, viewer_id=world.ids["bob"]))["viewer"]["blockedUsers"]["nodes"] == []
        (found,) = (await graph.run(listed, viewer_id=world.ids["bea"]))["viewer"]["blockedUsers"]["nodes"]
        assert found == {"id": olga, "handle": "olga", "displayName": "olga"}
        told = (await graph.run(fields))["__type"]["fields"]
        assert {each["name"] for each in told} == {"id", "handle", "displayName"}

        # what another wanted can not be undone
        undone = (await graph.run(undo, {"id": olga}, world.ids["bob"]))["setBlock"]
        assert undone == {"userId": olga, "user": None, "viewer": {"blockedUsers": {"nodes": []}}}
        assert not (await graph.run('{ user(handle: "olga") { id } }', viewer_id=world.ids["bob"]))["user"]

        undone = (await graph.run(undo, {"id": olga}, world.ids["bea"]))["setBlock"]
        assert undone == {
            "userId": olga,
            "user": {"id": olga, "artworks": {"nodes": [{"id": world.ids["public_artwork"]}]}},
            "viewer": {"blockedUsers": {"nodes": []}},
        }
