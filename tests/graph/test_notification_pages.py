"""The list of notifications: in order of activity, and the same to its end for somebody who pages while it changes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain import notifications_keeping
from noticing import Noticeboard, comment, follow, ids, like, noticeboard
from planner import noting
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path
    from uuid import UUID

pytestmark = pytest.mark.anyio


@pytest.fixture
async def board(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Noticeboard]:
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def crowd(board: Noticeboard) -> tuple[UUID, list[UUID], list[UUID]]:
    """Store an author with twelve artworks, each of which one of three people likes; one group for each artwork."""
    author, *fans = [await board.person(name) for name in ("author", "ann", "ben", "cho")]
    artworks = [await board.artwork(author, f"No. {number}") for number in range(12)]
    for artwork in artworks:
        await board.note(like(author, artwork, fans[0]))
        await board.fold()
    return author, fans, artworks


async def pages(board: Noticeboard, viewer: UUID, between: Callable[[int], Any], **variables: Any) -> list[str]:  # noqa: ANN401
    """Page to the end of a list by four; something happens between pages."""
    seen: list[str] = []
    after, number = None, 0
    while True:
        page = await board.page(viewer, first=4, after=after, **variables)
        seen += [edge["node"]["subject"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return seen
        after, number = page["pageInfo"]["endCursor"], number + 1
        await between(number)


async def test_the_last_activity_is_the_first_of_the_list(
    board: Noticeboard, crowd: tuple[UUID, list[UUID], list[UUID]]
) -> None:
    author, fans, artworks = crowd
    assert [edge["subject"]["id"] for edge in await board.groups(author)] == [
        f"artwork_{each.hex}" for each in reversed(artworks)
    ]

    await board.note(like(author, artworks[3], fans[1]), like(author, artworks[7], fans[1]))
    await board.fold()

    order = [7, 3, 11, 10, 9, 8, 6, 5, 4, 2, 1, 0]
    assert [edge["subject"]["id"] for edge in await board.groups(author)] == [
        f"artwork_{artworks[number].hex}" for number in order
    ]
    assert len(ids(await board.groups(author))) == 12


async def test_groups_that_grow_while_somebody_pages_are_neither_lost_nor_repeated(
    board: Noticeboard, crowd: tuple[UUID, list[UUID], list[UUID]]
) -> None:
    author, fans, artworks = crowd

    async def grow(number: int) -> None:
        # what was shown, what is next, and what comes last all grow, each several times
        for artwork in (artworks[11], artworks[6], artworks[0]):
            await board.note(like(author, artwork, fans[number]), comment(author, artwork, fans[0]))
            await board.fold()
        await board.note(follow(author, fans[number]))
        await board.fold()

    seen = await pages(board, author, grow, kinds=["LIKE"])

    assert seen == [f"artwork_{each.hex}" for each in reversed(artworks)]


async def test_places_are_forgotten_after_a_while_and_the_list_stays(
    board: Noticeboard, crowd: tuple[UUID, list[UUID], list[UUID]]
) -> None:
    author, fans, artworks = crowd
    for artwork in artworks:
        await board.note(like(author, artwork, fans[1]))
        await board.fold()
    assert board.counts()["places"] == 24

    async def forget() -> None:
        async with board.graph.services.db.write() as tx:
            await notifications_keeping.forget_places(tx)

    await forget()
    assert board.counts()["places"] == 24
    before = await board.groups(author)
    sql(board.database_url, "UPDATE notification_places SET left_at = now() - interval '16 minutes'")
    sql(board.database_url, "UPDATE notification_places SET left_at = NULL WHERE until IS NULL")
    await forget()
    assert board.counts()["places"] == 12
    assert await board.groups(author) == before


async def test_a_group_that_stands_at_the_head_grows_without_moving(board: Noticeboard) -> None:
    author, *fans = [await board.person(name) for name in ("author", "ann", "ben", "cho")]
    artwork = await board.artwork(author)
    for fan in fans:
        await board.note(like(author, artwork, fan))
        await board.fold()
    assert board.counts()["places"] == 1


async def test_kinds_and_unread_ones_are_chosen(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann), comment(author, artwork, ann), follow(author, ann))
    await board.fold()
    sql(board.database_url, "UPDATE notification_groups SET read_at = now() WHERE kind = 'COMMENT'")

    async def kinds(**variables: Any) -> list[str]:  # noqa: ANN401
        return [group["kind"] for group in await board.groups(author, **variables)]

    assert await kinds() == ["FOLLOW", "COMMENT", "LIKE"]
    assert await kinds(kinds=[]) == ["FOLLOW", "COMMENT", "LIKE"]
    assert await kinds(kinds=["LIKE", "COMMENT"]) == ["COMMENT", "LIKE"]
    assert await kinds(unreadOnly=True) == ["FOLLOW", "LIKE"]
    assert await kinds(kinds=["COMMENT"], unreadOnly=True) == []


async def test_messages_are_korean_for_who_reads_korean(board: Noticeboard) -> None:
    author, *fans = [await board.person(name) for name in ("author", "민수", "지우", "하나")]
    artwork = await board.artwork(author, "바다")
    query = "{ notifications { nodes { message } } }"
    told = []
    for fan in fans:
        await board.note(like(author, artwork, fan))
        await board.fold()
        data = await board.graph.run(query, viewer_id=f"user_{author.hex}", language="ko")
        told.append(data["notifications"]["nodes"][0]["message"])
    assert told == [
        "민수님이 “바다” 작품을 좋아합니다.",
        "지우님 외 1명이 “바다” 작품을 좋아합니다.",
        "하나님 외 2명이 “바다” 작품을 좋아합니다.",
    ]


async def test_an_index_leads_to_a_page_and_to_what_is_deleted(
    board: Noticeboard, crowd: tuple[UUID, list[UUID], list[UUID]]
) -> None:
    author, _, _ = crowd
    after = (await board.page(author, first=4))["pageInfo"]["endCursor"]
    with noting() as statements:
        await board.page(author, first=4, after=after)
    page, values = statements[0]

    names = {f"p{index}": value for index, value in enumerate(values, 1)}
    named = re.sub(r"\$(\d+)", r"%(p\1)s", page.replace("%", "%%"))
    with psycopg.connect(board.database_url) as connection:
        connection.execute("ANALYZE notification_places, notification_groups")
        connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off; SET enable_sort = off")
        plan = "\n".join(line for (line,) in connection.execute(f"EXPLAIN {named}", names))
        cascade = "EXPLAIN DELETE FROM notification_places WHERE group_id = '00000000-0000-7000-8000-000000000000'"
        gone = "\n".join(line for (line,) in connection.execute(cascade))

    assert "Index Scan Backward using pk_notification_places" in plan
    assert "ROW(place, group_id) < ROW" in plan
    assert "Seq Scan on notification" not in plan
    assert "ix_notification_places_group_id" in gone
