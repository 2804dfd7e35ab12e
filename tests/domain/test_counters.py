"""Counts that many change at once: exact at every moment, and nobody waits for anybody."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import delete, select
from sqlmodel import col

from db.session import Database
from db.tables import Artwork, CountChange, Follow, Reaction, User
from domain import counters
from people import key_in, new_artwork, new_users, set_follow, set_like
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

pytestmark = pytest.mark.anyio

PEOPLE: Final = 20


@pytest.fixture
async def db(spare_database_url: str) -> AsyncIterator[Database]:
    database = Database(spare_database_url)
    yield database
    await database.close()


async def liked(db: Database) -> tuple[UUID, list[UUID]]:
    """Return an artwork that nobody likes yet, and people."""
    users = await new_users(db, *(f"user{number}" for number in range(PEOPLE)))
    return key_in(await new_artwork(db, users[0])), [key_in(user) for user in users]


async def like(db: Database, user: UUID, artwork: UUID, *, on: bool = True) -> None:
    async with db.write() as tx:
        await set_like(tx, user, artwork, on=on)


async def fold_all(db: Database) -> None:
    async with db.read() as tx:
        found = await counters.waiting(tx)
    for name, keys in found.items():
        async with db.write() as tx:
            await counters.fold(tx, name, keys)


async def wrong(db: Database) -> list[str]:
    """Return which counts are not what they count."""
    async with db.read() as tx:
        return [str(each) for counter in counters.COUNTERS.values() for each in await counters.differences(tx, counter)]


async def count_of(db: Database, artwork: UUID) -> tuple[int, int]:
    """Return an artwork's count of likes, and how many changes wait for it."""
    changes = col(CountChange.subject_id) == artwork, col(CountChange.delta) != 0
    async with db.read() as tx:
        kept = (await tx.execute(select(col(CountChange.delta)).where(*changes))).all()
        return (await tx.execute(select(col(Artwork.like_count)).where(col(Artwork.id) == artwork))).scalar_one(), len(
            kept
        )


async def test_who_finds_the_row_in_use_waits_for_nobody_and_the_next_counts_for_both(db: Database) -> None:
    artwork, (ann, bora, cem, *_) = await liked(db)
    async with db.write() as first:
        await set_like(first, ann, artwork)
        # when others like it, and one of them no more, while the first has not committed
        await like(db, bora, artwork)
        await like(db, cem, artwork)
        await like(db, cem, artwork, on=False)
        assert await count_of(db, artwork) == (0, 3)
        assert await wrong(db) == []
    assert await count_of(db, artwork) == (1, 3)
    assert await wrong(db) == []

    # then the next counts all of them
    await like(db, cem, artwork)
    assert await count_of(db, artwork) == (3, 0)
    assert await wrong(db) == []


async def test_the_sweeper_counts_what_nobody_comes_after(db: Database) -> None:
    artwork, (ann, bora, *_) = await liked(db)
    async with db.write() as first:
        await set_like(first, ann, artwork)
        await like(db, bora, artwork)
        await fold_all(db)
        assert await count_of(db, artwork) == (0, 1), "the row is in use"
    await fold_all(db)
    await fold_all(db)
    assert await count_of(db, artwork) == (2, 0)
    assert await wrong(db) == []


async def test_a_counter_of_a_newer_easel_is_left_to_it(db: Database, spare_database_url: str) -> None:
    sql(
        spare_database_url,
        "INSERT INTO count_changes (counter, subject_id, delta) VALUES ('new.count', gen_random_uuid(), 1)",
    )
    await fold_all(db)
    assert sql(spare_database_url, "SELECT counter FROM count_changes") == [("new.count",)]


async def test_what_is_rolled_back_is_not_counted(db: Database) -> None:
    artwork, (ann, bora, *_) = await liked(db)

    async def fail() -> None:
        async with db.write() as first:
            await set_like(first, ann, artwork)
            await like(db, bora, artwork)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count_of(db, artwork) == (0, 1)
    assert await wrong(db) == []
    await fold_all(db)
    assert await count_of(db, artwork) == (1, 0)


async def test_two_that_fold_at_once_count_everything_once(db: Database) -> None:
    artwork, (ann, bora, *_) = await liked(db)
    async with db.write() as first:
        await set_like(first, ann, artwork)
        await like(db, bora, artwork)
    async with db.write() as one, db.write() as other:
        await counters.fold(one, counters.ARTWORK_LIKES.name, [artwork])
        await counters.fold(other, counters.ARTWORK_LIKES.name, [artwork])
    assert await count_of(db, artwork) == (2, 0)
    await asyncio.gather(*(fold_all(db) for _ in range(10)))
    assert await count_of(db, artwork) == (2, 0)


async def test_a_change_of_what_is_gone_is_dropped(db: Database, spare_database_url: str) -> None:
    artwork, (ann, bora, *_) = await liked(db)
    async with db.write() as first:
        await set_like(first, ann, artwork)
        await like(db, bora, artwork)
    async with db.write() as tx:
        await tx.execute(delete(Artwork).where(col(Artwork.id) == artwork))
    await fold_all(db)
    assert sql(spare_database_url, "SELECT count(*) FROM count_changes") == [(0,)]
    async with db.read() as tx:
        assert await counters.differences(tx, counters.ARTWORK_LIKES) == []


async def test_a_storm_of_on_and_off_ends_exactly(db: Database) -> None:
    artwork, users = await liked(db)
    dice = random.Random(7)  # noqa: S311 - the same each time

    async def restless(user: UUID, seed: int) -> None:
        own = random.Random(seed)  # noqa: S311 - the same each time
        for _ in range(10):
            await like(db, user, artwork, on=own.random() < 0.6)
            other = own.choice([each for each in users if each != user])
            async with db.write() as tx:
                await set_follow(tx, user, other, on=own.random() < 0.6)

    async def watcher(done: asyncio.Event) -> None:
        while not done.is_set():
            assert await wrong(db) == []
            await fold_all(db)

    done = asyncio.Event()
    watching = asyncio.create_task(watcher(done))
    # each user twice: double clicks
    await asyncio.gather(*(restless(user, dice.getrandbits(32)) for user in users * 2))
    done.set()
    await watching
    await fold_all(db)
    assert await wrong(db) == []
    async with db.read() as tx:
        assert (await tx.execute(select(col(CountChange.id)))).all() == []
        assert (await tx.execute(select(col(Follow.follower_id)))).all() != []


async def test_a_count_that_went_wrong_is_told_and_mended(db: Database, spare_database_url: str) -> None:
    artwork, (ann, bora, *_) = await liked(db)
    await like(db, ann, artwork)
    sql(spare_database_url, "UPDATE artworks SET like_count = 7")
    assert await wrong(db) == [f"artworks.like_count of {artwork} is 7, counted are 1"]

    # given one who holds the row, and one who left a change, while it is mended
    first = db.write()
    tx = await first.__aenter__()
    await set_like(tx, bora, artwork)

    async def mend() -> None:
        async with db.write() as mending:
            await counters.mend(mending, counters.ARTWORK_LIKES, artwork)

    mending = asyncio.create_task(mend())
    await until(lambda: sql(spare_database_url, "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"))
    (late,) = await new_users(db, "late")
    await like(db, key_in(late), artwork)
    await first.__aexit__(None, None, None)
    await mending
    await fold_all(db)
    assert await wrong(db) == []
    assert await count_of(db, artwork) == (3, 0)


async def test_a_user_who_is_deleted_takes_counts_along_that_can_be_mended(db: Database) -> None:
    artwork, (_, bora, *_rest) = await liked(db)
    await like(db, bora, artwork)
    async with db.write() as tx:
        await tx.execute(delete(User).where(col(User.id) == bora))
    async with db.read() as tx:
        (difference,) = await counters.differences(tx, counters.ARTWORK_LIKES)
    async with db.write() as tx:
        await counters.mend(tx, counters.ARTWORK_LIKES, difference.key)
    assert await wrong(db) == []
    async with db.read() as tx:
        assert (await tx.execute(select(col(Reaction.user_id)))).all() == []
