"""Likes of many at once: they share transactions, and each is answered as if they were alone."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from db.session import LOST, Database
from db.tables import Artwork, Reaction
from db.words import ReactionKind
from domain import blocks, counters, reactions
from domain.errors import NotFound
from people import key_in, new_artwork, new_users
from stored import row_counts, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio

PEOPLE: Final = 20
WAITING: Final = "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
TRANSACTIONS: Final = "SELECT count(DISTINCT xmin::text) FROM reactions"


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    yield database
    await database.close()


async def fans(db: Database) -> tuple[UUID, list[UUID]]:
    """Return an artwork that nobody likes yet, and people."""
    author, *users = await new_users(db, "author", *(f"user{number}" for number in range(PEOPLE)))
    return key_in(await new_artwork(db, author)), [key_in(user) for user in users]


def like(db: Database, artwork: UUID, user: UUID, *, on: bool = True) -> asyncio.Task[None]:
    subject = reactions.Subject(artwork, ReactionKind.LIKE)
    return asyncio.create_task(db.write_together(reactions.set_reactions, subject, user, on))


@asynccontextmanager
async def held(db: Database, database_url: str, artwork: UUID, first: UUID) -> AsyncIterator[asyncio.Task[None]]:
    """Let the like of a first one wait for the artwork to the end of the context: those who come wait for it."""
    async with db.write() as tx:
        await tx.execute(select(col(Artwork.id)).where(col(Artwork.id) == artwork).with_for_update())
        liking = like(db, artwork, first)
        await until(lambda: sql(database_url, WAITING))
        yield liking
        await asyncio.sleep(0)


async def likers(db: Database) -> set[UUID]:
    async with db.read() as tx:
        for counter in counters.COUNTERS.values():
            assert await counters.differences(tx, counter) == []
        return {*(await tx.execute(select(col(Reaction.user_id)))).scalars()}


async def test_those_who_come_while_one_is_written_are_written_together(db: Database, database_url: str) -> None:
    artwork, (ann, *others) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        rest = [like(db, artwork, user) for user in others]
    await asyncio.gather(first, *rest)
    assert await likers(db) == {ann, *others}
    assert sql(database_url, "SELECT like_count FROM artworks") == [(PEOPLE,)]
    assert sql(database_url, TRANSACTIONS) == [(2,)]
    assert sql(database_url, "SELECT count(DISTINCT actor_id) FROM notification_notes") == [(PEOPLE,)]
    assert sql(database_url, "SELECT count(*) FROM tastes WHERE due_at IS NOT NULL") == [(PEOPLE,)]


async def test_what_one_wants_after_another_comes_after_it(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, *_) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        rest = [like(db, artwork, bora, on=on) for on in (True, False, True, True)]
        rest += [like(db, artwork, cem, on=on) for on in (True, False)]
        rest.append(like(db, artwork, ann, on=False))
    await asyncio.gather(first, *rest)
    assert await likers(db) == {bora}
    assert sql(database_url, "SELECT like_count FROM artworks") == [(1,)]


async def test_one_who_may_not_see_it_is_refused_among_those_who_may(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, dora, *_) = await fans(db)
    ((author,),) = sql(database_url, "SELECT author_id FROM artworks")
    await like(db, artwork, dora)
    async with db.write() as tx:
        await blocks.set_block(tx, author, bora, on=True)
        await blocks.set_block(tx, author, dora, on=True)
    async with held(db, database_url, artwork, ann) as first:
        refused = [like(db, artwork, bora), like(db, artwork, dora, on=False), like(db, uuid4(), cem)]
        granted = [like(db, artwork, cem)]
    await asyncio.gather(first, *granted)
    told = await asyncio.gather(*refused, return_exceptions=True)
    assert [type(each) for each in told] == [NotFound] * 3
    assert await likers(db) == {ann, cem, dora}


async def test_one_who_can_not_be_written_fails_alone(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, *_) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        nobody, others = like(db, artwork, uuid4()), [like(db, artwork, user) for user in (bora, cem)]
    await asyncio.gather(first, *others)
    with pytest.raises(IntegrityError):
        await nobody
    assert await likers(db) == {ann, bora, cem}


async def test_one_who_leaves_is_written_with_the_others(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, *_) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        leaving, staying = like(db, artwork, bora), like(db, artwork, cem)
        await asyncio.sleep(0)
        leaving.cancel()
        first.cancel()
    await staying
    assert leaving.cancelled()
    assert first.cancelled()
    assert await likers(db) == {ann, bora, cem}


async def test_who_likes_another_artwork_does_not_wait(db: Database, database_url: str) -> None:
    artwork, (ann, bora, *_) = await fans(db)
    other = key_in(await new_artwork(db, f"user_{bora.hex}"))
    async with held(db, database_url, artwork, ann) as first:
        waiting = like(db, artwork, bora)
        await like(db, other, bora)
        assert not waiting.done()
    await asyncio.gather(first, waiting)


async def test_a_connection_that_is_lost_is_told_to_all_who_shared_it_and_the_next_go_on(
    db: Database, database_url: str
) -> None:
    artwork, (ann, bora, *others) = await fans(db)
    before = row_counts(database_url)
    async with held(db, database_url, artwork, ann) as first:
        ((pid,),) = sql(database_url, WAITING)
        sql(database_url, "SELECT pg_terminate_backend(%s)", pid)
        with pytest.raises(LOST):
            await first
        rest = [like(db, artwork, user) for user in others]
        await until(lambda: sql(database_url, WAITING))
        late = like(db, artwork, bora)
        ((pid,),) = sql(database_url, WAITING)
        sql(database_url, "SELECT pg_terminate_backend(%s)", pid)
        told = await asyncio.gather(*rest, return_exceptions=True)
        assert all(isinstance(each, LOST) for each in told)
        assert row_counts(database_url) == before
    await late
    assert await likers(db) == {bora}
