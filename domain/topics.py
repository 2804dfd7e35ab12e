"""Following a stream once for all who watch it: each event once and in order, whatever the log and its messages do.

The order of steps is what makes it free of gaps: listen, then read the tip of the log. So all that happens after the
tip is heard. Sequences have no gaps: a jump means that something was missed and is read from the log; a fall means that
the log was emptied, and the stream starts over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final, Protocol

from domain.ports import Event, Position
from domain.streams import COMPLETED
from domain.watching import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from domain.ports import EventLog

NOWHERE: Final = Position((0, 0), 0)
"""Before the first event."""
HELD: Final = 1_024
"""Events that wait for a look at the log; beyond that the log is looked at once more instead."""


class Audience(Protocol):
    """Watchers of a topic who are told the same in the same words."""

    def tell(self, step: Snapshot | Event) -> None:
        """Tell what comes next: an event, or that the stream starts over with a snapshot."""


class Topic:
    """One stream, followed once for all of its audiences in this process."""

    __slots__ = (
        "_held",
        "_is_busy",
        "_log",
        "_reading",
        "at",
        "audiences",
        "is_behind",
        "is_final",
        "is_over",
        "opening",
        "stream",
        "users",
    )

    def __init__(self, log: EventLog, stream: str) -> None:
        """Follow nothing yet."""
        self.stream = stream
        self.at: Position | None = None
        """Of the last event that was told; None while the log has not been read."""
        self.is_over = False
        """Whether the last event of all was told."""
        self.is_behind = False
        """Whether events may have been missed that could not be read."""
        self.is_final = False
        """Whether its rows were seen to be over: the event that says so may still be on its way."""
        self.audiences: dict[Audience, None] = {}
        self._log = log
        self._is_busy = True
        self._held: tuple[Event | None, ...] = ()
        self._reading: asyncio.Task[None] | None = None
        self.opening: asyncio.Task[None] | None = None
        """Runs ``open``."""
        self.users = 0
        """How many entered it and have not left."""

    async def open(self) -> None:
        """Follow the stream from now on; where the log is away, from when it is back."""
        await self._log.enter(self.stream, self._hear)
        try:
            self.at = await self._log.tip(self.stream)
        except ConnectionError:
            self.is_behind = True
        self.opening = None
        self._settle()

    def close(self) -> None:
        """Follow it no more."""
        self._log.leave(self.stream, self._hear)
        for task in (self.opening, self._reading):
            if task:
                task.cancel()

    def look(self) -> None:
        """Read what may have been missed, where that was not possible before."""
        if self.is_behind and not self._is_busy:
            self._begin_reading()

    def end(self) -> None:
        """Tell that the stream has ended, as its rows say, after what its log has still to tell, where it is there."""
        if self.is_behind:
            self._tell_end()
        elif not self._is_busy:
            self._is_busy = True
            self._reading = asyncio.create_task(self._read_to_the_end())

    def _hear(self, event: Event | None) -> None:
        """Take an event as it comes in, or None where some may have been missed."""
        at = self.at
        if self._is_busy:
            if len(self._held) < HELD:
                self._held = (*self._held, event)
            else:
                self._held = (None,)
        elif event is None or at is None:
            self._begin_reading()
        else:
            stamp, sequence = event.position
            if sequence == at.sequence + 1 and stamp > at.stamp:
                self._tell(event)
            elif sequence > at.sequence or stamp > at.stamp:
                self._begin_reading()

    def _tell(self, event: Event) -> None:
        self.at = event.position
        self.is_over = event.kind == COMPLETED
        for audience in tuple(self.audiences):
            audience.tell(event)

    def _start_over(self, at: Position) -> None:
        self.at = at
        self.is_over = False
        for audience in tuple(self.audiences):
            audience.tell(Snapshot(at, resumed=False))

    def _begin_reading(self) -> None:
        self._is_busy = True
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Tell what was missed, or start over."""
        at = self.at
        try:
            missed = await self._log.read_after(self.stream, at) if at else None
            tip = await self._log.tip(self.stream) if missed is None else None
            if self.at is at:  # else the end was told meanwhile
                if tip:
                    self._start_over(tip)
                for event in missed or ():
                    self._tell(event)
            self.is_behind = False
        except ConnectionError:
            self.is_behind = True
        self._reading = None
        self._settle()

    async def _read_to_the_end(self) -> None:
        await self._read()
        if not (self.is_over or self._is_busy):
            self._tell_end()

    def _tell_end(self) -> None:
        at = self.at or NOWHERE
        self._start_over(Position(at.stamp, at.sequence))  # another one: who misses the snapshot is not in step
        self._tell(Event(Position(at.stamp, at.sequence + 1), COMPLETED, {}))

    def _settle(self) -> None:
        """Take what was heard meanwhile."""
        held, self._held = self._held, ()
        self._is_busy = False
        for event in held:
            self._hear(event)


class Topics:
    """The streams that are followed in this process."""

    def __init__(self, log: EventLog) -> None:
        """Follow nothing yet."""
        self.log = log
        self._topics: dict[str, Topic] = {}

    def __iter__(self) -> Iterator[Topic]:
        """Iterate over those that are followed now."""
        return iter(tuple(self._topics.values()))

    async def enter(self, stream: str) -> Topic:
        """Return the topic of a stream, followed from before this returns until as many have left as entered."""
        topic = self._topics.get(stream)
        if topic is None:
            topic = self._topics[stream] = Topic(self.log, stream)
            topic.opening = asyncio.create_task(topic.open())
        topic.users += 1
        try:
            if topic.opening:
                await asyncio.shield(topic.opening)
        except BaseException:
            self.leave(topic)
            raise
        return topic

    def leave(self, topic: Topic) -> None:
        """Follow a stream no more once all who entered it have left."""
        topic.users -= 1
        if not topic.users:
            del self._topics[topic.stream]
            topic.close()
