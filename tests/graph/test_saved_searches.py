"""Searches that people save: what may be saved, which new artworks match them, and who is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.tables.columns import now
from domain import saved_searches
from people import key_in
from searching import MATURE, PRIVATE, Gallery, searched
from stored import row_counts, sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

SAVE = """mutation($input: SaveSearchInput!) { saveSearch(input: $input) {
  ... on SaveSearchSuccess { savedSearch { id name query notify
    filter { styles ratios engines colors contentLevels tags author { handle } } } }
  ... on UserError { code message path }
} }"""
SAVED = "{ savedSearches { totalCount nodes { id name query } } }"
DELETE = """mutation($id: ID!) { deleteSavedSearch(input: {savedSearchId: $id}) {
  ... on DeleteSavedSearchSuccess { deletedId viewer { handle } } ... on UserError { code path }
} }"""


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        gallery.born = now()
        yield gallery


async def save(gallery: Gallery, viewer: str, query: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - input
    data = await gallery.graph.run(SAVE, {"input": {"name": query or "x", "query": query} | more}, viewer)
    result: dict[str, Any] = data["saveSearch"]
    return result


async def saved(gallery: Gallery, viewer: str, query: str = "", **more: Any) -> str:  # noqa: ANN401 - input
    """Save a search and return its key."""
    return str(key_in((await save(gallery, viewer, query, **more))["savedSearch"]["id"]))


async def told(gallery: Gallery, spare_database_url: str) -> set[tuple[str, str]]:
    """Let search look and tell; return the saved searches that were told, with the artwork, by their keys."""
    await gallery.look()
    db = gallery.graph.services.db
    while True:
        async with db.write() as tx:
            if not await saved_searches.tell(tx):
                break
    found = sql(
        spare_database_url,
        "DELETE FROM outbox WHERE payload->>'kind' = 'matched'"
        " RETURNING split_part(payload->>'stream', ':', 2), payload->'data'->>'artwork'",
    )
    assert len(set(found)) == len(found), "told twice"
    return set(found)


async def test_a_search_is_saved_listed_and_deleted_by_its_owner_alone(gallery: Gallery) -> None:
    nari, yuna = await gallery.users("nari", "yuna")
    chosen = {"styles": ["oil", "oil"], "tags": ["#Cat"], "colors": ["RED"], "authorId": yuna}
    result = await save(gallery, nari, "golden dragon", name="  Dragons ", filter=chosen, notify=True)
    assert result["savedSearch"] | {"id": ""} == {
        "id": "",
        "name": "Dragons",
        "query": "golden dragon",
        "notify": True,
        "filter": {
            "styles": ["oil"],
            "ratios": [],
            "engines": [],
            "colors": ["RED"],
            "contentLevels": [],
            "tags": ["cat"],
            "author": {"handle": "yuna"},
        },
    }
    key = result["savedSearch"]["id"]
    mine = (await gallery.graph.run(SAVED, viewer_id=nari))["savedSearches"]
    assert mine == {"totalCount": 1, "nodes": [{"id": key, "name": "Dragons", "query": "golden dragon"}]}
    assert (await gallery.graph.run(SAVED, viewer_id=yuna))["savedSearches"]["totalCount"] == 0
    assert await gallery.graph.run("query($id: ID!) { node(id: $id) { id } }", {"id": key}, yuna) == {"node": None}

    # nobody else deletes it, and it is deleted once
    refused = {"code": "NOT_FOUND", "path": ["input", "savedSearchId"]}
    for viewer, expected in (
        (yuna, refused),
        (nari, {"deletedId": key, "viewer": {"handle": "nari"}}),
        (nari, refused),
    ):
        assert (await gallery.graph.run(DELETE, {"id": key}, viewer))["deleteSavedSearch"] == expected
    assert (await gallery.graph.run(DELETE, {"id": "search_x"}, nari))["deleteSavedSearch"] == refused


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"query": ""}, ["query"]),
        ({"query": "-cat"}, ["query"]),
        ({"query": "% _"}, ["query"]),
        ({"query": "x" * 501}, ["query"]),
        ({"query": "cat\u0000"}, ["query"]),
        ({"query": "\ud800"}, ["query"]),
        ({"query": " ".join(f"w{n}" for n in range(21))}, ["query"]),
        ({"query": "cat", "name": " "}, ["name"]),
        ({"query": "cat", "name": "x" * 61}, ["name"]),
        ({"filter": {"styles": ["x"] * 21}}, ["filter", "styles"]),
        ({"filter": {"tags": ["\u0000"]}}, ["filter", "tags"]),
        ({"query": "cat", "filter": {"publishedAfter": "2026-01-01T00:00:00Z"}}, ["filter", "publishedAfter"]),
        ({"query": "cat", "filter": {"authorId": "user_" + "0" * 32}}, ["filter", "authorId"]),
        ({"query": "cat", "filter": {"authorId": "x"}}, ["filter", "authorId"]),
    ],
)
async def test_what_can_not_be_saved_is_refused_and_nothing_is_written(
    gallery: Gallery, spare_database_url: str, given: dict[str, Any], path: list[str]
) -> None:
    (nari,) = await gallery.users("nari")
    before = row_counts(spare_database_url)
    result = (await gallery.graph.run(SAVE, {"input": {"name": "x"} | given}, nari))["saveSearch"]
    assert result["path"] == ["input", *path]
    assert result["code"] == ("NOT_FOUND" if path[-1] == "authorId" else "INVALID_INPUT")
    assert row_counts(spare_database_url) == before


async def test_nobody_saves_more_than_a_hundred(gallery: Gallery, spare_database_url: str) -> None:
    (nari,) = await gallery.users("nari")
    for number in range(saved_searches.MAXIMUM_SAVED):
        await saved(gallery, nari, f"word{number}")
    result = await save(gallery, nari, "one more")
    assert (result["code"], result["path"]) == ("INVALID_INPUT", ["input"])
    assert sql(spare_database_url, "SELECT count(*) FROM saved_searches") == [(100,)]


async def test_a_new_artwork_is_told_to_all_whose_search_it_matches_once(
    gallery: Gallery, spare_database_url: str
) -> None:
    # given searches by words, tags, phrases, authors and traits
    nari, yuna = await gallery.users("nari", "yuna")
    matching = {
        await saved(gallery, yuna, "dragon"),
        await saved(gallery, yuna, "drag gold"),
        await saved(gallery, yuna, '"golden dragon" -silver'),
        await saved(gallery, yuna, "#night"),
        await saved(gallery, yuna, filter={"authorId": nari}),
        await saved(gallery, yuna, filter={"styles": ["oil", "anime"]}),
        await saved(gallery, yuna, "dragon", filter={"tags": ["night"], "colors": ["RED", "BLUE"]}),
        await saved(gallery, yuna, "용"),
        await saved(gallery, yuna, "@NARI"),
        await saved(gallery, yuna, "dragon @nari -@yuna"),
    }
    for query, filter_ in (
        *(("agon", {}), ("dragon silver", {}), ("dragon -night", {}), ('"dragon golden"', {}), ("#nigh", {})),
        *(("dragon -#night", {}), ("dragon", {"styles": ["anime"]}), ("dragon", {"authorId": yuna})),
        *(("@yuna", {}), ("dragon @yuna", {}), ("dragon -@nari", {}), ("@nari @yuna", {}), ("@nari dog", {})),
    ):
        await saved(gallery, yuna, query, filter=filter_)

    # when one is published, edited, unpublished and published again
    artwork = await gallery.add(
        nari, "Golden Dragon 용의 밤", "night", style="oil", ratio="1:1", dominant_color="#e01010", created_at=now()
    )
    first = await told(gallery, spare_database_url)
    sql(spare_database_url, "UPDATE artworks SET description = 'dragon' WHERE id = %s", key_in(artwork))
    again = await told(gallery, spare_database_url)
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE id = %s", key_in(artwork))
    again |= await told(gallery, spare_database_url)
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PUBLIC' WHERE id = %s", key_in(artwork))
    again |= await told(gallery, spare_database_url)

    # then each is told of it once
    assert {search for search, _ in first} == matching
    assert {told_of for _, told_of in first} == {str(key_in(artwork))}
    assert again == set()


async def test_nobody_is_told_of_what_they_do_not_see_nor_of_their_own_nor_of_old_ones(
    gallery: Gallery, spare_database_url: str
) -> None:
    nari, yuna, mina = await gallery.users("nari", "yuna", "mina")
    for viewer in (nari, yuna, mina):
        await saved(gallery, viewer, "cat")
    sql(spare_database_url, "UPDATE users SET content_level = 'MATURE' WHERE id = %s", key_in(mina))
    sql(spare_database_url, "INSERT INTO mutes VALUES (%s, %s, now())", key_in(yuna), key_in(nari))
    by_user = dict(sql(spare_database_url, "SELECT id::text, user_id FROM saved_searches"))

    async def whom(title: str, **more: Any) -> set[Any]:  # noqa: ANN401 - columns
        await gallery.add(nari, title, **({"created_at": now()} | more))
        return {by_user[search] for search, _ in await told(gallery, spare_database_url)}

    assert await whom("A cat") == {key_in(mina)}
    assert await whom("A cat", **MATURE) == {key_in(mina)}
    sql(spare_database_url, "UPDATE users SET content_level = 'GENERAL' WHERE id = %s", key_in(mina))
    assert await whom("A cat", **MATURE) == set()
    assert await whom("A cat", **PRIVATE) == set()
    gallery.born = gallery.born.replace(year=2020)
    assert await whom("A cat", created_at=gallery.born) == set()


async def test_more_searches_than_a_batch_are_told_in_several(
    gallery: Gallery, spare_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    nari, yuna = await gallery.users("nari", "yuna")
    searches = {await saved(gallery, yuna, "cat") for _ in range(5)}
    monkeypatch.setattr(saved_searches, "BATCH", 2)
    await gallery.add(nari, "A cat", created_at=now())
    assert {search for search, _ in await told(gallery, spare_database_url)} == searches
