"""The trash: what can be restored, what can not any more, and what becomes of its objects."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from audit import check_end
from db.tables.columns import now
from domain import trash
from domain.errors import InvalidInput
from domain.ports import StorageUnavailable
from stored import sql
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from uuid import UUID

    from workshop import Workshop

pytestmark = pytest.mark.anyio


async def painted(shop: Workshop, count: int) -> tuple[UUID, list[UUID]]:
    """Paint pictures; return whose they are, and their keys."""
    user = await shop.user()
    job = await shop.job(user, count=count)
    await shop.painter().paint_waiting()
    found = sql(shop.database_url, "SELECT asset_id FROM generation_slots WHERE job_id = %s ORDER BY index", job)
    return user, [key for (key,) in found]


def age(shop: Workshop, asset: UUID, by: timedelta) -> None:
    sql(shop.database_url, "UPDATE media_assets SET trashed_at = trashed_at - %s WHERE id = %s", by, asset)


async def test_what_was_deleted_long_ago_goes_for_good_with_its_objects(shop: Workshop) -> None:
    user, (kept, fresh, old) = await painted(shop, 3)
    everything = shop.stored()
    async with shop.db.write() as tx:
        until_when = await trash.delete(tx, user, fresh)
        await trash.delete(tx, user, old)
    assert timedelta(0) <= now() + trash.UNDO - until_when < timedelta(minutes=1)
    await shop.sweeper().empty_trash()
    assert shop.stored() == everything

    age(shop, old, trash.UNDO)
    await shop.sweeper().empty_trash()

    states = dict(sql(shop.database_url, "SELECT id, status FROM media_assets"))
    assert states == {kept: "READY", fresh: "TRASHED", old: "PURGED"}
    assert {key.split("/")[1] for key in shop.stored()} == {str(kept), str(fresh)}
    check_end(shop.database_url, shop.stored())
    with pytest.raises(InvalidInput, match=r"asset\.purged"):
        async with shop.db.write() as tx:
            await trash.restore(tx, user, old)
    async with shop.db.write() as tx:
        await trash.restore(tx, user, fresh)
    check_end(shop.database_url, shop.stored())


async def test_what_can_not_be_restored_any_more_is_refused_before_the_sweeper_comes(shop: Workshop) -> None:
    user, (asset,) = await painted(shop, 1)
    async with shop.db.write() as tx:
        await trash.delete(tx, user, asset)
    age(shop, asset, trash.UNDO)
    with pytest.raises(InvalidInput, match=r"asset\.purged"):
        async with shop.db.write() as tx:
            await trash.restore(tx, user, asset)
    assert sql(shop.database_url, "SELECT status FROM media_assets") == [("TRASHED",)]


class RefusingStore:
    """A store that deletes nothing."""

    def __init__(self, shop: Workshop) -> None:
        self.put, self.get, self.stat, self.url = shop.store.put, shop.store.get, shop.store.stat, shop.store.url
        self.writing, self.discard = shop.store.writing, self.delete

    async def delete(self, key: str) -> None:
        raise StorageUnavailable(key)


async def test_objects_that_the_store_keeps_are_removed_when_it_is_back(shop: Workshop) -> None:
    user, (asset,) = await painted(shop, 1)
    async with shop.db.write() as tx:
        await trash.delete(tx, user, asset)
    age(shop, asset, trash.UNDO)

    away = Sweeper(shop.db, shop.bell, RefusingStore(shop), timedelta(hours=1), timedelta(0))
    with pytest.raises(StorageUnavailable):
        await away.empty_trash()
    assert sql(shop.database_url, "SELECT status FROM media_assets") == [("PURGED",)]
    assert shop.stored()

    await shop.sweeper().empty_trash()
    assert shop.stored() == set()
    await away.empty_trash()
