"""Places while many change the line at once: those of a count of all that waits, at every moment that can be seen."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.dialects import postgresql

from domain import line, line_control, rendering
from domain.errors import AlreadyFinished, NotFound, NotWaiting
from stored import row_counts, sql

if TYPE_CHECKING:
    from uuid import UUID

    from workshop import Workshop

pytestmark = pytest.mark.anyio

COUNTED_ANEW = """
    WITH turns AS (
        SELECT *, row_number() OVER (PARTITION BY engine, user_id ORDER BY priority DESC, queued_at, id) AS turn
        FROM generation_jobs WHERE status = 'QUEUED'
    )
    SELECT id, row_number() OVER (PARTITION BY engine ORDER BY priority DESC, turn, queued_at, id)::int FROM turns"""


def _told() -> str:
    queue = line.placed()
    statement = select(queue.c.id, queue.c.place)
    return str(statement.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]  # SQLAlchemy's


TOLD = _told()


async def seen(database_url: str) -> int:
    """Compare all places with a count of all that waits, in one snapshot; return how many there were."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        await connection.set_isolation_level(psycopg.IsolationLevel.REPEATABLE_READ)
        told: dict[UUID, int] = dict(await (await connection.execute(TOLD.encode())).fetchall())
        counted: dict[UUID, int] = dict(await (await connection.execute(COUNTED_ANEW)).fetchall())
    assert told == counted
    return len(told)


class Crowd:
    """Users who submit, cancel and move jobs, and workers that claim them, give them back and tidy up."""

    def __init__(self, shop: Workshop, users: list[UUID]) -> None:
        self.shop = shop
        self.users = users
        self.jobs: list[tuple[UUID, UUID]] = []
        self.is_over = False

    async def change(self, seed: int) -> None:
        """Change the line at random."""
        chance = random.Random(seed)  # noqa: S311 - chance that can be repeated
        await self.submit(chance)
        for _ in range(25):
            what = chance.choice((self.submit, self.submit, self.claim, self.cancel, self.move, self.give_back))
            with suppress(AlreadyFinished, NotFound, NotWaiting):
                await what(chance)

    async def submit(self, chance: random.Random) -> None:
        user = chance.choice(self.users)
        self.jobs.append((user, await self.shop.job(user, count=chance.randint(1, 3))))

    async def claim(self, _chance: random.Random) -> None:
        async with self.shop.db.write() as tx:
            lead = await rendering.claim(tx, ("sandbox",), uuid4(), timedelta(minutes=1))
        if lead:
            async with self.shop.db.write() as tx:
                await rendering.claim_company(tx, lead, 6, timedelta(minutes=1))

    async def cancel(self, chance: random.Random) -> None:
        await self.shop.cancel(*chance.choice(self.jobs))

    async def move(self, chance: random.Random) -> None:
        user, job = chance.choice(self.jobs)
        async with self.shop.db.write() as tx:
            await line_control.move(tx, user, job, chance.choice([None, chance.choice(self.jobs)[1]]))

    async def give_back(self, _chance: random.Random) -> None:
        lost = "UPDATE generation_jobs SET lease_expires_at = now() - interval '1 second' WHERE status = 'PREPARING'"
        await asyncio.to_thread(sql, self.shop.database_url, lost)
        await self.shop.sweeper().rescue_lost()

    async def change_all(self) -> None:
        """Let six change the line at once."""
        try:
            await asyncio.gather(*(self.change(seed) for seed in range(6)))
        finally:
            self.is_over = True

    async def tidy(self) -> None:
        """Sum up counts all the while."""
        while not self.is_over:
            await self.shop.sweeper().tidy_line()

    async def look(self) -> int:
        """Compare all places all the while; return how many there were at most."""
        most = 0
        while not self.is_over:
            most = max(most, await seen(self.shop.database_url))
        return most


async def test_places_are_exact_while_all_change_the_line(shop: Workshop) -> None:
    crowd = Crowd(shop, [await shop.user(grant=1_000) for _ in range(5)])

    _, _, most = await asyncio.gather(crowd.change_all(), crowd.tidy(), crowd.look())

    assert most > 0
    await shop.sweeper().tidy_line()
    waiting = await seen(shop.database_url)
    counts = "SELECT level, sum(jobs)::int, min(jobs) > 0 FROM line_counts GROUP BY level ORDER BY level"
    assert sql(shop.database_url, counts) == [(level, waiting, True) for level in range(4) if waiting]


async def test_places_are_exact_in_a_line_of_days(shop: Workshop) -> None:
    users = [await shop.user() for _ in range(30)]
    for number in range(120):
        await shop.job(users[number * number % 30], count=1)
    spread = "UPDATE generation_jobs SET queued_at = queued_at - interval '3 days' * power(random(), %s)"

    for steepness in (1, 8):  # evenly over three days, then most of them in the last minutes
        sql(shop.database_url, spread, steepness)
        assert await seen(shop.database_url) == 120

    async with shop.db.read() as tx:
        newcomer = await line.place_of_next(tx, "sandbox", uuid4())
        firsts = sql(shop.database_url, "SELECT count(*)::int FROM line_places WHERE turn = 1")
    assert [(newcomer.position - 1,)] == firsts


async def test_one_moves_among_ones_own_and_nobody_else_does(shop: Workshop) -> None:
    ann, bob = await shop.user(), await shop.user()
    a1, b1, a2, b2, a3 = [await shop.job(user) for user in (ann, bob, ann, bob, ann)]

    async def moved(job: UUID, before: UUID | None) -> list[UUID]:
        async with shop.db.write() as tx:
            await line_control.move(tx, ann, job, before)
        async with shop.db.read() as tx:
            places = await line.places(tx)
        return sorted(places, key=lambda each: places[each].position)

    assert await moved(a3, a1) == [a3, b1, a1, b2, a2]
    assert await moved(a3, None) == [a1, b1, a2, b2, a3]
    assert await moved(a2, a2) == [a1, b1, a2, b2, a3]
    # and the first one is claimed first
    async with shop.db.write() as tx:
        claimed = await rendering.claim(tx, ("sandbox",), uuid4(), timedelta(minutes=1))
    assert claimed
    assert claimed.job.id == a1


async def test_what_does_not_wait_is_not_moved_and_nothing_is_written(shop: Workshop) -> None:
    ann, bob = await shop.user(), await shop.user()
    a1, a2, b1, canceled = [await shop.job(user) for user in (ann, ann, bob, ann)]
    await shop.cancel(ann, canceled)
    sql(shop.database_url, "UPDATE generation_jobs SET priority = 1 WHERE id = %s", a2)
    stored = "SELECT id, queued_at, promised_s FROM generation_jobs ORDER BY id"
    before = sql(shop.database_url, stored), row_counts(shop.database_url)

    for refusal, path, job, target in (
        (NotFound, "jobId", b1, None),
        (NotFound, "jobId", uuid4(), None),
        (NotFound, "before", a1, b1),
        (NotWaiting, "jobId", canceled, a1),
        (NotWaiting, "before", a1, canceled),
        (NotWaiting, "before", a1, a2),
    ):
        with pytest.raises(refusal) as refused:
            async with shop.db.write() as tx:
                await line_control.move(tx, ann, job, target)
        assert refused.value.path == ("input", path)
    assert (sql(shop.database_url, stored), row_counts(shop.database_url)) == before


async def test_from_a_paused_engine_nothing_is_claimed_until_it_is_resumed(shop: Workshop) -> None:
    user = await shop.user()
    job = await shop.job(user)

    async def claimed() -> UUID | None:
        async with shop.db.write() as tx:
            found = await rendering.claim(tx, ("diffusers", "sandbox"), uuid4(), timedelta(minutes=1))
        return found.job.id if found else None

    for _ in range(2):
        async with shop.db.write() as tx:
            await line_control.pause(tx, user, "sandbox")
    assert await claimed() is None
    async with shop.db.write() as tx:
        await line_control.resume(tx, "sandbox")
    assert await claimed() == job
