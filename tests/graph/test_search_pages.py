"""Pages, filters and counts of searches: each item once while others come, and cursors good for their search alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from forging import forged, parts_of
from searching import FOUND, Gallery, searched
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio


@pytest.fixture
async def gallery(spare_database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[Gallery]:
    async with searched(spare_database_url, redis_url, tmp_path) as gallery:
        yield gallery


def with_score(cursor: str, score: object) -> str:
    """Return a cursor made of another one without the server."""
    version, place, owner, _, *rest = parts_of(cursor)
    return forged(version, place, owner, score, *rest)


@pytest.mark.parametrize("order", ["RELEVANCE", "NEWEST"])
async def test_pages_follow_each_other_without_gap_while_others_come(gallery: Gallery, order: str) -> None:
    # given artworks that match in different ways
    (nari,) = await gallery.users("nari")
    for number in range(7):
        await gallery.add(nari, f"Cat {number}" if number % 2 else f"Concatenated {number}")
    await gallery.look()
    whole = await gallery.titles("cat", order=order)
    assert len(whole) == 7

    # when they are read two by two, and a better one is published between
    read: list[str] = []
    after, has_next = None, True
    while has_next:
        page = await gallery.page("cat", order=order, first=2, after=after)
        assert page["totalCount"] == 7 + (len(read) > 0)
        read += [edge["node"]["title"] for edge in page["edges"]]
        after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        if len(read) == 2:
            await gallery.add(nari, "Cat", "cat")
            await gallery.look()

    # then each comes once and in order
    assert read == whole


async def test_a_cursor_is_good_for_its_own_search_alone(gallery: Gallery) -> None:
    (nari,) = await gallery.users("nari")
    for number in range(3):
        await gallery.add(nari, f"Cat and dog {number}")
    await gallery.look()
    cursor = (await gallery.page("cat", first=1))["pageInfo"]["endCursor"]
    assert len((await gallery.page("cat", first=1, after=cursor))["edges"]) == 1
    others: list[dict[str, Any]] = [
        {"query": "dog", "after": cursor},
        {"query": "cat", "after": cursor, "order": "NEWEST"},
        {"query": "cat", "after": cursor, "filter": {"styles": ["anime"]}},
        {"query": "cat", "after": cursor[:-3]},
        {"query": "cat", "after": ""},
        {"query": "cat", "after": with_score(cursor, 2**63)},
        {"query": "cat", "after": with_score(cursor, 2**64)},
        {"query": "cat", "after": with_score(cursor, "x")},
        {"query": "cat", "after": with_score(cursor, None)},
    ]
    assert (await gallery.page("cat", after=with_score(cursor, 0)))["edges"] == []
    assert len((await gallery.page("cat", after=with_score(cursor, 2**63 - 1)))["edges"]) == 3
    for variables in others:
        answer = await gallery.graph.answer(FOUND, variables)
        assert [error.extensions["code"] for error in answer.errors] == ["BAD_CURSOR"], variables


async def test_filters_hold_together_and_facets_count_what_is_left(gallery: Gallery) -> None:
    # given artworks of different styles, ratios, engines, colors and moments
    nari, yuna = await gallery.users("nari", "yuna")
    await gallery.add(nari, "A", "cat", "night", style="oil", ratio="1:1", engine="sandbox", dominant_color="#d01010")
    await gallery.add(nari, "B", "cat", style="anime", ratio="3:4", engine="sandbox", dominant_color="#1010d0")
    await gallery.add(yuna, "C", "night", style="anime", ratio="1:1", engine="sdxl", dominant_color="#101010")
    await gallery.look()
    moment = gallery.born.isoformat()

    async def left(query: str = "", **chosen: Any) -> list[str]:  # noqa: ANN401 - a filter
        return sorted(await gallery.titles(query, filter=chosen))

    # then each says which are left, alone, together, and with words
    assert await left(styles=["anime"]) == ["B", "C"]
    assert await left(styles=["anime", "oil"], ratios=["1:1"]) == ["A", "C"]
    assert await left(engines=["sandbox"], colors=["RED"]) == ["A"]
    assert await left(tags=["#Cat", "NIGHT"]) == ["A"]
    assert await left(authorId=nari, styles=["anime"]) == ["B"]
    assert await left(contentLevels=["GENERAL"]) == ["A", "B", "C"]
    assert await left(contentLevels=["MATURE"]) == []
    assert await left(publishedAfter=moment) == ["C"]
    assert await left(publishedBefore=moment) == ["A", "B"]
    assert await left("cat", styles=["anime"]) == ["B"]
    assert await left("-cat") == ["C"]
    assert await left(styles=[]) == ["A", "B", "C"]
    assert await left(tags=["nobody"]) == []
    for wrong in ("user_" + "0" * 32, "artwork_" + "0" * 32, "x", ""):
        assert await left(authorId=wrong) == []
    for wrong in ("\u0000", "\ud800", "%", "'"):
        assert await left(styles=[wrong]) == await left(tags=[wrong]) == []

    # and counts are of what is found
    assert await gallery.facets("night") == {
        ("STYLE", "oil"): 1,
        ("STYLE", "anime"): 1,
        ("RATIO", "1:1"): 2,
        ("ENGINE", "sandbox"): 1,
        ("ENGINE", "sdxl"): 1,
        ("COLOR", "RED"): 1,
        ("COLOR", "BLACK"): 1,
        ("LEVEL", "GENERAL"): 2,
        ("PERIOD", "YEAR"): 2,
    }
    assert await gallery.facets("nothing") == {}

    # and a filter is bounded
    answer = await gallery.graph.answer(FOUND, {"query": "", "filter": {"styles": ["x"] * 21}})
    assert [error.extensions["code"] for error in answer.errors] == ["BAD_USER_INPUT"]


async def test_people_whose_names_repeat_themselves_are_found_and_few_are_looked_at(
    gallery: Gallery, spare_database_url: str
) -> None:
    async def people(query: str) -> list[str]:
        text = "query($query: String!) { search(query: $query) { users { nodes { handle } } } }"
        found = (await gallery.graph.run(text, {"query": query}))["search"]["users"]["nodes"]
        return [user["handle"] for user in found]

    # given some whose handles repeat themselves, and then a thousand and one that only begin so
    await gallery.users("hahahahaha", "xhahahahaha", "banana", "bananarama", "x_aaaaaaaaaa")
    sql(spare_database_url, "VACUUM FULL users")  # they are looked at as they lie: who comes now lies behind these
    sql(
        spare_database_url,
        "INSERT INTO users (id, email, password_hash, handle, display_name, bio, links, content_level, follower_count,"
        " following_count, artwork_count, created_at) SELECT gen_random_uuid(), 'a' || n || '@easel.example', '',"
        " 'aaaa_' || n, 'x', '', '{}', 'GENERAL', 0, 0, 0, now() FROM generate_series(1, 1001) n",
    )
    await gallery.users("y_aaaaaaaaaa", "aaaaaaaaaaaa")

    # then they are found by all that they are, but for who comes after a thousand who have its beginning too
    assert await people("hahahahaha") == ["hahahahaha", "xhahahahaha"]
    assert await people("hahahahahahaha") == []
    assert await people("banana") == ["banana", "bananarama"]
    assert await people("ananara") == ["bananarama"]
    assert await people("aaaaaaaaaa") == ["aaaaaaaaaaaa", "x_aaaaaaaaaa"]


async def test_what_is_liked_more_comes_first_where_both_match_alike(gallery: Gallery, spare_database_url: str) -> None:
    (nari,) = await gallery.users("nari")
    await gallery.add(nari, "Cat, liked")
    await gallery.add(nari, "Cat, new")
    await gallery.add(nari, "Concatenated")
    await gallery.look()
    sql(spare_database_url, "UPDATE artworks SET like_count = 1000000 WHERE title <> 'Cat, new'")
    assert await gallery.titles("cat") == ["Cat, liked", "Cat, new", "Concatenated"]


async def test_people_and_tags_are_found_the_most_alike_first(gallery: Gallery, spare_database_url: str) -> None:
    nari, *_ = await gallery.users("nari", "nari_paints", "mina", "binari")
    sql(spare_database_url, "UPDATE users SET display_name = '나리 화가', follower_count = 5 WHERE handle = 'mina'")
    await gallery.add(nari, "One", "cat", "cats", "bobcat")
    await gallery.add(nari, "Two", "cats", "night_cat")
    await gallery.look()
    sql(spare_database_url, "UPDATE tags SET artwork_count = 2 WHERE name = 'cats'")
    sql(spare_database_url, "UPDATE tags SET artwork_count = 1 WHERE name <> 'cats'")
    text = """query($query: String!, $first: Int, $after: Cursor) { search(query: $query) {
      users(first: $first, after: $after) { nodes { handle } pageInfo { endCursor } totalCount } tags { nodes { name } }
    } }"""

    async def found(query: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - variables
        data: dict[str, Any] = (await gallery.graph.run(text, {"query": query, **more}))["search"]
        return data

    async def people(query: str) -> list[str]:
        return [each["handle"] for each in (await found(query))["users"]["nodes"]]

    async def tags(query: str) -> list[str]:
        return [each["name"] for each in (await found(query))["tags"]["nodes"]]

    assert await people("nari") == await people("@NARI") == ["nari", "nari_paints", "binari"]
    assert await people("na") == ["nari_paints", "nari"]
    assert await people("나리") == await people("화가 나리") == ["mina"]
    assert await people("#nari") == await people("") == await people("%") == []
    assert await tags("cat") == ["cat", "cats", "night_cat", "bobcat"]
    assert await tags("night cat") == ["night_cat", "cat", "cats", "bobcat"]
    assert await tags("#cats") == ["cats"]
    assert await tags("") == []
    first = (await found("nari", first=1))["users"]
    assert first["totalCount"] == 3
    second = (await found("nari", first=2, after=first["pageInfo"]["endCursor"]))["users"]
    assert [each["handle"] for each in second["nodes"]] == ["nari_paints", "binari"]
    answer = await gallery.graph.answer(text, {"query": "nar", "after": first["pageInfo"]["endCursor"]})
    assert [error.extensions["code"] for error in answer.errors] == ["BAD_CURSOR"]
