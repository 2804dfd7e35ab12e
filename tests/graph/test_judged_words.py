"""Words that others are to read: the guard judges all of them, whoever makes them seen, and in whatever order."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from domain import quotas
from local_graph import local_graph
from people import key_in, new_users
from stored import new_asset, row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

BAD = "explicit sex"
TALK = "that severed head looks like Taylor Swift"


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def act(graph: LocalGraph, who: str | None, verb: str, done: str = "__typename", **given: Any) -> Any:  # noqa: ANN401
    kind = verb[0].upper() + verb[1:]
    answers = f"... on {kind}Success {{ {done} }} ... on ContentBlocked {{ reason }} ... on UserError {{ code path }}"
    document = f"mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ {answers} }} }}"
    return (await graph.run(document, {"input": given}, who))[verb]


async def test_no_words_that_are_blocked_reach_others(graph: LocalGraph, database_url: str) -> None:
    (ann,) = await new_users(graph.services.db, "ann")
    images = [new_asset(database_url, ann)]

    async def made(verb: str, word: str, **given: Any) -> str:  # noqa: ANN401
        key: str = (await act(graph, ann, verb, f"{word} {{ id }}", **given))[word]["id"]
        return key

    said = {"title": TALK, "description": TALK, "tags": ["taylorswift"]}
    artwork = await made("publishArtwork", "artwork", assetIds=images, **said)
    hidden = {"visibility": "PRIVATE"}
    draft = await made("publishArtwork", "artwork", assetIds=images, title="x", tags=["fine", "blowjob"], **hidden)
    story = await made("createStory", "story", name=BAD, **hidden)
    before = row_counts(database_url)
    refusals: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("publishArtwork", {"assetIds": images, "title": BAD}, ("title",)),
        (
            "publishArtwork",
            {"assetIds": images, "title": "x", "description": BAD, "idempotencyKey": "k"},
            ("description",),
        ),
        (
            "publishArtwork",
            {"assetIds": images, "title": "x", "tags": ["a", "#blowjob"], "visibility": "UNLISTED"},
            ("tags", "1"),
        ),
        ("updateArtwork", {"artworkId": artwork, "title": BAD}, ("title",)),
        ("updateArtwork", {"artworkId": artwork, "description": BAD, "visibility": "UNLISTED"}, ("description",)),
        ("updateArtwork", {"artworkId": draft, "visibility": "PUBLIC"}, ("tags", "1")),
        ("createCharacter", {"name": "Haru", "world": BAD, "visibility": "PUBLIC"}, ("world",)),
        ("updateStory", {"id": story, "visibility": "UNLISTED"}, ("name",)),
        ("setAltText", {"assetId": images[0], "altText": BAD}, ("altText",)),
        ("updateProfile", {"displayName": BAD}, ("displayName",)),
        ("updateProfile", {"bio": BAD}, ("bio",)),
    ]
    for verb, given, path in refusals:
        refused = await act(graph, ann, verb, **given)
        assert refused == {"reason": "SEXUAL_EXPLICIT", "code": "CONTENT_BLOCKED", "path": ["input", *path]}, given
    assert row_counts(database_url) == before | {"guard_decisions": len(refusals)}

    # who hides something is never refused, nor who changes it where nobody looks
    assert await act(graph, ann, "updateArtwork", artworkId=draft, title=BAD) == {"__typename": "UpdateArtworkSuccess"}
    sql(database_url, "UPDATE artworks SET title = %s WHERE visibility = 'PUBLIC'", BAD)
    assert await act(graph, ann, "updateArtwork", artworkId=artwork, visibility="UNLISTED") == {
        "__typename": "UpdateArtworkSuccess"
    }


async def test_nobody_signs_up_under_a_name_that_is_blocked(graph: LocalGraph, database_url: str) -> None:
    before = row_counts(database_url)
    account = {"email": "ann@example.com", "password": "correct horse battery", "handle": "ann", "displayName": "Ann"}
    for field, name in (("handle", "blowjob"), ("displayName", BAD)):
        refused = await act(graph, None, "signUpWithEmail", **account | {field: name})
        assert (refused["code"], refused["path"]) == ("CONTENT_BLOCKED", ["input", field])
    assert row_counts(database_url) == before


async def test_of_two_requests_none_makes_seen_what_the_other_said(graph: LocalGraph, database_url: str) -> None:
    (ann,) = await new_users(graph.services.db, "ann")
    for title, turn in (("one", 1), ("two", -1)):
        requests: list[dict[str, str]] = [{"title": f"{BAD} {title}"}, {"visibility": "PUBLIC"}]
        made = await act(graph, ann, "upsertCollection", "collection { id }", title=title)
        running = []
        async with graph.services.db.write() as tx:
            await quotas.take_turn(tx, key_in(ann))
            for number, given in enumerate(requests[::turn], 1):
                request = act(graph, ann, "upsertCollection", id=made["collection"]["id"], **given)
                running.append(asyncio.create_task(request))
                await until(partial(is_waiting_for, database_url, number))
        answers = [await each for each in running]
        (refused,) = [each for each in answers if "code" in each]
        assert (refused["code"], refused["path"]) == ("CONTENT_BLOCKED", ["input", "title"])
    kept = sql(
        database_url, "SELECT count(*) FROM collections WHERE title LIKE %s AND visibility = 'PUBLIC'", f"{BAD}%"
    )
    assert kept == [(0,)]


def is_waiting_for(database_url: str, number: int) -> bool:
    return sql(database_url, "SELECT count(*) FROM pg_locks WHERE NOT granted") == [(number,)]
