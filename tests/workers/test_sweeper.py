"""The sweeper: it rings where nobody does, and one errand that fails keeps no other from being done."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from db.words import JobStatus
from domain.ports import StorageUnavailable
from states import put
from stored import sql
from waiting import until
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from app.embedded.server import EmbeddedServer
    from workshop import Workshop

pytestmark = pytest.mark.anyio


class RefusingStore:
    """A store that deletes nothing."""

    def __init__(self, shop: Workshop) -> None:
        self.put, self.get, self.stat, self.url = shop.store.put, shop.store.get, shop.store.stat, shop.store.url
        self.writing, self.discard = shop.store.writing, self.delete

    async def delete(self, key: str) -> None:
        raise StorageUnavailable(key)


async def rings(shop: Workshop) -> int:
    """Return how many rings wait for a worker."""
    return int(await shop.redis.llen("dramatiq:gpu"))


async def test_it_rings_once_for_work_of_which_the_ring_was_lost(shop: Workshop) -> None:
    sweeper = shop.sweeper()
    await sweeper.ring_for_waiting()
    assert await rings(shop) == 0

    await shop.job(await shop.user())
    for _ in range(3):
        await sweeper.ring_for_waiting()
    assert await rings(shop) == 1

    # and again when Valkey has forgotten it
    await shop.redis.flushall()
    await sweeper.ring_for_waiting()
    assert await rings(shop) == 1


async def test_one_errand_that_fails_keeps_no_other_from_being_done(shop: Workshop) -> None:
    # given a picture that can not be removed, and a job whose worker is lost
    user = await shop.user()
    abandoned = await shop.job(user, count=2)
    await shop.painter().paint_waiting()
    put(shop.database_url, "UPDATE media_assets SET status = 'PENDING'")
    lost = await shop.job(user)
    put(
        shop.database_url,
        "UPDATE generation_jobs SET status = 'RUNNING', lease_expires_at = now() - interval '1 second' WHERE id = %s",
        lost,
    )
    hour = timedelta(hours=1)
    sweeper = Sweeper(shop.db, shop.bell, RefusingStore(shop), hour, timedelta(0))

    sweeping = asyncio.create_task(sweeper.run())
    await until(lambda: sql(shop.database_url, "SELECT id FROM generation_jobs WHERE attempt = 1"))
    await until(lambda: rung(shop))
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping

    assert (await shop.row(lost)).status == JobStatus.QUEUED
    assert (await shop.row(abandoned)).status == JobStatus.SUCCEEDED
    assert len(shop.stored()) == 8
    assert sql(shop.database_url, "SELECT DISTINCT status FROM media_assets") == [("PENDING",)]


async def rung(shop: Workshop) -> bool:
    return await rings(shop) > 0


async def test_it_waits_out_servers_that_are_away(
    shop: Workshop, spare_valkey: EmbeddedServer, spare_postgres: EmbeddedServer
) -> None:
    await shop.job(await shop.user())
    spare_valkey.kill()
    spare_postgres.kill()
    sweeping = asyncio.create_task(shop.sweeper().run())
    await asyncio.sleep(0)
    spare_postgres.start()
    spare_valkey.start()

    await until(lambda: rung(shop))

    assert not sweeping.done()
    sweeping.cancel()
    with suppress(asyncio.CancelledError):
        await sweeping
