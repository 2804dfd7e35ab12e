"""Many who like one artwork, or follow one user, at once: they share transactions, and are answered as if alone."""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from db import crowds, session
from db.session import LOST, Database
from db.tables import Artwork, Reaction
from db.words import ReactionKind
from domain import blocks, counters, follows, quotas, reactions, recommendations
from domain.errors import InvalidInput, NotFound
from people import key_in, new_artwork, new_users, set_like
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


def follow(db: Database, followed: UUID, user: UUID, *, on: bool = True) -> asyncio.Task[None]:
    return asyncio.create_task(db.write_together(follows.set_followers, followed, user, on))


def like(db: Database, artwork: UUID, user: UUID, *, on: bool = True) -> asyncio.Task[None]:
    subject = reactions.Subject(artwork, ReactionKind.LIKE)
    return asyncio.create_task(db.write_together(reactions.set_reactions, subject, user, on))


@pytest.fixture(autouse=True)
def _long_patience(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first one wait for a lock in the line, as if they were just being written."""
    if "keeps_nobody_waiting" not in request.node.name:
        monkeypatch.setattr(crowds, "PATIENCE_S", 60)


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
    """Return who likes anything; all counts, of follows as well, are what they count."""
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


async def test_each_is_refused_what_they_may_not_see(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, dora, emil, fay, gil, *others) = await fans(db)
    ((author,),) = sql(database_url, "SELECT author_id FROM artworks")
    liking = {bora, emil, gil}
    await asyncio.gather(*(like(db, artwork, user) for user in liking))
    # given people who have chosen to see what is mature, people who have not, and people who are blocked
    sql(database_url, "UPDATE artworks SET content_level = 'MATURE'")
    sql(database_url, "UPDATE users SET content_level = 'MATURE' WHERE NOT id = ANY(%s)", [cem, emil])
    async with db.write() as tx:
        await blocks.set_block(tx, author, dora, on=True)
    async with db.write() as tx:
        await blocks.set_block(tx, gil, author, on=True)
    # when all of them come at once, some to like it and some to like it no more
    async with held(db, database_url, artwork, ann) as first:
        unseen = [like(db, artwork, cem), like(db, artwork, emil, on=False)]
        unseen += [like(db, artwork, dora), like(db, artwork, gil, on=False), like(db, uuid4(), ann)]
        seen = [like(db, artwork, bora, on=False), like(db, artwork, fay), like(db, artwork, others[0], on=False)]
    await asyncio.gather(first, *seen)
    told = await asyncio.gather(*unseen, return_exceptions=True)
    assert [type(each) for each in told] == [NotFound] * len(unseen)
    assert await likers(db) == {ann, emil, fay, gil}


async def test_one_who_can_not_be_written_fails_alone(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, *_) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        nobody, others = like(db, artwork, uuid4()), [like(db, artwork, user) for user in (bora, cem)]
    await asyncio.gather(first, *others)
    with pytest.raises(IntegrityError):
        await nobody
    assert await likers(db) == {ann, bora, cem}


async def test_what_is_not_begun_is_not_done_for_who_has_left(db: Database, database_url: str) -> None:
    artwork, (ann, bora, cem, *_) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        leaving, staying = like(db, artwork, bora), like(db, artwork, cem)
        await asyncio.sleep(0)
        leaving.cancel()
        first.cancel()  # whose transaction nobody shares
    await staying
    assert leaving.cancelled()
    assert first.cancelled()
    assert await likers(db) == {cem}


async def test_one_whose_row_is_in_use_keeps_nobody_waiting(db: Database, database_url: str) -> None:
    _, (star, ann, bora, *others) = await fans(db)
    async with db.write() as tx:
        await quotas.take_turn(tx, ann, bora)
        # alone, and among others
        stuck = [follow(db, star, ann)]
        await until(lambda: sql(database_url, WAITING))
        stuck += [follow(db, star, bora), follow(db, star, bora, on=False), follow(db, star, ann, on=False)]
        await asyncio.gather(*(follow(db, star, user) for user in others))
        assert not any(each.done() for each in stuck)
    await asyncio.gather(*stuck)
    assert sql(database_url, "SELECT count(*) FROM follows WHERE followee_id = %s", star) == [(len(others),)]
    assert not {ann, bora} & {user for (user,) in sql(database_url, "SELECT follower_id FROM follows")}
    assert await likers(db) == set()


async def test_those_who_make_lists_anew_and_those_who_like_never_wait_in_a_circle(
    db: Database, database_url: str
) -> None:
    artwork, users = await fans(db)
    sql(
        database_url,
        "INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at)"
        " SELECT gen_random_uuid(), id, '', now(), now(), now() + interval '1 hour' FROM users",
    )

    async def noticing() -> None:
        for _ in range(20):
            async with db.write() as tx:
                await recommendations.notice(tx, datetime.now(UTC) - timedelta(hours=1))

    async def liking(user: UUID) -> None:
        for number in range(10):
            await like(db, artwork, user, on=number % 2 == 0)

    await asyncio.gather(noticing(), noticing(), *(liking(user) for user in users))
    assert await likers(db) == set()


async def test_a_crowd_is_cut_into_transactions(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowds, "AT_ONCE", 5)
    artwork, (ann, *others) = await fans(db)
    async with held(db, database_url, artwork, ann) as first:
        rest = [like(db, artwork, user) for user in others]
    await asyncio.gather(first, *rest)
    assert sql(database_url, TRANSACTIONS) == [(1 + 4,)]
    assert await likers(db) == {ann, *others}


async def test_where_no_connection_is_free_all_are_told(database_url: str) -> None:
    db = Database(database_url, pool_size=1, statement_timeout_s=0.1)
    artwork, users = await fans(db)
    async with db.write() as tx:
        await quotas.take_turn(tx)
        told = await asyncio.gather(*(like(db, artwork, user) for user in users), return_exceptions=True)
    assert all(isinstance(each, LOST) for each in told)
    assert await likers(db) == set()
    await db.close()


async def test_what_is_not_written_when_connections_are_closed_never_is(db: Database, database_url: str) -> None:
    artwork, (ann, bora, *_) = await fans(db)
    other = Database(database_url)
    async with held(other, database_url, artwork, ann):
        waiting = [like(db, artwork, bora)]
        await until(lambda: len(sql(database_url, WAITING)) > 1)
        waiting.append(like(db, artwork, ann))
        await asyncio.sleep(0)
        await db.close()
        await asyncio.wait(waiting)
        assert all(each.cancelled() for each in waiting)
    await until(lambda: sql(database_url, "SELECT user_id FROM reactions"))
    # nor what has not begun at all
    late = like(db, artwork, bora)
    await asyncio.sleep(0)
    await db.close()
    await asyncio.wait([late])
    assert late.cancelled()
    assert await likers(other) == {ann}
    await other.close()


async def test_who_likes_another_artwork_does_not_wait(db: Database, database_url: str) -> None:
    artwork, (ann, bora, *_) = await fans(db)
    other = key_in(await new_artwork(db, f"user_{bora.hex}"))
    async with held(db, database_url, artwork, ann) as first:
        waiting = like(db, artwork, bora)
        await like(db, other, bora)
        assert not waiting.done()
    await asyncio.gather(first, waiting)


@pytest.mark.parametrize("people", [1, 5])
async def test_a_connection_that_is_lost_is_told_to_all_who_shared_it_and_the_next_go_on(
    db: Database, database_url: str, people: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_HURRY", text("SET LOCAL lock_timeout = 0"))
    artwork, (bora, *others) = await fans(db)
    before = row_counts(database_url)
    async with db.write() as tx:
        # given people of whom one is just liking it elsewhere, too
        await set_like(tx, others[0], artwork)
        lost = [like(db, artwork, user) for user in others[:people]]
        await until(lambda: sql(database_url, WAITING))
        late = like(db, artwork, bora)
        ((pid,),) = sql(database_url, WAITING)
        sql(database_url, "SELECT pg_terminate_backend(%s)", pid)
        told = await asyncio.gather(*lost, return_exceptions=True)
        assert all(isinstance(each, LOST) for each in told)
        assert row_counts(database_url) == before
        await late
    assert await likers(db) == {others[0], bora}


async def test_those_who_follow_one_user_are_written_together_and_answered_each(
    db: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follows, "MAXIMUM_FOLLOWED", 2)
    _, (star, ann, bora, cem, dora, blocked, *others) = await fans(db)
    await follow(db, ann, dora)
    await follow(db, bora, dora)
    await follow(db, star, bora)
    await follow(db, star, cem)
    async with db.write() as tx:
        await blocks.set_block(tx, star, blocked, on=True)
    async with db.write() as tx:
        # given one who waits for the turn of a user who is just adding something else
        await quotas.take_turn(tx, ann)
        first = follow(db, star, ann)
        await until(lambda: sql(database_url, WAITING))
        full, own, unseen = follow(db, star, dora), follow(db, star, star), follow(db, star, blocked)
        again, ended = follow(db, star, cem), follow(db, star, bora, on=False)
        added = [follow(db, star, user) for user in others]
        await asyncio.sleep(0)
    await asyncio.gather(first, again, ended, *added)
    told = await asyncio.gather(full, own, unseen, return_exceptions=True)
    assert [type(each) for each in told] == [InvalidInput, InvalidInput, NotFound]
    found = sql(database_url, "SELECT follower_id, xmin::text FROM follows WHERE followee_id = %s", star)
    assert {user for user, _ in found} == {ann, cem, *others}
    assert len({transaction for user, transaction in found if user in others}) == 1
    assert await likers(db) == set()


async def test_crowds_of_several_processes_never_wait_in_a_circle(db: Database, database_url: str) -> None:
    _, users = await fans(db)
    stars = users[:4]
    artworks = [key_in(await new_artwork(db, f"user_{star.hex}")) for star in stars]
    other = Database(database_url)

    async def restless(number: int) -> None:
        dice = random.Random(number)  # noqa: S311 - the same each time
        for _ in range(20):
            place, user, which = dice.choice((db, other)), dice.choice(users), dice.randrange(len(stars))
            with suppress(InvalidInput, NotFound):
                match dice.choices(("block", "follow", "like"), (1, 5, 5)):
                    case ["block"]:
                        async with place.write() as tx:
                            await blocks.set_block(tx, user, stars[which], on=dice.random() < 0.5)
                    case ["follow"]:
                        await follow(place, stars[which], user, on=dice.random() < 0.7)
                    case _:
                        await like(place, artworks[which], user, on=dice.random() < 0.6)

    await asyncio.gather(*(restless(number) for number in range(40)))
    await likers(db)
    both = "SELECT 1 FROM follows f JOIN blocks b ON b.user_id = f.follower_id AND b.other_id = f.followee_id"
    assert sql(database_url, both) == []
    await other.close()
