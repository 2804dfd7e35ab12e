"""A worker's sign of life: its row in the registry, kept fresh whether it paints or not.

It is a statement of its own beside the renewal of leases, so that neither waits for what locks the other's rows.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain import workers

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.session import Database
    from domain.workers import Card, Standing

logger = structlog.get_logger()


class Heartbeat:
    """Enrols a worker and says every few seconds that it lives, on whichever loop ``run`` is called."""

    def __init__(self, db: Database, card: Card, on_drain: Callable[[bool], None]) -> None:
        """Write the row of ``card``; ``on_drain`` hears whether the worker is being drained, when that has changed."""
        self._db = db
        self._card = card
        self._on_drain = on_drain
        self._standing: Standing | None = None

    async def run(self) -> None:
        """Beat until cancelled; once a second while PostgreSQL is away, or its tables are still to be made."""
        while True:
            try:
                await self.beat()
            except (SQLAlchemyError, OSError) as error:
                told = logger.warning if self._standing else logger.debug  # as it starts, much may not be there yet
                told("not seen", error=type(error).__name__)
                await asyncio.sleep(workers.BEAT_S / 3)
            else:
                await asyncio.sleep(workers.BEAT_S)

    async def beat(self) -> None:
        """Say once that the worker lives; a row that is not there is written, as it was where it was lost."""
        async with self._db.write() as tx:
            standing = await workers.renew(tx, self._card.id) or await workers.enrol(tx, self._card, self._standing)
        was_draining = bool(self._standing and self._standing.draining_since)
        is_draining = standing.draining_since is not None
        self._standing = standing
        if is_draining != was_draining:
            logger.info("worker drains" if is_draining else "worker goes on", worker_id=str(self._card.id))
            self._on_drain(is_draining)
