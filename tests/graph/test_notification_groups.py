"""What is noted comes into groups: exact counts, however often and in whichever order it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.words import NotificationKind
from domain.notifications import Note
from noticing import Noticeboard, comment, follow, ids, like, noticeboard
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

MARK = """mutation Mark($input: MarkNotificationsReadInput!) { markNotificationsRead(input: $input) {
  ... on MarkNotificationsReadSuccess { markedCount notifications { id isRead } viewer { unreadNotificationCount } }
  ... on UserError { code message path } } }"""


@pytest.fixture
async def board(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Noticeboard]:
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


async def test_those_who_like_one_artwork_are_one_group_that_grows(board: Noticeboard) -> None:
    author, *fans = [await board.person(name) for name in ("author", "ann", "ben", "cho", "dan")]
    artwork = await board.artwork(author)

    await board.note(like(author, artwork, fans[0]))
    await board.fold()
    (first,) = await board.groups(author)
    await board.note(*(like(author, artwork, fan) for fan in fans[1:]))
    assert await board.fold() == 3
    (group,) = await board.groups(author)

    assert first["message"] == "Ann liked your artwork “Sunset”."
    assert (group["id"], group["kind"], group["actorCount"], group["isRead"]) == (first["id"], "LIKE", 4, False)
    assert [actor["handle"] for actor in group["actors"]] == ["dan", "cho", "ben"]
    assert group["message"] == "Dan and 3 others liked your artwork “Sunset”."
    assert group["subject"] == {"__typename": "Artwork", "id": f"artwork_{artwork.hex}"}
    assert await board.unread(author) == 1


async def test_who_likes_and_unlikes_and_likes_again_counts_once(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)

    # in one batch, and in several
    for fan in (ann, ben):
        await board.note(like(author, artwork, fan))
        await board.note(like(author, artwork, fan), withdrawn=True)
        await board.note(like(author, artwork, fan), like(author, artwork, fan))
        while await board.fold(limit=1 if fan is ann else 100):
            pass

    (group,) = await board.groups(author)
    assert group["actorCount"] == 2
    assert board.counts()["actors"] == 2


async def test_what_is_taken_back_leaves_an_unread_group_and_the_last_one_takes_it_along(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann), like(author, artwork, ben))
    await board.fold()

    await board.note(like(author, artwork, ben), withdrawn=True)
    await board.fold()
    (group,) = await board.groups(author)
    assert (group["actorCount"], [actor["handle"] for actor in group["actors"]]) == (1, ["ann"])

    await board.note(like(author, artwork, ann), withdrawn=True)
    await board.fold()
    assert await board.groups(author) == []
    assert await board.unread(author) == 0
    assert {name: board.counts()[name] for name in ("groups", "actors", "places")} == dict.fromkeys(
        ("groups", "actors", "places"), 0
    )


async def test_after_it_was_read_another_group_begins_and_nobody_is_told_of_a_like_twice(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann))
    await board.fold()
    (old,) = await board.groups(author)
    await board.run(author, MARK, input={"ids": [old["id"]]})

    # ann takes it back and likes it again: that was told; ben is new
    await board.note(like(author, artwork, ann), withdrawn=True)
    await board.note(like(author, artwork, ann))
    await board.fold()
    assert ids(await board.groups(author)) == [old["id"]]
    await board.note(like(author, artwork, ben), like(author, artwork, ann))
    await board.fold()

    new, read = await board.groups(author)
    assert (new["actorCount"], new["isRead"], new["message"]) == (1, False, "Ben liked your artwork “Sunset”.")
    assert (read["id"], read["actorCount"], read["isRead"]) == (old["id"], 1, True)


async def test_comments_are_counted_and_their_authors_once(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    first, second = comment(author, artwork, ann), comment(author, artwork, ann)
    await board.note(first, second)
    await board.fold()
    (group,) = await board.groups(author)
    assert (group["actorCount"], group["itemCount"]) == (1, 2)

    await board.note(second, withdrawn=True)
    await board.fold()
    (group,) = await board.groups(author)
    assert (group["actorCount"], group["itemCount"]) == (1, 1)
    ((latest,),) = sql(board.database_url, "SELECT latest_item_id FROM notification_groups")
    assert latest == first.item_id

    await board.note(first, withdrawn=True)
    await board.fold()
    assert await board.groups(author) == []


async def test_nobody_is_notified_of_their_own_doings_or_by_people_they_do_not_want(board: Noticeboard) -> None:
    author, blocked, blocker, muted = [await board.person(name) for name in ("author", "blocked", "blocker", "muted")]
    artwork = await board.artwork(author)
    for one, other, is_own in ((author, blocked, True), (blocked, author, False)):
        sql(board.database_url, "INSERT INTO blocks VALUES (%s, %s, now(), %s)", one, other, is_own)
    for one, other, is_own in ((author, blocker, False), (blocker, author, True)):
        sql(board.database_url, "INSERT INTO blocks VALUES (%s, %s, now(), %s)", one, other, is_own)
    sql(board.database_url, "INSERT INTO mutes VALUES (%s, %s, now())", author, muted)

    await board.note(like(author, artwork, author))
    assert board.counts()["notes"] == 0
    await board.note(*(like(author, artwork, each) for each in (blocked, blocker, muted, uuid4())))
    assert await board.fold() == 4

    assert board.counts() == dict.fromkeys(board.counts(), 0)


async def test_whom_one_blocks_later_is_counted_and_shown_no_more(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann), like(author, artwork, ben), follow(author, ben))
    await board.fold()
    assert await board.unread(author) == 2

    sql(board.database_url, "INSERT INTO blocks VALUES (%s, %s, now(), true)", author, ben)

    (group,) = await board.groups(author)
    assert (group["kind"], group["actorCount"], group["message"]) == ("LIKE", 1, "Ann liked your artwork “Sunset”.")
    assert [actor["handle"] for actor in group["actors"]] == ["ann"]
    assert await board.unread(author) == 1


async def test_what_one_may_not_see_any_more_is_not_shown(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    mention = Note(NotificationKind.MENTION, ann, artwork, author, uuid4())
    await board.note(mention)
    await board.fold()
    (group,) = await board.groups(ann)
    assert (group["message"], await board.unread(ann)) == ("Author mentioned you in a comment on “Sunset”.", 1)

    sql(board.database_url, "UPDATE artworks SET visibility = 'PRIVATE'")

    assert await board.groups(ann) == []
    assert await board.unread(ann) == 0
    node = await board.run(ann, "query Node($id: ID!) { node(id: $id) { id } }", id=group["id"])
    assert node is None


async def test_somebody_elses_groups_are_nobodys_business(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    await board.note(follow(author, ann))
    await board.fold()
    (group,) = await board.groups(author)

    assert await board.groups(ann) == []
    assert await board.run(ann, "query Node($id: ID!) { node(id: $id) { id } }", id=group["id"]) is None
    mine = await board.run(author, "query Node($id: ID!) { node(id: $id) { id } }", id=group["id"])
    assert mine == {"id": group["id"]}


async def test_whom_others_have_blocked_is_named_all_the_same(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    sql(board.database_url, "INSERT INTO blocks VALUES (%s, %s, now(), true)", ben, ann)
    await board.note(follow(author, ann), follow(ben, author))
    await board.fold()

    (group,) = await board.groups(author)

    assert group["message"] == "Ann started to follow you."
