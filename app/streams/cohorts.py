"""Who is told the same in the same words: an event is encoded once for all of them, and sent to each as it stands.

A member is in step with its cohort, or catches up on its own from where it stands: when it joins, when it came back
with a cursor, and when it was too slow to be sent more. So nothing has to be kept for anybody who is slow.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

from db.session import AWAY
from domain.ports import Event, Position
from domain.streams import COMPLETED
from domain.topics import HELD, NOWHERE
from domain.watching import Snapshot

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator

    from domain.ports import EventLog
    from domain.topics import Topic

    Step = Snapshot | Event
    Encode = Callable[[Step], bytes | Coroutine[Any, Any, bytes | None] | None]
    """Returns the response to a step, None where these watchers are not told of it."""

RETRY_S: Final = 0.5
"""Between two attempts at an event for which rows are needed while PostgreSQL is away."""
_REMEMBERED: Final = 32
"""Responses that are remembered for members who catch up side by side."""


class Outlet(Protocol):
    """Takes what one member is told to its client."""

    @property
    def is_paused(self) -> bool:
        """Whether the client takes nothing more for now."""

    def next(self, payload: bytes, step: Step | None) -> None:
        """Send one response, JSON; ``step`` is what it tells of, if it is one of a stream."""

    def end(self) -> None:
        """Say that nothing will follow."""


class Cohort:
    """The members of one topic who are told the same in the same words."""

    __slots__ = ("_encode", "_readers", "_recent", "_task", "_waiting", "at", "epoch", "is_over", "members", "topic")

    def __init__(self, topic: Topic, encode: Encode) -> None:
        """Begin where ``topic`` is; ``encode`` writes what the members are told."""
        self.topic = topic
        self.members: dict[Member, None] = {}
        self.at = topic.at or NOWHERE
        """Of the last step that was handed to the members."""
        self.epoch = 0
        """Grows when the stream starts over."""
        self.is_over = topic.is_over
        """Whether the last event of all was handed to the members."""
        self._encode = encode
        self._waiting: deque[Step] | None = None
        self._task: asyncio.Task[None] | None = None
        self._readers = 0
        """How many members are told what was read from the log."""
        self._recent: dict[Position, bytes | asyncio.Task[bytes | None] | None] | None = None
        """What they are told, by place; forgotten with the last of them, for it shows the rows as they were then."""
        topic.audiences[self] = None

    def close(self) -> None:
        """Be told nothing more."""
        del self.topic.audiences[self]
        if self._task:
            _cancel(self._task)

    def tell(self, step: Step) -> None:
        """Hand a step to all members, in order; at once where it can be written without waiting."""
        if self._waiting is not None:
            self._wait(step)
            return
        written = self._encode(step)
        if written is None or written.__class__ is bytes:
            self._hand(step, written)
        else:
            self._waiting = deque()
            writing = cast("Coroutine[Any, Any, bytes | None]", written)
            self._task = asyncio.create_task(self._tell_in_turn(step, writing))

    async def payload(self, step: Step) -> bytes | None:
        """Return the response to a step."""
        while True:
            try:
                written = self._encode(step)
                return written if written is None or isinstance(written, bytes) else await written
            except AWAY:
                await asyncio.sleep(RETRY_S)

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Remember what is written for members who read the same side by side, until none of them reads."""
        if self._recent is None:
            self._recent = {}
        recent = self._recent
        self._readers += 1
        try:
            yield
        finally:
            self._readers -= 1
            if not self._readers:
                self._recent = None
                for written in recent.values():
                    if isinstance(written, asyncio.Task):
                        _cancel(written)

    async def recent(self, event: Event) -> bytes | None:
        """Return the response to an event of the log, written once for all who are ``reading``."""
        recent = self._recent
        assert recent is not None, "asked for while reading"
        if event.position not in recent:
            written = self._encode(event)
            if written is None or isinstance(written, bytes):
                recent[event.position] = written
            else:
                recent[event.position] = asyncio.create_task(self._finished(event, written))
            if len(recent) > _REMEMBERED:
                del recent[next(iter(recent))]
        found = recent[event.position]
        return await asyncio.shield(found) if isinstance(found, asyncio.Task) else found

    async def _finished(self, step: Step, written: Awaitable[bytes | None]) -> bytes | None:
        try:
            return await written
        except AWAY:
            return await self.payload(step)

    def _wait(self, step: Step) -> None:
        assert self._waiting is not None
        if len(self._waiting) < HELD:
            self._waiting.append(step)
        else:
            self._waiting.clear()
            self._waiting.append(Snapshot(step.position, resumed=False))

    async def _tell_in_turn(self, step: Step, written: Awaitable[bytes | None]) -> None:
        """Hand over a step that has to be waited for, and all that comes meanwhile."""
        assert self._waiting is not None
        self._hand(step, await self._finished(step, written))
        while self._waiting:
            step = self._waiting.popleft()
            self._hand(step, await self.payload(step))
        self._waiting = self._task = None

    def _hand(self, step: Step, payload: bytes | None) -> None:
        before, at = self.at, step.position
        self.at = at
        if isinstance(step, Snapshot):
            self.is_over = self.topic.is_over and at == self.topic.at  # too much waited, and the end with it
            self.epoch += 1
            for member in self.members:
                member.restart(step, payload)
            return
        self.is_over = step.kind == COMPLETED
        for member in self.members:
            member.take(step, payload, before)
        if self.is_over:
            for member in tuple(self.members):
                if member.at is at:
                    member.end()


class Member:
    """One subscription of one client."""

    __slots__ = ("_is_busy", "_on_leave", "_task", "at", "cohort", "epoch", "outlet")

    def __init__(self, cohort: Cohort, outlet: Outlet, on_leave: Callable[[Member], None]) -> None:
        """Belong to ``cohort``, told nothing yet; ``on_leave`` is called once when nothing follows any more."""
        self.cohort = cohort
        self.outlet = outlet
        self._on_leave = on_leave
        self.at: Position | None = None
        """Of the last step that was sent; the very object that the cohort has, where it is in step."""
        self.epoch = -1
        """Of the last snapshot that was sent."""
        self._is_busy = True
        """Whether it joins or catches up: it is sent what it lacks by one task alone."""
        self._task: asyncio.Task[None] | None = None
        cohort.members[self] = None

    def leave(self) -> None:
        """Be told nothing more."""
        if self in self.cohort.members:
            del self.cohort.members[self]
            if self._task:
                self._task.cancel()
            self._on_leave(self)

    def end(self) -> None:
        """Say that nothing follows, and leave."""
        self.outlet.end()
        self.leave()

    def take(self, event: Event, payload: bytes | None, before: Position) -> None:
        """Send an event, if this member was told all ``before`` it, and takes more; else it catches up by itself."""
        if self.at is before:
            if not self.outlet.is_paused:
                self.at = event.position
                if payload is not None:
                    self.outlet.next(payload, event)
        elif self.at == event.position:
            self.at = event.position  # it was ahead, and is in step from here on

    def restart(self, step: Snapshot, payload: bytes | None) -> None:
        """Start over with a snapshot that the whole cohort is told; who takes nothing for now does so later."""
        if not self.outlet.is_paused and payload is not None:
            self._begin_at(step.position, payload, step)

    async def join(self, log: EventLog, after: Position | None, has_ended: Callable[[], Awaitable[bool]]) -> None:
        """Tell what was missed after a place, or else how things are, and get in step.

        Args:
            log: where what was missed is read.
            after: where the client stood before.
            has_ended: looks whether the stream is over; what it raises is raised here, and nothing was told.
        """
        epoch, topic = self.cohort.epoch, self.cohort.topic
        missed = await _missed(log, topic.stream, after) if after and topic.at else None
        if after and missed is not None:
            step = Snapshot(after, resumed=True)
            payload = await self.cohort.payload(step)
            if epoch == self.cohort.epoch and payload is not None and self in self.cohort.members:
                self._begin_at(after, payload, step)
                await self._send(missed, after, epoch)
        else:
            is_over = await has_ended()
            await self._start_over()
            if is_over and self.at is not None:
                await self._send([_ending(self.at)], self.at, self.epoch)
        await self._get_in_step(log)

    def catch_up(self, log: EventLog) -> None:
        """Get in step again, unless it is, or is about to."""
        if not self._is_busy and not self._is_in_step():
            self._is_busy = True
            self._task = asyncio.create_task(self._get_in_step(log))

    async def _get_in_step(self, log: EventLog) -> None:
        try:
            while not (self.outlet.is_paused or self._is_in_step()):
                missed, at, epoch = None, self.at, self.epoch
                if at and self._has_all():  # it began where the stream ended
                    missed = [_ending(at)]
                elif at and epoch == self.cohort.epoch:
                    missed = await log.read_after(self.cohort.topic.stream, at)
                if at and missed:
                    await self._send(missed, at, epoch)
                else:
                    await self._start_over()
        except ConnectionError:
            pass  # looked at again with the next step that is told, or the next look at all
        finally:
            self._is_busy = False
            self._task = None

    def _is_in_step(self) -> bool:
        """Whether all that was told to the cohort was sent, and the end if it was the last, or the member left."""
        return self not in self.cohort.members or (self._has_all() and not self.cohort.is_over)

    def _has_all(self) -> bool:
        """Whether all that was told to the cohort was sent; who began there has yet to be told of the end."""
        cohort = self.cohort
        if self.at is None or self.epoch != cohort.epoch:
            return False
        if self.at == cohort.at:
            self.at = cohort.at
        return self.at.sequence >= cohort.at.sequence

    async def _start_over(self) -> None:
        cohort = self.cohort
        epoch, step = cohort.epoch, Snapshot(cohort.at, resumed=False)
        payload = await cohort.payload(step)
        is_free = self in cohort.members and not self.outlet.is_paused
        if epoch == cohort.epoch and payload is not None and is_free:
            self._begin_at(step.position, payload, step)

    async def _send(self, events: list[Event], after: Position, epoch: int) -> None:
        """Send events that follow on a place, until the client takes no more, or the cohort moved the member on."""
        with self.cohort.reading():
            for event in events:
                payload = await self.cohort.recent(event)
                if self.outlet.is_paused or self._was_moved(after, epoch):
                    return
                after = self.at = event.position
                if payload is not None:
                    self.outlet.next(payload, event)
                if event.kind == COMPLETED:
                    self.end()
                    return

    def _was_moved(self, at: Position, epoch: int) -> bool:
        """Whether the member left, or stands elsewhere than where it was looked up what follows."""
        return self not in self.cohort.members or self.epoch != epoch or self.cohort.epoch != epoch or self.at != at

    def _begin_at(self, at: Position, payload: bytes, step: Snapshot) -> None:
        self.at, self.epoch = at, self.cohort.epoch
        self.outlet.next(payload, step)


async def _missed(log: EventLog, stream: str, after: Position) -> list[Event] | None:
    try:
        return await log.read_after(stream, after)
    except ConnectionError:
        return None


def _cancel(writing: asyncio.Task[Any]) -> None:
    """Cancel a task once it has begun: what it is to wait for may not be left unawaited."""
    asyncio.get_running_loop().call_soon(writing.cancel)


def _ending(at: Position) -> Event:
    """Return the last event of a stream whose rows or members say that it is over after ``at``."""
    return Event(Position(at.stamp, at.sequence + 1), COMPLETED, {})
