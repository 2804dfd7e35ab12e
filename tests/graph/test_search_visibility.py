"""Who finds what: nothing of a search, of its counts or its pages tells of what the viewer may not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from people import key_in
from searching import MATURE, PRIVATE, UNLISTED, Gallery, searched
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

ALL = """query($query: String!) { search(query: $query) {
  artworks { totalCount nodes { title } } users { totalCount nodes { handle } } tags { totalCount nodes { name } }
  facets { field value count } } }"""


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        yield gallery


async def test_only_public_artworks_are_found_and_no_longer_than_they_are(
    gallery: Gallery, spare_database_url: str
) -> None:
    # given public, unlisted and private artworks
    (nari,) = await gallery.users("nari")
    shown = await gallery.add(nari, "Cat one", "cat")
    await gallery.add(nari, "Cat two", **PRIVATE)
    await gallery.add(nari, "Cat three", **UNLISTED)
    await gallery.look()
    assert await gallery.titles("cat") == await gallery.titles("cat", nari) == ["Cat one"]

    # when it is unpublished, and search has not looked yet
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE id = %s", key_in(shown))
    data = await gallery.graph.run(ALL, {"query": "cat"}, nari)

    # then nobody finds it, nor is it counted
    assert data["search"]["artworks"] == {"totalCount": 0, "nodes": []}
    assert data["search"]["facets"] == []

    # and search forgets it, and finds it again under its new title
    await gallery.look()
    assert sql(spare_database_url, "SELECT count(*) FROM search_postings") == [(0,)]
    assert sql(spare_database_url, "SELECT count(*) FROM search_terms") == [(0,)]
    sql(spare_database_url, "UPDATE artworks SET visibility = 'PUBLIC', title = 'Lynx' WHERE id = %s", key_in(shown))
    await gallery.look()
    assert await gallery.titles("lynx") == ["Lynx"]
    assert await gallery.titles("one") == []


async def test_levels_mutes_blocks_and_hidden_tags_are_kept(gallery: Gallery, spare_database_url: str) -> None:
    # given artworks of three people, one of them MATURE, one with a tag that the viewer hides
    viewer, nari, yuna, mina = await gallery.users("viewer", "cat_nari", "cat_yuna", "cat_mina")
    await gallery.add(nari, "Cat one", "cat")
    await gallery.add(nari, "Cat two", **MATURE)
    await gallery.add(nari, "Cat three", "hidden_cat")
    await gallery.add(yuna, "Cat four")
    await gallery.add(mina, "Cat five")
    await gallery.look()
    assert set(await gallery.titles("cat", viewer)) == {"Cat one", "Cat three", "Cat four", "Cat five"}

    # when the viewer hides the tag, mutes one, and is blocked by another
    key = key_in(viewer)
    sql(spare_database_url, "INSERT INTO mutes VALUES (%s, %s, now())", key, key_in(yuna))
    for one, other, is_own in ((viewer, mina, False), (mina, viewer, True)):
        sql(spare_database_url, "INSERT INTO blocks VALUES (%s, %s, now(), %s)", key_in(one), key_in(other), is_own)
    sql(
        spare_database_url,
        "INSERT INTO hidden_tags SELECT %s, id, now() FROM tags WHERE name = 'hidden_cat'",
        key,
    )

    # then artworks and counts are of the rest alone, and a blocked person is not found
    found = (await gallery.graph.run(ALL, {"query": "cat"}, viewer))["search"]
    assert found["artworks"] == {"totalCount": 1, "nodes": [{"title": "Cat one"}]}
    assert {each["count"] for each in found["facets"]} == {1}
    assert [each["handle"] for each in found["users"]["nodes"]] == ["cat_yuna", "cat_nari"]
    assert await gallery.titles("@cat_mina", viewer) == []
    assert await gallery.titles("@cat_mina") == ["Cat five"]

    # and who is blocked finds nothing of the viewer's
    await gallery.add(viewer, "Cat six")
    await gallery.look()
    assert "Cat six" not in await gallery.titles("cat", mina)
    assert "Cat six" in await gallery.titles("cat")

    # and who wants to see everything does
    sql(spare_database_url, "UPDATE users SET content_level = 'MATURE' WHERE id = %s", key_in(yuna))
    assert "Cat two" in await gallery.titles("cat", yuna)


async def test_what_is_deleted_is_forgotten(gallery: Gallery, spare_database_url: str) -> None:
    (nari,) = await gallery.users("nari")
    gone = await gallery.add(nari, "Cat", "cat")
    await gallery.look()
    sql(spare_database_url, "DELETE FROM artworks WHERE id = %s", key_in(gone))
    assert await gallery.titles("cat") == []
    await gallery.look()
    assert sql(spare_database_url, "SELECT count(*) FROM search_documents") == [(0,)]
    assert sql(spare_database_url, "SELECT count(*) FROM search_postings") == [(0,)]
