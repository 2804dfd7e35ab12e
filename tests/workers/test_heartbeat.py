"""A worker's sign of life: kept up whatever happens to its row, and what it hears with it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from db.session import AWAY, Database
from domain import workers
from domain.workers import Card
from stored import sql
from waiting import until
from workers.heartbeat import Heartbeat

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from app.embedded.server import EmbeddedServer
    from workshop import Workshop

pytestmark = pytest.mark.anyio

ROWS = "SELECT id, started_at, draining_since FROM workers"


def ignore(_is_draining: bool) -> None:  # noqa: FBT001 - as it is called
    """Do nothing about it."""


def card_of(worker: UUID) -> Card:
    return Card(worker, "host:1", ("sandbox",), "test")


async def test_a_row_that_is_lost_is_written_anew_as_it_was(shop: Workshop) -> None:
    # given a worker that heard that it is drained
    heard: list[bool] = []
    heartbeat = Heartbeat(shop.db, card_of(uuid4()), heard.append)
    await heartbeat.beat()
    ((worker, _, _),) = sql(shop.database_url, ROWS)
    async with shop.db.write() as tx:
        await workers.drain(tx, worker)
    await heartbeat.beat()
    assert heard == [True]
    before = sql(shop.database_url, ROWS)

    # when its row is lost
    sql(shop.database_url, "DELETE FROM workers")
    await heartbeat.beat()

    # then it is known again, since the same moment, and is drained still; the lines' watchers hear of it
    assert sql(shop.database_url, ROWS) == before
    assert heard == [True]
    topics = [topic for (topic,) in sql(shop.database_url, "SELECT topic FROM outbox ORDER BY id")]
    assert topics == ["line", "gpu", "line", "line", "gpu"]

    # and when it is resumed, it hears that, once
    async with shop.db.write() as tx:
        await workers.resume(tx, worker)
    await heartbeat.beat()
    await heartbeat.beat()
    assert heard == [True, False]


async def test_a_beat_changes_no_more_than_when_the_worker_was_seen(shop: Workshop) -> None:
    heartbeat = Heartbeat(shop.db, card_of(uuid4()), ignore)
    await heartbeat.beat()
    before = sql(shop.database_url, ROWS), sql(shop.database_url, "SELECT count(*) FROM outbox")
    sql(shop.database_url, "UPDATE workers SET seen_at = now() - interval '10 s'")

    await heartbeat.beat()

    assert (sql(shop.database_url, ROWS), sql(shop.database_url, "SELECT count(*) FROM outbox")) == before
    assert sql(shop.database_url, "SELECT seen_at > now() - interval '5 s' FROM workers") == [(True,)]


class Noting(Database):
    """The real database, which notes that it could not be reached."""

    was_away = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        try:
            async with super().write() as tx:
                yield tx
        except AWAY:
            self.was_away = True
            raise


async def test_a_heart_beats_on_when_postgresql_was_away(shop: Workshop, spare_postgres: EmbeddedServer) -> None:
    db = Noting(shop.database_url)
    heartbeat = Heartbeat(db, card_of(uuid4()), ignore)
    beating = asyncio.create_task(heartbeat.run())
    await until(lambda: sql(shop.database_url, ROWS))
    before = sql(shop.database_url, ROWS)

    # given an outage in which it was to be seen
    spare_postgres.stop()
    await until(lambda: db.was_away)
    spare_postgres.start()
    sql(shop.database_url, "UPDATE workers SET seen_at = now() - interval '1 hour'")

    # then it is seen again, and is who it was
    await until(lambda: sql(shop.database_url, "SELECT id FROM workers WHERE seen_at > now() - interval '5 s'"))
    assert sql(shop.database_url, ROWS) == before
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    await db.close()


async def test_a_drained_painter_claims_nothing_where_its_row_is_lost(shop: Workshop) -> None:
    # given a worker that heard that it is drained, and whose row is lost before its next beat
    painter = shop.painter()
    heartbeat = Heartbeat(shop.db, card_of(painter.worker_id), painter.drain)
    await heartbeat.beat()
    async with shop.db.write() as tx:
        await workers.drain(tx, painter.worker_id)
    await heartbeat.beat()
    sql(shop.database_url, "DELETE FROM workers")
    job = await shop.job(await shop.user())

    # when it is rung
    await painter.paint_waiting()

    # then it leaves the job to others
    assert (await shop.row(job)).worker_id is None
    # and takes it when it may again
    await heartbeat.beat()
    async with shop.db.write() as tx:
        await workers.resume(tx, painter.worker_id)
    await heartbeat.beat()
    await painter.paint_waiting()
    row = await shop.row(job)
    assert (row.status, row.worker_id) == ("SUCCEEDED", painter.worker_id)
