"""Making lists of recommendations: how long one takes, of the processor and by the clock."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlmodel import col

from benchmarks import cpu
from benchmarks.report import spread
from db.session import Database
from db.tables import User
from domain import recommendations, recommending_sources

if TYPE_CHECKING:
    from benchmarks.report import Row


async def measure(url: str, handle: str, lists: int) -> Row:
    """Make somebody so many lists, one after the other, as the sweeper does; the last one stays for their feed."""
    db = Database(url)
    async with db.read() as tx:
        user_id = (await tx.execute(select(col(User.id)).where(col(User.handle) == handle))).scalar_one()
        pool = await recommending_sources.pool(tx)
        reading = (await tx.execute(select(func.pg_backend_pid()))).scalar_one()  # one connection serves all of them
    async with db.write() as tx:
        await recommendations.replace(tx, user_id, [])
        writing = (await tx.execute(select(func.pg_backend_pid()))).scalar_one()

    def spent_ms() -> float:
        return cpu.spent_ms(reading) + cpu.spent_ms(writing) + time.process_time() * 1e3

    times, spent = [], []
    for _ in range(lists):
        before, began = spent_ms(), time.perf_counter()
        async with db.read() as tx:
            entries = await recommendations.put_together(tx, user_id, pool)
        async with db.write() as tx:
            await recommendations.replace(tx, user_id, entries)
        times.append((time.perf_counter() - began) * 1e3)
        spent.append(spent_ms() - before)
    await db.close()
    busy = spread(spent)
    return {
        "feed": "a list of recommendations is made",
        "reader": handle,
        "page": "",
        "CPU p50 ms": busy["p50 ms"],
        "CPU p99 ms": busy["p99 ms"],
        **spread(times),
        "bar ms": "",
        "indexes": "",
    }
