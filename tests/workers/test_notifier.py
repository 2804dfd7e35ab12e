"""The notifier: every note is folded once, whoever dies, however many fold, and whatever comes meanwhile."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from domain import notifications, notifications_folding, notifications_keeping
from noticing import Noticeboard, comment, follow, like, noticeboard
from stored import sql
from workers.notifier import Notifier

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

pytestmark = pytest.mark.anyio

KEPT = notifications_keeping.MAXIMUM_KEPT


@pytest.fixture
async def board(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Noticeboard]:
    async with noticeboard(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


async def test_a_batch_that_dies_leaves_its_notes_and_is_folded_once_later(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann), comment(author, artwork, ann))
    before = board.counts()

    async def die() -> None:
        async with board.graph.services.db.write() as tx:
            assert await notifications_folding.fold(tx) == 2
            await tx.flush()
            raise MemoryError

    with pytest.raises(MemoryError):
        await die()
    assert board.counts() == before

    assert await board.fold() == 2
    assert await board.fold() == 0
    assert {group["kind"]: group["actorCount"] for group in await board.groups(author)} == {"LIKE": 1, "COMMENT": 1}
    assert board.counts()["outbox"] == 2


async def test_of_two_who_fold_at_once_one_does(board: Noticeboard) -> None:
    author, *fans = [await board.person(name) for name in ("author", "ann", "ben", "cho")]
    artwork = await board.artwork(author)
    await board.note(*(like(author, artwork, fan) for fan in fans))

    async with board.graph.services.db.write() as tx:
        assert await notifications_folding.fold(tx, limit=2) == 2
        assert await Notifier(board.graph.services.db).fold_once() == 0
    assert await Notifier(board.graph.services.db).fold_once() == 1

    (group,) = await board.groups(author)
    assert group["actorCount"] == 3


async def test_a_storm_of_likes_and_unlikes_is_counted_exactly(board: Noticeboard) -> None:
    author, *fans = [await board.person(name) for name in ("author", *(f"fan{number}" for number in range(20)))]
    artwork, chance = await board.artwork(author), random.Random(7)  # noqa: S311 - the same storm each time
    likes = dict.fromkeys(fans, False)
    is_over = asyncio.Event()

    async def act(fan: UUID, times: int) -> None:
        for _ in range(times):
            likes[fan] = not likes[fan]
            await board.note(like(author, artwork, fan), withdrawn=not likes[fan])

    async def fold() -> None:
        while not is_over.is_set():
            await board.fold(limit=chance.randint(1, 30))

    folders = [asyncio.create_task(fold()) for _ in range(2)]
    await asyncio.gather(*(act(fan, chance.randint(5, 15)) for fan in fans))
    is_over.set()
    await asyncio.gather(*folders)
    while await board.fold():
        pass

    expected = {fan for fan, does in likes.items() if does}
    found = sql(board.database_url, "SELECT actor_id FROM notification_actors")
    assert {fan for (fan,) in found} == expected
    ((count, groups),) = sql(board.database_url, "SELECT max(actor_count), count(*) FROM notification_groups")
    assert (count, groups) == (len(expected), 1)


async def test_who_likes_while_others_fold_waits_for_nobody(board: Noticeboard) -> None:
    author, ann, ben = [await board.person(name) for name in ("author", "ann", "ben")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann))

    # given a fold that has taken the notes, locked box and group, and is not over
    async with board.graph.services.db.write() as tx:
        await notifications_folding.fold(tx)
        await tx.flush()
        # when somebody likes the same artwork, they are done before it is
        async with asyncio.timeout(5):
            await board.note(like(author, artwork, ben))
    assert await board.fold() == 1
    assert (await board.groups(author))[0]["actorCount"] == 2


async def test_the_notifier_works_until_it_is_stopped(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    task = asyncio.create_task(Notifier(board.graph.services.db).run())
    await board.note(follow(author, ann))
    async with asyncio.timeout(10):
        while not await board.groups(author):  # noqa: ASYNC110 - it sets no event
            await asyncio.sleep(0.02)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_groups_go_after_their_time(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artwork = await board.artwork(author)
    await board.note(like(author, artwork, ann), follow(author, ann))
    await board.fold()
    sql(
        board.database_url,
        "UPDATE notification_groups SET latest_at = now() - make_interval(days => 91) WHERE kind = 'LIKE'",
    )

    for _ in range(2):
        async with board.graph.services.db.write() as tx:
            await notifications_keeping.forget(tx)

    assert [group["kind"] for group in await board.groups(author)] == ["FOLLOW"]
    assert sql(board.database_url, "SELECT group_count FROM notification_boxes") == [(1,)]


async def test_of_too_many_groups_the_last_of_the_list_go(board: Noticeboard) -> None:
    author, ann = [await board.person(name) for name in ("author", "ann")]
    artworks = [UUID(int=number) for number in range(1, KEPT + 4)]
    async with board.graph.services.db.write() as tx:
        for artwork in artworks:
            notifications.note(tx, like(author, artwork, ann))
    while await board.fold():
        pass
    async with board.graph.services.db.read() as tx:
        assert await notifications_keeping.full(tx) == [author]

    for _ in range(2):
        async with board.graph.services.db.write() as tx:
            await notifications_keeping.trim(tx, author)

    left = sql(board.database_url, "SELECT subject_id FROM notification_groups ORDER BY subject_id")
    assert [subject for (subject,) in left] == artworks[3:]
    assert sql(board.database_url, "SELECT group_count FROM notification_boxes") == [(KEPT,)]
    async with board.graph.services.db.read() as tx:
        assert await notifications_keeping.full(tx) == []


async def test_somebody_who_is_gone_keeps_nobody_from_being_notified(board: Noticeboard) -> None:
    author, ann, gone = [await board.person(name) for name in ("author", "ann", "gone")]
    await board.note(follow(gone, ann), follow(author, gone), follow(author, ann))
    sql(board.database_url, "DELETE FROM users WHERE id = %s", gone)

    assert await board.fold() == 3

    (group,) = await board.groups(author)
    assert group["actorCount"] == 1
