"""The recommender: errands of the sweeper that make lists of recommendations, a little at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from db.tables.columns import now
from domain import recommendations, recommending_sources

if TYPE_CHECKING:
    from db.session import Database

BUSY_S: Final = 0.5
"""For how long one sweep begins lists; the next goes on."""
NOTICED: Final = timedelta(minutes=1)
"""How often it is looked who was active."""
LOOK_BACK: Final = timedelta(hours=1)
"""Of how long before it began a recommender looks for them: there may have been none."""


class Recommender:
    """Makes lists for those who were active. Several may run: each list is claimed by one."""

    def __init__(self, db: Database) -> None:
        """Look back an hour first."""
        self._db = db
        self._noticed_at = now() - LOOK_BACK

    async def notice(self) -> None:
        """Note once in a minute who has renewed their sessions."""
        before, present = self._noticed_at, now()
        if present - before >= NOTICED:
            async with self._db.write() as tx:
                await recommendations.notice(tx, before)
            self._noticed_at = present

    async def renew_everybodys(self) -> None:
        """Make the list for everybody anew where it is old."""
        async with self._db.read() as tx:
            is_old = await recommendations.is_everybodys_old(tx)
        if is_old:
            pool = await self._db.look_up(recommending_sources.pool)
            async with self._db.write() as tx:
                await recommendations.renew_everybodys(tx, pool)

    async def recommend(self) -> None:
        """Make lists that are due, for half a second: other errands wait for it."""
        clock = asyncio.get_running_loop().time
        deadline, pool = clock() + BUSY_S, None
        while clock() < deadline:
            async with self._db.write() as tx:
                user_id = await recommendations.claim(tx)
                if user_id is None:
                    return
                if not await recommendations.is_worth_it(tx, user_id):
                    await recommendations.settle(tx, user_id)
                    continue
            pool = await self._db.look_up(recommending_sources.pool) if pool is None else pool
            async with self._db.read() as tx:
                entries = await recommendations.put_together(tx, user_id, pool)
            async with self._db.write() as tx:
                await recommendations.replace(tx, user_id, entries)

    async def forget(self) -> None:
        """Delete lists that nobody reads any more."""
        async with self._db.write() as tx:
            await recommendations.forget(tx)
