"""The outbox relay: says what committed transactions left to be said, at once when notified and every two seconds."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from sqlalchemy.exc import SQLAlchemyError

from db import outbox
from domain.ports import Publication
from workers.broker import ARCHIVE_QUEUE
from workers.line_news import LineNews

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from db.session import Database
    from db.tables import OutboxMessage
    from domain.ports import EventLog
    from workers.broker import Bell

SWEEP_S: Final = 2.0
BATCH: Final = 100

logger = logging.getLogger(__name__)


class Relay:
    """Empties the outbox in order. Several may run: a lock lets one at a time work, and one alone tells of the line."""

    def __init__(self, db: Database, bell: Bell, log: EventLog) -> None:
        """Read from ``db``, ring ``bell`` for work, publish events to ``log``."""
        self._db = db
        self._bell = bell
        self._log = log
        self._line: LineNews | None = None
        self._rung = 0
        """Rings of which the messages are not yet taken from the outbox."""

    async def run(self, doorbell: outbox.Doorbell) -> None:
        """Work until cancelled; faults of PostgreSQL and Redis are waited out."""
        while True:
            try:
                while await self.empty_once():
                    pass
                await self.tell_of_line(is_first=doorbell.is_first)
            except (SQLAlchemyError, OSError) as error:
                logger.warning("relay waits: %s", type(error).__name__)
                await doorbell.close()  # another relay may reach what this one does not
                await asyncio.sleep(SWEEP_S / 4)
            else:
                await self.answer(await doorbell.wait(self._line.due_in(SWEEP_S) if self._line else SWEEP_S))

    async def empty_once(self) -> bool:
        """Say one batch; return whether there was anything to say.

        A message is deleted in the transaction that says it: a crash in between says it twice, which hurts nobody.

        Raises:
            ConnectionError: Redis can not be reached; the batch stays in the outbox.
        """
        async with self._db.write() as tx:
            messages = await outbox.take(tx, BATCH)
            await self._say(messages)
        return bool(messages)

    async def tell_of_line(self, *, is_first: bool) -> None:
        """Tell what is due of the line, if this relay ``is_first``; who becomes so tells everything.

        Raises:
            ConnectionError: the log can not be reached; it stays due.
        """
        if not is_first:
            self._line = None
            return
        if self._line is None:
            self._line = LineNews(self._db, self._log)
        await self._line.tell()

    async def answer(self, topics: Collection[str]) -> None:
        """Ring for a worker before the outbox is read: that work waits is known, and all else can wait for it."""
        if outbox.LINE in topics and self._line:
            self._line.line_changed()
        self._rung = 0
        if outbox.GPU in topics:
            with suppress(ConnectionError):  # the message stays in the outbox
                await asyncio.to_thread(self._bell.ring)
                self._rung = 1

    async def _say(self, messages: Sequence[OutboxMessage]) -> None:
        events = [message for message in messages if message.topic == outbox.EVENT]
        await self._log.publish_all([Publication(**event.payload, key=str(event.id)) for event in events])
        rings = sum(message.topic == outbox.GPU for message in messages)
        if rings > self._rung:
            await asyncio.to_thread(self._bell.ring, times=rings - self._rung)
        self._rung = max(self._rung - rings, 0)
        if any(message.topic == outbox.ARCHIVES for message in messages):
            await asyncio.to_thread(self._bell.ring, ARCHIVE_QUEUE)
