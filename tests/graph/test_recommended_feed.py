"""The RECOMMENDED feed: pages of one list while newer ones are made, why each artwork is there, and for whose eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from db.words import RecommendationReason
from domain import collections, recommendations, seen
from forging import VERSION, forged
from graph_client import CORE
from people import key_in
from stored import sql
from taste import like, listed, publish, stir
from workers.recommender import Recommender

if TYPE_CHECKING:
    from uuid import UUID

    from local_graph import LocalGraph
    from workshop import Workshop

pytestmark = pytest.mark.anyio

FEED: Final = """query($first: Int, $after: Cursor) { feed(kind: RECOMMENDED, first: $first, after: $after) {
  edges { cursor node { id } reason { kind tag artwork { id } author { id } } }
  pageInfo { hasNextPage endCursor } totalCount } }"""
COUNT: Final = "query($since: Cursor!) { feed(kind: RECOMMENDED) { newerCount(since: $since) } }"


async def read(
    graph: LocalGraph, viewer: UUID | None, first: int | None = None, after: str | None = None
) -> dict[str, Any]:
    variables = {"first": first, "after": after}
    page: dict[str, Any] = (await graph.run(FEED, variables, f"user_{viewer.hex}" if viewer else None))["feed"]
    return page


def shown(page: dict[str, Any]) -> list[UUID]:
    return [key_in(edge["node"]["id"]) for edge in page["edges"]]


async def made_for(shop: Workshop, user: UUID) -> list[UUID]:
    """Make a list for a user; return what it holds."""
    sql(shop.database_url, "UPDATE tastes SET made_at = NULL")
    await stir(shop, user)
    await Recommender(shop.db).recommend()
    return listed(shop, user)


async def test_pages_are_of_one_list_while_newer_ones_are_made(graph: LocalGraph, shop: Workshop) -> None:
    me, author = await shop.user(), await shop.user()
    liked, *_ = [await publish(shop, author) for _ in range(8)]
    await like(shop, me, liked)
    before = await made_for(shop, me)
    assert len(before) == 7

    # when pages are read, and a newer list is made between them
    first = await read(graph, me, 3)
    new = await publish(shop, author)
    await like(shop, await shop.user(), new)
    after = await made_for(shop, me)
    assert set(after) == {*before, new}
    second = await read(graph, me, 3, first["pageInfo"]["endCursor"])
    third = await read(graph, me, 3, second["edges"][-1]["cursor"])

    # then they are those of the first, to their end and without a repeat or a gap
    assert [*shown(first), *shown(second), *shown(third)] == before
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second, third)] == [True, True, False]
    assert shown(await read(graph, me)) == after

    # and what stands before a place is counted in its own list
    since = {"since": second["edges"][0]["cursor"]}
    assert (await graph.run(COUNT, since, f"user_{me.hex}"))["feed"] == {"newerCount": 3}

    # and an hour later the list is gone
    sql(shop.database_url, "UPDATE recommendation_lists SET replaced_at = replaced_at - %s", recommendations.KEPT)
    await Recommender(shop.db).forget()
    assert shown(await read(graph, me, 3, first["pageInfo"]["endCursor"])) == []


async def test_each_place_says_why(graph: LocalGraph, shop: Workshop) -> None:
    me, other, author = [await shop.user() for _ in range(3)]
    shared, theirs = await publish(shop, author), await publish(shop, author)
    tagged = [await publish(shop, await shop.user(), "cat") for _ in range(2)]
    plain = await publish(shop, author)
    for number in range(4):
        await publish(shop, await shop.user(), f"other{number}")
    await like(shop, other, shared, theirs)
    await like(shop, me, shared, tagged[0])
    await made_for(shop, me)

    page = await read(graph, me)

    told = {key_in(edge["node"]["id"]): edge["reason"] for edge in page["edges"]}
    nothing = {"tag": None, "artwork": None, "author": None}
    assert told[theirs] == nothing | {
        "kind": RecommendationReason.LIKED_BY_PEOPLE_LIKE_YOU,
        "artwork": {"id": f"artwork_{shared.hex}"},
    }
    assert told[tagged[1]] == nothing | {"kind": RecommendationReason.BECAUSE_TAG, "tag": "cat"}
    assert told[plain] == nothing | {"kind": RecommendationReason.POPULAR}
    assert (page["totalCount"], len(page["edges"])) == (None, 7)

    # and a reason that the viewer may not see any more is not told
    sql(shop.database_url, "UPDATE artworks SET visibility = 'PRIVATE' WHERE id = %s", shared)
    told = {key_in(edge["node"]["id"]): edge["reason"] for edge in (await read(graph, me))["edges"]}
    assert told[theirs]["artwork"] is None


async def test_what_may_not_be_seen_any_more_is_left_out(graph: LocalGraph, shop: Workshop) -> None:
    me = await shop.user()
    people = [await shop.user() for _ in range(6)]
    liked, private, blocked, muted, mature, good = [await publish(shop, each) for each in people]
    hidden = await publish(shop, await shop.user(), "hidden")
    await like(shop, me, liked)
    assert set(await made_for(shop, me)) == {private, blocked, muted, mature, good, hidden}

    database = shop.database_url
    sql(database, "UPDATE artworks SET visibility = 'UNLISTED' WHERE id = %s", private)
    sql(database, "UPDATE artworks SET content_level = 'MATURE' WHERE id = %s", mature)
    block = "INSERT INTO blocks (user_id, other_id, is_own, created_at) VALUES (%s, %s, false, now())"
    sql(database, block, me, people[2])
    sql(database, "INSERT INTO mutes (user_id, muted_id, created_at) VALUES (%s, %s, now())", me, people[3])
    hide = "INSERT INTO hidden_tags (user_id, tag_id, created_at) SELECT %s, id, now() FROM tags"
    sql(database, hide, me)

    assert shown(await read(graph, me)) == [good]


async def test_what_they_come_to_know_is_left_out_at_once(graph: LocalGraph, shop: Workshop) -> None:
    # given somebody with a list of their own, and somebody without
    me, newcomer, author = [await shop.user() for _ in range(3)]
    first, liked, kept, known, good = [await publish(shop, author) for _ in range(5)]
    await like(shop, me, first)
    assert set(await made_for(shop, me)) == {liked, kept, known, good}
    await Recommender(shop.db).renew_everybodys()

    # when they like, keep and see some of it, or have published it
    for user in (me, newcomer):
        await like(shop, user, liked)
        async with shop.db.write() as tx:
            await collections.set_collected(tx, user, kept, None, on=True)
            await seen.note(tx, user, [known])

    assert shown(await read(graph, me)) == [good]
    assert set(shown(await read(graph, newcomer))) == {good, first}
    assert shown(await read(graph, author)) == []
    assert len(shown(await read(graph, None))) == 5


async def test_who_has_no_list_reads_everybodys(graph: LocalGraph, shop: Workshop) -> None:
    newcomer, author = await shop.user(), await shop.user()
    assert await read(graph, newcomer) == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "endCursor": None},
        "totalCount": None,
    }
    old, popular = await publish(shop, author), await publish(shop, author)
    await like(shop, await shop.user(), popular)
    await Recommender(shop.db).renew_everybodys()

    for viewer in (newcomer, None):
        page = await read(graph, viewer, 1)
        assert shown(page) == [popular]
        assert page["edges"][0]["reason"]["kind"] == "POPULAR"
        assert shown(await read(graph, viewer, 1, page["pageInfo"]["endCursor"])) == [old]


async def test_nobody_reads_anothers_list(graph: LocalGraph, shop: Workshop) -> None:
    me, other, author = [await shop.user() for _ in range(3)]
    artworks = [await publish(shop, author) for _ in range(4)]
    await like(shop, me, artworks[0])
    await made_for(shop, me)
    cursor = (await read(graph, me, 1))["pageInfo"]["endCursor"]
    for viewer in (other, None):
        assert shown(await read(graph, viewer, 3, cursor)) == []
    assert len(shown(await read(graph, me, 3, cursor))) == 2


async def test_the_core_operation_reads_it_by_one_statement(graph: LocalGraph, shop: Workshop) -> None:
    me, author = await shop.user(), await shop.user()
    liked, *_ = [await publish(shop, author, "a") for _ in range(4)]
    await like(shop, me, liked)
    await made_for(shop, me)
    with graph.statements() as seen:
        data = await graph.run(CORE["feed"], {"kind": "RECOMMENDED"}, f"user_{me.hex}")
    assert len(data["feed"]["edges"]) == 3
    assert len(seen) == 1


async def refusal(graph: LocalGraph, query: str, **variables: object) -> str:
    """Return what an operation is refused with."""
    with pytest.raises(AssertionError) as refused:
        await graph.run(query, variables)
    return str(refused.value)


async def test_cursors_of_other_feeds_and_forged_ones_are_refused(graph: LocalGraph, shop: Workshop) -> None:
    await publish(shop, await shop.user())
    latest = (await graph.run("{ feed { pageInfo { endCursor } } }"))["feed"]["pageInfo"]["endCursor"]
    name, key = "Query.feed:RECOMMENDED", "0" * 32

    for rank in (1, -1, 2**31, -(2**63)):
        assert (await graph.run(FEED, {"after": forged(VERSION, name, key, rank, key)}))["feed"]["edges"] == []
    wrong = [(), (key, 1), (1, key, key), (key, "1", key), (key, None, key), ("x", 1, key), (key, 2**63, key)]
    for cursor in (latest, *(forged(VERSION, name, *parts) for parts in wrong)):
        assert "cursor" in (await refusal(graph, FEED, after=cursor)).lower(), cursor
    assert "filter" in await refusal(graph, '{ feed(kind: RECOMMENDED, filter: { tag: "a" }) { nodes { id } } }')
