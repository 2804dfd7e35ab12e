"""A worker killed -9 in the midst of an archive: the archive is packed anew, and nothing of the first try stays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from archiving import picture, requested, rows, unpacked
from conftest import install
from domain.archives_states import object_key
from stored import sql
from waiting import until
from workshop import workshop

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio


async def test_an_archive_survives_a_killed_worker(
    spare_database_url: str, spare_redis_url: str, tmp_path: Path
) -> None:
    easel = install(tmp_path, spare_database_url, spare_redis_url)
    async with workshop(spare_database_url, spare_redis_url, tmp_path) as shop:
        # given a worker that reads a picture which never comes to its end
        user = await shop.user()
        assets = [await picture(shop, user, bytes([number]) * 1_000) for number in range(3)]
        endless = shop.media / f"assets/{assets[1]}/original.png"
        endless.unlink()
        os.mkfifo(endless)
        easel.start("worker", "relay", "sweeper")
        try:
            archive = await requested(shop, user, assets)
            pipe = await until(lambda: opened(endless))
            assert pipe
            left = [key for key in shop.stored() if key.startswith("archives/")]
            assert len(left) == 1

            # when it is killed
            easel.processes["worker"].kill()
            os.close(pipe)
            endless.unlink()
            await shop.store.put(f"assets/{assets[1]}/original.png", b"here now", "image/png")
            await until(lambda: [status for status, *_ in rows(spare_database_url)] == ["QUEUED"])
            sql(spare_database_url, "UPDATE archives SET due_at = now()")
            easel.start("worker")

            # then another one packs it anew, rung by the sweeper
            await until(lambda: rows(spare_database_url) == [("SUCCEEDED", 3, 0, None)], at_most_s=30)
        finally:
            easel.stop()
        data = await shop.store.get(object_key(archive, 2))
        assert sorted(map(len, unpacked(data).values())) == [8, 1_000, 1_000]
        assert [key for key in shop.stored() if key.startswith("archives/")] == [object_key(archive, 2)]
        assert sql(spare_database_url, "SELECT claims, losses FROM archives") == [(2, 1)]


def opened(pipe: Path) -> int | None:
    """Return a descriptor once somebody reads the pipe, None before that."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
