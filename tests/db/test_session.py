"""Sessions on PostgreSQL: connections that it has ended meanwhile are opened anew, and nobody is told."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from db.session import Database
from stored import sql
from waiting import until

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

pytestmark = pytest.mark.anyio

CONNECTIONS = 4


async def backend(tx: AsyncSession) -> int:
    found: int = (await tx.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    return found


async def backends(db: Database) -> set[int]:
    """Return the server's processes behind as many sessions that are open at once."""
    async with AsyncExitStack() as opened:
        writing = [await opened.enter_async_context(db.write()) for _ in range(CONNECTIONS)]
        reading = [await opened.enter_async_context(db.read()) for _ in range(CONNECTIONS // 2)]
        return {await backend(tx) for tx in (*writing, *reading)}


async def test_connections_that_the_server_has_ended_are_opened_anew(spare_database_url: str) -> None:
    db = Database(spare_database_url, pool_size=CONNECTIONS)
    before = await backends(db)
    assert await backends(db) == before, "they are used again"

    sql(spare_database_url, "SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) pid", [*before])
    ended = "SELECT count(*) = 0 FROM pg_stat_activity WHERE pid = ANY (%s)"
    await until(lambda: sql(spare_database_url, ended, [*before]) == [(True,)])

    after = await backends(db)
    assert len(after) == len(before)
    assert after.isdisjoint(before)
    await db.close()
