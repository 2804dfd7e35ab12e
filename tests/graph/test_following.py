"""Following people and tags: idempotent, refused in words, and counted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from domain import blocks, follows, mutes
from local_graph import local_graph
from people import key_in, new_artwork, new_users
from stored import new_asset, row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

FOLLOW = """mutation($input: SetFollowInput!) { setFollow(input: $input) {
  ... on SetFollowSuccess {
    target {
      __typename ... on User { id followerCount viewerFollows } ... on Tag { id name followerCount viewerFollows }
    }
    viewer { user { followingCount } }
  }
  ... on UserError { __typename code message path } } }"""
PUBLISH = """mutation($input: PublishArtworkInput!) { publishArtwork(input: $input) {
  ... on PublishArtworkSuccess { artwork { id } } ... on UserError { code } } }"""
TAG = "query($name: String!) { tag(name: $name) { id name artworkCount followerCount viewerFollows viewerHides } }"


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def follow(graph: LocalGraph, who: str, target: str, *, on: bool = True) -> Any:  # noqa: ANN401
    return (await graph.run(FOLLOW, {"input": {"target": target, "on": on}}, who))["setFollow"]


async def published(graph: LocalGraph, database_url: str, who: str, *tags: str, visibility: str = "PUBLIC") -> str:
    given = {"assetIds": [new_asset(database_url, who)], "title": "x", "tags": [*tags], "visibility": visibility}
    artwork: str = (await graph.run(PUBLISH, {"input": given}, who))["publishArtwork"]["artwork"]["id"]
    return artwork


async def test_following_a_user_is_counted_once_and_ends_as_it_began(graph: LocalGraph, database_url: str) -> None:
    ann, bora, cem = await new_users(graph.services.db, "ann", "bora", "cem")

    for _ in range(2):
        assert await follow(graph, ann, bora) == {
            "target": {"__typename": "User", "id": bora, "followerCount": 1, "viewerFollows": True},
            "viewer": {"user": {"followingCount": 1}},
        }
    assert (await follow(graph, cem, bora))["target"]["followerCount"] == 2
    assert sql(database_url, "SELECT count(*) FROM follows") == [(2,)]

    for _ in range(2):
        assert await follow(graph, ann, bora, on=False) == {
            "target": {"__typename": "User", "id": bora, "followerCount": 1, "viewerFollows": False},
            "viewer": {"user": {"followingCount": 0}},
        }
    assert sql(database_url, "SELECT follower_id FROM follows") == [(key_in(cem),)]
    assert sql(database_url, "SELECT count(*) FROM count_changes") == [(0,)]


async def test_following_a_tag_is_counted_once(graph: LocalGraph, database_url: str) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    await published(graph, database_url, bora, "#Cat", "노을")
    (tag,) = (await graph.run(TAG, {"name": " #ＣＡＴ "}, ann)).values()
    assert tag == {
        "id": tag["id"], "name": "cat", "artworkCount": 1, "followerCount": 0,
        "viewerFollows": False, "viewerHides": False,
    }  # fmt: skip

    for _ in range(2):
        target = (await follow(graph, ann, tag["id"]))["target"]
        assert target == {
            "__typename": "Tag", "id": tag["id"], "name": "cat", "followerCount": 1, "viewerFollows": True,
        }  # fmt: skip
    assert not (await graph.run(TAG, {"name": "cat"}))["tag"]["viewerFollows"]
    for _ in range(2):
        target = (await follow(graph, ann, tag["id"], on=False))["target"]
        assert (target["followerCount"], target["viewerFollows"]) == (0, False)

    # and who follows one that is in use no more can let it go
    await follow(graph, ann, tag["id"])
    sql(database_url, "UPDATE tags SET artwork_count = 0")
    assert (await graph.run(TAG, {"name": "cat"}, ann))["tag"]["viewerFollows"]
    assert (await follow(graph, ann, tag["id"], on=False))["target"] is None
    assert (await graph.run(TAG, {"name": "cat"}, ann))["tag"] is None


async def test_a_tag_counts_public_artworks_alone_and_tells_of_no_others(graph: LocalGraph, database_url: str) -> None:
    (ann,) = await new_users(graph.services.db, "ann")
    await published(graph, database_url, ann, "secret", visibility="PRIVATE")
    assert (await graph.run(TAG, {"name": "secret"}, ann))["tag"] is None
    public = await published(graph, database_url, ann, "secret")
    found = (await graph.run(TAG, {"name": "secret"}))["tag"]
    assert found["artworkCount"] == 1

    unpublish = "mutation($id: ID!) { unpublishArtwork(input: { artworkId: $id }) { __typename } }"
    for _ in range(2):
        await graph.run(unpublish, {"id": public}, ann)
        assert sql(database_url, "SELECT artwork_count FROM tags") == [(0,)]
        assert sql(database_url, "SELECT artwork_count FROM users") == [(0,)]
    assert (await graph.run(TAG, {"name": "secret"}))["tag"] is None
    refused = await follow(graph, ann, found["id"])
    assert refused["code"] == "NOT_FOUND"


@pytest.mark.parametrize("name", ["", " ", "\x00", "\ud800", "a" * 10_000, "한" * 51, "e" + "\u0301" * 5_000, "%"])
async def test_a_name_that_no_tag_can_have_finds_none(graph: LocalGraph, name: str) -> None:
    assert await graph.run(TAG, {"name": name}) == {"tag": None}


async def test_what_can_not_be_followed_is_refused_and_nothing_is_written(graph: LocalGraph, database_url: str) -> None:
    ann, bora = await new_users(graph.services.db, "ann", "bora")
    artwork = await new_artwork(graph.services.db, bora)
    before = row_counts(database_url)

    oneself = await follow(graph, ann, ann)
    assert oneself == {
        "__typename": "InvalidInput", "code": "INVALID_INPUT", "message": "Nobody can follow themselves.",
        "path": ["input", "target"],
    }  # fmt: skip
    for target in (f"user_{'0' * 32}", f"tag_{'0' * 32}", artwork, "", "user_", "\x00", "x" * 10_000, "tag_\u200b"):
        for on in (True, False):
            refused = await follow(graph, ann, target, on=on)
            assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "target"]), target
    assert row_counts(database_url) == before


SET = """mutation($on: Boolean!, $mute: ID!, $block: ID!) {
  setMute(input: {userId: $mute, on: $on}) { ... on UserError { code path message } }
  setBlock(input: {userId: $block, on: $on}) { ... on UserError { code path message } } }"""


async def test_nobody_follows_mutes_or_blocks_more_than_they_may_also_at_once(
    graph: LocalGraph, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module, name in ((follows, "FOLLOWED"), (follows, "TAGS"), (mutes, "MUTED"), (blocks, "BLOCKED")):
        monkeypatch.setattr(module, f"MAXIMUM_{name}", 2)
    ann, *people = await new_users(graph.services.db, "ann", *(f"p{number}" for number in range(6)))
    await published(graph, database_url, people[0], "one", "two", "three")
    tags = [(await graph.run(TAG, {"name": name}, ann))["tag"]["id"] for name in ("one", "two", "three")]

    # when somebody follows too many at once, then as many as may be are followed
    for targets, table, message in (
        (people[:5], "follows", "You may follow 2 people."),
        (tags, "tag_follows", "You may follow 2 tags."),
    ):
        results = await asyncio.gather(*(follow(graph, ann, each) for each in targets))
        refused = [each for each in results if "code" in each]
        assert len(refused) == len(targets) - 2
        expected = {"__typename": "InvalidInput", "code": "INVALID_INPUT", "message": message}
        assert all(each == expected | {"path": ["input", "target"]} for each in refused)
        counted = {"follows": "SELECT count(*) FROM follows", "tag_follows": "SELECT count(*) FROM tag_follows"}
        assert sql(database_url, counted[table]) == [(2,)]

    # and again what is followed is no more, and one that is let go makes room
    kept = next(each for each, result in zip(tags, results, strict=True) if "code" not in result)
    left = next(each for each, result in zip(tags, results, strict=True) if "code" in result)
    assert "code" not in await follow(graph, ann, kept)
    assert "code" not in await follow(graph, ann, kept, on=False)
    assert "code" not in await follow(graph, ann, left)

    # the same holds for whom one mutes and blocks
    for mute, block in ((0, 3), (1, 4)):
        found = await graph.run(SET, {"on": True, "mute": people[mute], "block": people[block]}, ann)
        assert found == {"setMute": {}, "setBlock": {}}
    before = row_counts(database_url)
    found = await graph.run(SET, {"on": True, "mute": people[2], "block": people[5]}, ann)
    assert [(each["code"], each["message"]) for each in found.values()] == [
        ("INVALID_INPUT", "You may mute 2 people."),
        ("INVALID_INPUT", "You may block 2 people."),
    ]
    assert row_counts(database_url) == before
