"""News of the line: places are told to those who wait, its length to those who watch it, when it has changed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from domain import line, line_state, streams
from domain.ports import Publication

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from uuid import UUID

    from db.session import Database
    from domain.line import Place
    from domain.line_state import Queue
    from domain.ports import EventLog

SETTLE_S: Final = 0.05
"""How long after a change of the line its places are told: an idle worker takes a new job sooner, and nothing is."""
REST: Final = 4.0
"""How many times as long as telling places took they are left alone: a busy line must not have all of a machine."""
BETWEEN_LENGTHS_S: Final = 1.0
"""How long after the length of a line it is told again at the earliest."""


class LineNews:
    """Tells what has changed since it was last told. At first it tells everything: some may not have been told."""

    def __init__(self, db: Database, log: EventLog, clock: Callable[[], float] = time.monotonic) -> None:
        """Look at ``db``, tell by ``log``; ``clock`` counts seconds."""
        self._clock = clock
        self._db = db
        self._log = log
        self._places: Mapping[UUID, Place] = {}
        self._queues: Mapping[str, Queue] = {}
        self._places_due: float | None = clock()
        self._lengths_due: float | None = clock()
        self._places_rest_until = clock()
        self._lengths_told = clock() - BETWEEN_LENGTHS_S

    def line_changed(self) -> None:
        """Hear that the line has changed."""
        now = self._clock()
        if self._places_due is None:
            self._places_due = max(now + SETTLE_S, self._places_rest_until)
        if self._lengths_due is None:
            self._lengths_due = max(now + SETTLE_S, self._lengths_told + BETWEEN_LENGTHS_S)

    def due_in(self, at_most_s: float) -> float:
        """Return in how many seconds there is something to tell, or ``at_most_s``."""
        now = self._clock()
        dues = [due - now for due in (self._places_due, self._lengths_due) if due is not None]
        return max(min([at_most_s, *dues]), 0.0)

    async def tell(self) -> None:
        """Tell what is due.

        Raises:
            ConnectionError: the log can not be reached; it stays due.
        """
        now = self._clock()
        if self._places_due is not None and self._places_due <= now:
            await self._tell_places()
            self._places_due = None
            self._places_rest_until = self._clock() + REST * (self._clock() - now)
        if self._lengths_due is not None and self._lengths_due <= now:
            await self._tell_lengths()
            self._lengths_due, self._lengths_told = None, now

    async def _tell_places(self) -> None:
        async with self._db.read() as tx:
            places = await line.places(tx)
        await self._log.publish_all(list(self._moves(places)))
        self._places = places

    def _moves(self, places: Mapping[UUID, Place]) -> Iterator[Publication]:
        for job_id, place in places.items():
            before = self._places.get(job_id)
            if before is None or before != place:
                data = {
                    "position": place.position,
                    "eta": place.eta_seconds,
                    "confidence": place.confidence,
                    "waiting_for": place.waiting_for,
                }
                yield Publication(streams.of_job(job_id), "queue_moved", data)

    async def _tell_lengths(self) -> None:
        async with self._db.read() as tx:
            queues = await line_state.all_queues(tx)
        changed = [engine for engine, queue in queues.items() if self._queues.get(engine) != queue]
        await self._log.publish_all([Publication(streams.of_queue(engine), "changed", {}) for engine in changed])
        self._queues = queues
