"""The outbox relay: says what committed transactions left to be said, at once when notified and every two seconds."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from db import outbox
from domain import line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.session import Database
    from db.tables import OutboxMessage
    from domain.line import Place
    from domain.ports import JobEventLog
    from workers.broker import Bell

SWEEP_S: Final = 2.0
BATCH: Final = 100

logger = logging.getLogger(__name__)


class Relay:
    """Empties the outbox in order. Several may run: a lock lets one at a time work."""

    def __init__(self, db: Database, bell: Bell, log: JobEventLog) -> None:
        """Read from ``db``, ring ``bell`` for work, publish events to ``log``."""
        self._db = db
        self._bell = bell
        self._log = log
        self._places: dict[UUID, Place] = {}
        self._has_line_moved = False

    async def run(self, doorbell: outbox.Doorbell) -> None:
        """Work until cancelled; faults of PostgreSQL and Redis are waited out."""
        while True:
            try:
                while await self.empty_once():
                    pass
            except (SQLAlchemyError, OSError) as error:
                logger.warning("relay waits: %s", type(error).__name__)
                await asyncio.sleep(SWEEP_S / 4)
            else:
                await doorbell.wait(SWEEP_S)

    async def empty_once(self) -> bool:
        """Say one batch; return whether there was anything to say.

        A message is deleted in the transaction that says it: a crash in between says it twice, which hurts nobody.

        Raises:
            ConnectionError: Redis can not be reached; the batch stays in the outbox.
        """
        async with self._db.write() as tx:
            messages = await outbox.take(tx, BATCH)
            await self._say(messages)
            self._has_line_moved |= any(message.topic == outbox.LINE for message in messages)
        if self._has_line_moved:
            await self._publish_places()
            self._has_line_moved = False
        return bool(messages)

    async def _say(self, messages: Sequence[OutboxMessage]) -> None:
        for message in messages:
            if message.topic == outbox.JOB_EVENT:
                data = dict(message.payload)
                job_id, kind = UUID(data.pop("job_id")), data.pop("kind")
                await self._log.publish(job_id, kind, data, key=str(message.id))
        for _ in range(sum(message.topic == outbox.GPU for message in messages)):
            await asyncio.to_thread(self._bell.ring)

    async def _publish_places(self) -> None:
        async with self._db.read() as tx:
            places = dict(await line.places(tx))
        for job_id, place in places.items():
            before = self._places.get(job_id)
            if before is None or before.position != place.position:
                data = {"position": place.position, "eta": place.eta_seconds}
                await self._log.publish(job_id, "queue_moved", data)
        self._places = places
