"""The notifier: puts what was noted into groups of notifications, a batch at a time, about twice a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog
from sqlalchemy.exc import SQLAlchemyError

from domain import notifications_folding

if TYPE_CHECKING:
    from db.session import Database

PAUSE_S: Final = 0.5

logger = structlog.get_logger()


class Notifier:
    """Folds notes. Several may run: one folds at a time, and a note is taken with the change that it makes."""

    def __init__(self, db: Database) -> None:
        """Read from and write to ``db``."""
        self._db = db

    async def run(self) -> None:
        """Work until cancelled; faults of PostgreSQL are waited out.

        Nobody rings for it: a commit that notifies waits for all others that do (``NOTIFY`` takes a lock), and likes
        come by the thousand.
        """
        while True:
            try:
                while await self.fold_once() == notifications_folding.BATCH:
                    pass
            except (SQLAlchemyError, OSError) as error:
                logger.warning("notifier waits", error=type(error).__name__)
            await asyncio.sleep(PAUSE_S)

    async def fold_once(self) -> int:
        """Fold a batch; return how many notes it had."""
        async with self._db.write() as tx:
            return await notifications_folding.fold(tx)
