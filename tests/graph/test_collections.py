"""Collections and bookmarks: kept in the order of adding, seen by those who may, and bounded."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from domain import collections
from local_graph import local_graph
from people import key_in, new_artwork, new_users
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

REFUSAL = "... on UserError { code path message }"
SAVE = f"""mutation($input: UpsertCollectionInput!) {{ upsertCollection(input: $input) {{
  ... on UpsertCollectionSuccess {{ collection {{ id title description visibility isBookmarks itemCount }} }}
  ... on ContentBlocked {{ reason }} {REFUSAL} }} }}"""
DELETE = f"""mutation($input: DeleteCollectionInput!) {{ deleteCollection(input: $input) {{
  ... on DeleteCollectionSuccess {{ deletedId viewer {{ id collections {{ nodes {{ id }} }} }} }} {REFUSAL} }} }}"""
KEEP = f"""mutation($input: SetCollectedInput!) {{ setCollected(input: $input) {{
  ... on SetCollectedSuccess {{ artwork {{ id viewerHasCollected }} collection {{ id itemCount isBookmarks }} }}
  {REFUSAL} }} }}"""
ONE = """query($id: ID!, $first: Int, $after: Cursor, $artwork: ID! = "x") { node(id: $id) { ... on Collection {
  title itemCount owner { handle } cover { id } contains(artworkId: $artwork)
  items(first: $first, after: $after) { totalCount nodes { id artwork { id viewerHasCollected } }
  pageInfo { hasNextPage endCursor } } } } }"""
MINE = """{ viewer { bookmarks { id title visibility items { nodes { artwork { id } } } }
  collections { nodes { title } } } }"""
THEIRS = "query($handle: String!) { user(handle: $handle) { collections { nodes { id } } } }"


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def ask(graph: LocalGraph, who: str, mutation: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    (result,) = (await graph.run(mutation, {"input": given}, who)).values()
    found: dict[str, Any] = result
    return found


async def made(graph: LocalGraph, who: str, title: str, **given: Any) -> str:  # noqa: ANN401
    collection: str = (await ask(graph, who, SAVE, title=title, **given))["collection"]["id"]
    return collection


async def one(graph: LocalGraph, who: str | None, collection: str, **variables: Any) -> Any:  # noqa: ANN401
    return (await graph.run(ONE, {"id": collection} | variables, who))["node"]


async def test_artworks_are_bookmarked_once_and_kept_in_the_order_of_adding(
    graph: LocalGraph, database_url: str
) -> None:
    ann, bob = await new_users(graph.services.db, "ann", "bob")
    first, second = [await new_artwork(graph.services.db, bob) for _ in range(2)]
    assert (await graph.run(MINE, viewer_id=ann))["viewer"] == {"bookmarks": None, "collections": {"nodes": []}}

    for artwork in (first, second, first):
        kept = await ask(graph, ann, KEEP, artworkId=artwork, on=True)
    assert kept["artwork"] == {"id": first, "viewerHasCollected": True}
    assert (kept["collection"]["itemCount"], kept["collection"]["isBookmarks"]) == (2, True)

    bookmarks = (await graph.run(MINE, viewer_id=ann))["viewer"]["bookmarks"]
    assert (bookmarks["id"], bookmarks["title"], bookmarks["visibility"]) == (kept["collection"]["id"], "", "PRIVATE")
    assert [item["artwork"]["id"] for item in bookmarks["items"]["nodes"]] == [second, first]
    # and they are nobody else's to see
    assert await one(graph, bob, bookmarks["id"]) is None
    assert (await graph.run(THEIRS, {"handle": "ann"}, bob))["user"]["collections"]["nodes"] == []
    for _ in range(2):
        left = await ask(graph, ann, KEEP, artworkId=first, on=False)
        assert (left["artwork"]["viewerHasCollected"], left["collection"]["itemCount"]) == (False, 1)
    assert sql(database_url, "SELECT count(*) FROM collection_items") == [(1,)]


async def test_a_collection_is_saved_changed_and_deleted(graph: LocalGraph, database_url: str) -> None:
    ann, bob = await new_users(graph.services.db, "ann", "bob")
    saved = await ask(graph, ann, SAVE, title=" 바다 ", description="파도\n소리")
    collection = saved["collection"]["id"]
    assert saved["collection"] == {
        "id": collection,
        "title": "바다",
        "description": "파도\n소리",
        "visibility": "PRIVATE",
        "isBookmarks": False,
        "itemCount": 0,
    }
    assert await one(graph, bob, collection) is None

    changed = await ask(graph, ann, SAVE, id=collection, visibility="PUBLIC")
    assert (changed["collection"]["title"], changed["collection"]["visibility"]) == ("바다", "PUBLIC")
    assert (await graph.run(THEIRS, {"handle": "ann"}))["user"]["collections"]["nodes"] == [{"id": collection}]
    await ask(graph, ann, SAVE, id=collection, visibility="UNLISTED", description="")
    assert (await graph.run(THEIRS, {"handle": "ann"}))["user"]["collections"]["nodes"] == []
    assert (await one(graph, bob, collection))["owner"] == {"handle": "ann"}

    artwork = await new_artwork(graph.services.db, bob)
    await ask(graph, ann, KEEP, artworkId=artwork, collectionId=collection, on=True)
    gone = await ask(graph, ann, DELETE, collectionId=collection)
    assert gone == {"deletedId": collection, "viewer": {"id": ann, "collections": {"nodes": []}}}
    assert sql(database_url, "SELECT count(*) FROM collection_items") == [(0,)]
    assert sql(database_url, "SELECT count(*) FROM artworks") == [(1,)]


async def test_a_collection_shows_each_viewer_what_they_may_see(graph: LocalGraph, database_url: str) -> None:
    ann, bob, cem = await new_users(graph.services.db, "ann", "bob", "cem")
    shown, hidden, mature = [await new_artwork(graph.services.db, author) for author in (bob, bob, cem)]
    collection = await made(graph, ann, "all", visibility="PUBLIC")
    for artwork in (shown, hidden, mature):
        await ask(graph, ann, KEEP, artworkId=artwork, collectionId=collection, on=True)
    sql(database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE id = %s", key_in(hidden))
    sql(database_url, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", key_in(mature))

    async def seen(who: str | None) -> tuple[int, list[str], str | None]:
        found = await one(graph, who, collection)
        cover = found["cover"]["id"] if found["cover"] else None
        return found["itemCount"], [item["artwork"]["id"] for item in found["items"]["nodes"]], cover

    assert await seen(ann) == (3, [shown], shown)
    assert await seen(bob) == (3, [hidden, shown], hidden)
    assert await seen(cem) == (3, [mature, shown], mature)
    assert await seen(None) == (3, [shown], shown)
    contained = [
        [(await one(graph, who, collection, artwork=artwork))["contains"] for artwork in (shown, hidden, mature)]
        for who in (ann, bob, cem, None)
    ]
    assert contained == [[True] * 3, [True, True, False], [True, False, True], [True, False, False]]
    # what can not be seen any more can be taken out, and not be put in
    refused = await ask(graph, ann, KEEP, artworkId=hidden, on=True)
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "artworkId"])
    taken = await ask(graph, ann, KEEP, artworkId=hidden, collectionId=collection, on=False)
    assert (taken["artwork"], taken["collection"]["itemCount"]) == (None, 2)
    # and who is blocked sees none of it
    row = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, true, now())"
    sql(database_url, row, key_in(ann), key_in(bob))
    sql(database_url, row, key_in(bob), key_in(ann))
    assert await one(graph, bob, collection) is None
    assert (await graph.run(THEIRS, {"handle": "ann"}, bob))["user"] is None
    assert await seen(ann) == (2, [], None)
    items = [f"collected_{key.hex}" for (key,) in sql(database_url, "SELECT id FROM collection_items")]
    assert (await graph.run("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": items}, bob))["nodes"] == [
        None
    ] * len(items)


async def test_a_collection_is_paged_while_it_changes(graph: LocalGraph) -> None:
    ann, bob = await new_users(graph.services.db, "ann", "bob")
    artworks = [await new_artwork(graph.services.db, bob) for _ in range(6)]
    collection = await made(graph, ann, "pages")
    for artwork in artworks[:5]:
        await ask(graph, ann, KEEP, artworkId=artwork, collectionId=collection, on=True)

    page = await one(graph, ann, collection, first=2, artwork=artworks[0])
    assert (page["items"]["totalCount"], page["contains"]) == (5, True)
    await ask(graph, ann, KEEP, artworkId=artworks[5], collectionId=collection, on=True)
    await ask(graph, ann, KEEP, artworkId=artworks[4], collectionId=collection, on=False)
    rest = await one(graph, ann, collection, first=5, after=page["items"]["pageInfo"]["endCursor"], artwork=artworks[4])

    found = [item["artwork"]["id"] for item in (*page["items"]["nodes"], *rest["items"]["nodes"])]
    assert found == artworks[4::-1]
    assert rest["contains"] is False


async def test_what_is_refused_of_collections_writes_nothing(
    graph: LocalGraph, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = await new_users(graph.services.db, "ann", "bob")
    artwork, other = [await new_artwork(graph.services.db, bob) for _ in range(2)]
    mine, second, foreign = (
        await made(graph, ann, "mine"),
        await made(graph, ann, "second"),
        await made(graph, bob, "foreign", visibility="PUBLIC"),
    )
    bookmarks = (await ask(graph, ann, KEEP, artworkId=artwork, on=True))["collection"]["id"]
    await ask(graph, ann, KEEP, artworkId=artwork, collectionId=mine, on=True)
    monkeypatch.setattr(collections, "MAXIMUM_COLLECTIONS", 2)
    monkeypatch.setattr(collections, "MAXIMUM_ITEMS", 1)
    before = (row_counts(database_url), sql(database_url, "SELECT * FROM collections ORDER BY id"))

    refusals: list[tuple[str, dict[str, Any], str, str | None]] = [
        (SAVE, {"title": "third"}, "INVALID_INPUT", None),
        (SAVE, {"id": second, "title": "mine"}, "INVALID_INPUT", "title"),
        (SAVE, {"id": second, "title": " \u200b "}, "INVALID_INPUT", "title"),
        (SAVE, {"id": second, "title": "x" * 101}, "INVALID_INPUT", "title"),
        (SAVE, {"id": second, "title": "a\x00"}, "INVALID_INPUT", "title"),
        (SAVE, {"id": second, "description": "x" * 1_001}, "INVALID_INPUT", "description"),
        (SAVE, {"id": second, "description": "\ud800"}, "INVALID_INPUT", "description"),
        (SAVE, {"id": bookmarks, "title": "x"}, "INVALID_INPUT", "id"),
        *((SAVE, {"id": each, "title": "x"}, "NOT_FOUND", "id") for each in (foreign, "", artwork, "collection_")),
        (DELETE, {"collectionId": bookmarks}, "INVALID_INPUT", "collectionId"),
        *((DELETE, {"collectionId": each}, "NOT_FOUND", "collectionId") for each in (foreign, "x", ann)),
        (KEEP, {"artworkId": other, "collectionId": mine, "on": True}, "INVALID_INPUT", "collectionId"),
        (KEEP, {"artworkId": artwork, "collectionId": foreign, "on": True}, "NOT_FOUND", "collectionId"),
        (KEEP, {"artworkId": artwork, "collectionId": "", "on": True}, "NOT_FOUND", "collectionId"),
        (KEEP, {"artworkId": mine, "on": True}, "NOT_FOUND", "artworkId"),
        (KEEP, {"artworkId": f"artwork_{uuid4().hex}", "on": True}, "NOT_FOUND", "artworkId"),
    ]
    for mutation, given, code, field in refusals:
        refused = await ask(graph, ann, mutation, **given)
        assert (refused["code"], refused["path"]) == (code, ["input", field] if field else ["input"]), given
    monkeypatch.undo()
    assert (await ask(graph, ann, SAVE))["path"] == ["input", "title"]
    assert (row_counts(database_url), sql(database_url, "SELECT * FROM collections ORDER BY id")) == before


async def test_titles_that_others_read_are_judged(graph: LocalGraph, database_url: str) -> None:
    (ann,) = await new_users(graph.services.db, "ann")
    collection = await made(graph, ann, "explicit sex")
    refused = await ask(graph, ann, SAVE, id=collection, visibility="PUBLIC")
    assert (refused["code"], refused["reason"], refused["path"]) == (
        "CONTENT_BLOCKED",
        "SEXUAL_EXPLICIT",
        ["input", "title"],
    )
    assert sql(database_url, "SELECT visibility FROM collections") == [("PRIVATE",)]


async def test_ten_clicks_at_once_are_one_bookmark(graph: LocalGraph, database_url: str) -> None:
    ann, bob = await new_users(graph.services.db, "ann", "bob")
    artwork = await new_artwork(graph.services.db, bob)
    async with asyncio.TaskGroup() as group:
        for _ in range(10):
            group.create_task(ask(graph, ann, KEEP, artworkId=artwork, on=True))
    assert sql(database_url, "SELECT count(*) FROM collections") == [(1,)]
    assert sql(database_url, "SELECT count(*) FROM collection_items") == [(1,)]
