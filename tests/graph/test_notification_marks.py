"""Marking notifications as read, and saying of what one wants to be notified: idempotent, one's own, and in races."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from db.words import NotificationKind
from domain import notifications_marking
from domain.cursors import encode
from domain.notifications_marking import Marking
from noticing import Noticeboard, comment, follow, ids, like, noticeboard
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

MARK = """mutation Mark($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
  ... on MarkNotificationsReadSuccess { markedCount notifications { id isRead } viewer { unreadNotificationCount } }
  ... on UserError { code message path } } }"""
SETTINGS = """mutation Set($input: UpdateNotificationSettingsInput!) { updateNotificationSettings(input: $input) {
  ... on UpdateNotificationSettingsSuccess { viewer { notificationSettings { kind inApp } } }
  ... on UserError { code path } } }"""


@pytest.fixture
async def board(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Noticeboard]:
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def author(board: Noticeboard) -> UUID:
    """Store somebody with three unread groups."""
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    for note in (like(author, artwork, ann), comment(author, artwork, ann), follow(author, ann)):
        await board.note(note)
        await board.fold()
    return author


async def mark(board: Noticeboard, who: UUID, **given: Any) -> Any:  # noqa: ANN401
    return await board.run(who, MARK, input=given)


async def test_marked_by_ids_twice_they_are_read_once(board: Noticeboard, author: UUID) -> None:
    first, second, _ = ids(await board.groups(author))

    marked = await mark(board, author, ids=[second, first, second])
    assert marked == {
        "markedCount": 2,
        "notifications": [{"id": first, "isRead": True}, {"id": second, "isRead": True}],
        "viewer": {"unreadNotificationCount": 1},
    }
    before = board.counts()
    again = await mark(board, author, ids=[first, second])
    assert again == {"markedCount": 0, "notifications": [], "viewer": {"unreadNotificationCount": 1}}
    assert board.counts() == before


async def test_marked_up_to_a_place_that_one_and_all_older_ones_are_read(board: Noticeboard, author: UUID) -> None:
    page = await board.page(author, unreadOnly=True)
    assert (await mark(board, author, upTo=page["edges"][1]["cursor"]))["markedCount"] == 2
    assert [group["isRead"] for group in await board.groups(author)] == [False, True, True]

    page = await board.page(author)
    assert (await mark(board, author, upTo=page["pageInfo"]["startCursor"], kinds=["LIKE"]))["markedCount"] == 0
    assert (await mark(board, author, upTo=page["pageInfo"]["startCursor"], kinds=[]))["markedCount"] == 1
    assert await board.unread(author) == 0


async def test_a_cursor_of_some_kinds_marks_as_one_of_all_does(board: Noticeboard, author: UUID) -> None:
    page = await board.page(author, kinds=["LIKE"], unreadOnly=True)
    likes = len(page["edges"])
    assert (await mark(board, author, upTo=page["pageInfo"]["startCursor"], kinds=["LIKE"]))["markedCount"] == likes
    assert await board.page(author, kinds=["LIKE"], unreadOnly=True) | {"pageInfo": None} == {
        "edges": [],
        "pageInfo": None,
    }


async def test_a_group_that_has_grown_since_it_was_seen_stays_unread(board: Noticeboard, author: UUID) -> None:
    page = await board.page(author)
    fan, other = await board.person("fan"), await board.person("other")
    await board.note(follow(author, fan))  # the group at the head: it grows where it stands
    await board.fold()
    ((artwork,),) = sql(board.database_url, "SELECT id FROM artworks")
    await board.note(like(author, artwork, other))  # the last: it moves to the head
    await board.fold()

    marked = await mark(board, author, upTo=page["pageInfo"]["startCursor"])

    assert marked["markedCount"] == 1
    assert {(group["kind"], group["isRead"]) for group in await board.groups(author)} == {
        ("FOLLOW", False),
        ("LIKE", False),
        ("COMMENT", True),
    }


async def test_what_is_marked_while_it_grows_is_read_whole_or_another_group_begins(
    board: Noticeboard, author: UUID
) -> None:
    fan = await board.person("fan")
    group = next(each for each in await board.groups(author) if each["kind"] == "FOLLOW")
    await board.note(follow(author, fan))

    # given a transaction that has marked the group, and not committed yet
    async with board.graph.services.db.write() as tx:
        key = UUID(group["id"].partition("_")[2])
        assert (await notifications_marking.mark_read(tx, author, Marking(ids=[key]))).count == 1
        # when the next one is folded meanwhile: it waits for the reader
        folding = asyncio.create_task(board.fold())
        await until(lambda: sql(board.database_url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    assert await folding == 1

    new, *_ = await board.groups(author)
    assert (new["kind"], new["isRead"], new["actorCount"], new["message"]) == (
        "FOLLOW",
        False,
        1,
        "Fan started to follow you.",
    )


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, ["input"]),
        ({"ids": [], "upTo": "x"}, ["input"]),
        ({"ids": ["notification_" + "0" * 32], "kinds": ["LIKE"]}, ["input"]),
        ({"ids": []}, ["input", "ids"]),
        ({"ids": [f"notification_{number:032x}" for number in range(101)]}, ["input", "ids"]),
        ({"ids": [f"notification_{number:032x}" for number in range(10_000)]}, ["input", "ids"]),
    ],
)
async def test_what_is_no_choice_is_refused(
    board: Noticeboard, author: UUID, given: dict[str, Any], path: list[str]
) -> None:
    before = board.counts()
    refused = await mark(board, author, **given)
    assert (refused["code"], refused["path"]) == ("INVALID_INPUT", path)
    assert board.counts() == before


@pytest.mark.parametrize("foreign", ["", "x", "artwork_" + "0" * 32, "notification_1", "notification_\0", "\ud800"])
async def test_an_id_of_anything_else_is_not_found_and_nothing_is_written(
    board: Noticeboard, author: UUID, foreign: str
) -> None:
    (mine, *_), before = ids(await board.groups(author)), board.counts()
    refused = await mark(board, author, ids=[mine, foreign])
    assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "ids", "1"])
    assert board.counts() == before


async def test_groups_of_others_and_such_as_are_gone_are_passed_over(board: Noticeboard, author: UUID) -> None:
    ann, ben = await board.person("dora"), await board.person("ben")
    await board.note(follow(ann, ben))
    await board.fold()
    (theirs,) = ids(await board.groups(ann))
    (mine, *_) = ids(await board.groups(author))

    marked = await mark(board, author, ids=[theirs, f"notification_{uuid4().hex}", mine])

    assert (marked["markedCount"], ids(marked["notifications"])) == (1, [mine])
    assert await board.unread(ann) == 1


async def test_a_cursor_of_another_list_or_a_forged_one_is_refused(board: Noticeboard, author: UUID) -> None:
    before, key = board.counts(), uuid4()
    bad = [
        "",
        "x",
        "\0",
        encode("Query.feed:LATEST", 1, 1, key),
        encode("Query.notifications", 1, 1, key),
        encode("Query.notifications:False", 1, 2, key),
        encode("Query.notifications:False", 10**18, 1, key),
        encode("Query.notifications:False", 1, -1, key),
        encode("Query.notifications:False", 1, 1, "x"),
    ]
    for cursor in bad:
        refused = await board.refusal(author, MARK, input={"upTo": cursor})
        assert refused == "BAD_CURSOR", cursor
    assert board.counts() == before


async def test_a_forged_cursor_of_a_page_is_refused(board: Noticeboard, author: UUID) -> None:
    query = "query Q($after: Cursor) { notifications(after: $after) { nodes { id } } }"
    for cursor in (encode("Query.feed:LATEST", 1, 1, uuid4()), encode("Query.notifications:False", 1, uuid4()), "\0"):
        assert await board.refusal(author, query, after=cursor) == "BAD_CURSOR", cursor


async def test_what_is_not_wanted_does_not_come_any_more_and_what_came_stays(board: Noticeboard, author: UUID) -> None:
    fan = await board.person("fan")
    ((artwork,),) = sql(board.database_url, "SELECT id FROM artworks")
    everything = [{"kind": kind, "inApp": True} for kind in sorted(NotificationKind)]
    query = "{ viewer { notificationSettings { kind inApp } } }"
    assert (await board.run(author, query))["notificationSettings"] == everything

    for _ in range(2):
        result = await board.run(author, SETTINGS, input={"settings": [{"kind": "LIKE", "inApp": False}]})
        settings = {each["kind"]: each["inApp"] for each in result["viewer"]["notificationSettings"]}
        assert settings == {kind: kind != "LIKE" for kind in NotificationKind}
    await board.note(like(author, artwork, fan), follow(author, fan))
    await board.fold()
    assert {group["kind"]: group["actorCount"] for group in await board.groups(author)} == {
        "LIKE": 1,
        "COMMENT": 1,
        "FOLLOW": 2,
    }

    await board.run(author, SETTINGS, input={"settings": [{"kind": "LIKE", "inApp": True}]})
    await board.note(like(author, artwork, fan))
    await board.fold()
    assert {group["kind"]: group["actorCount"] for group in await board.groups(author)}["LIKE"] == 2
    assert (await board.run(fan, query))["notificationSettings"] == everything


async def test_a_kind_that_is_named_twice_is_refused(board: Noticeboard, author: UUID) -> None:
    twice = [{"kind": "LIKE", "inApp": False}, {"kind": "LIKE", "inApp": True}]
    refused = await board.run(author, SETTINGS, input={"settings": twice})
    assert refused == {"code": "INVALID_INPUT", "path": ["input", "settings", "1", "kind"]}
    assert sql(board.database_url, "SELECT count(*) FROM notification_boxes WHERE off <> '{}'") == [(0,)]
