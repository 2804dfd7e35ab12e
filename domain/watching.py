"""Following a stream: snapshot or replay first, then what happens, each event once and in order, to the end.

The order of steps is what makes it free of gaps: subscribe, then read the tip of the log, then look whether the
stream has ended, then take the snapshot. So whatever the snapshot does not show is published after the tip and comes
through the subscription, and what had ended is shown as it will stay. Sequences have no gaps: a jump means that
something was missed and is read from the log; a fall means that the log was emptied, and the stream starts over with a
snapshot.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain import cursors
from domain.errors import BadCursor
from domain.ports import Event, Position
from domain.streams import COMPLETED

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from domain.ports import EventLog

LARGEST: Final = 10**15
"""Beyond any number of a stream's positions."""
LOOK_S: Final = 4.0
"""How often a watcher looks at the rows themselves, whatever the messages say."""
_NOWHERE: Final = Position((0, 0), 0)
"""Before the first event."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Says: read the rows now; what follows are the events after ``position``."""

    position: Position
    resumed: bool
    """Whether the stream goes on where the watcher's cursor stood; False where it starts over."""


def cursor_of(stream: str, position: Position, *, is_last: bool = False) -> str:
    """Return the cursor that resumes a stream after ``position``."""
    milliseconds, counter = position.stamp
    return cursors.encode(stream, milliseconds, counter, position.sequence, "end" if is_last else "")


def position_of(stream: str, cursor: str) -> tuple[Position, bool]:
    """Return the position of a cursor, and whether it is that of the last event.

    Raises:
        BadCursor: it is not a cursor of this stream.
    """
    milliseconds, counter, sequence, last = cursors.decode(stream, cursor, (int, int, int, str))
    if not all(0 <= number < LARGEST for number in (milliseconds, counter, sequence)):
        raise BadCursor("This is not a cursor.")
    return Position((milliseconds, counter), sequence), bool(last)


async def follow(
    log: EventLog,
    stream: str,
    after: Position | None,
    has_ended: Callable[[], Awaitable[bool]],
    look_s: float = LOOK_S,
) -> AsyncGenerator[Snapshot | Event, None]:
    """Yield a snapshot, then the stream's events, up to ``completed`` where it has an end.

    Args:
        log: where events come from; while it is away, the rows alone are watched.
        stream: its name.
        after: where to go on, if the watcher was here before.
        has_ended: looks at the rows; what it raises (the viewer may no longer watch) ends the stream.
        look_s: how often it looks, in seconds.
    """
    async with log.subscribe(stream) as live:
        missed = await _missed(log, stream, after) if after else None
        at, is_over = (after, False) if missed is not None else (await _tip(log, stream), await has_ended())
        yield Snapshot(at or _NOWHERE, resumed=missed is not None)
        if is_over:
            yield _ending(at)
            return
        due, looks = missed or [], _Looks(look_s)
        while True:
            for event in due:
                yield event
                at = event.position
                if event.kind == COMPLETED:
                    return
            try:
                news = await live.next(looks.until_next())
            except TimeoutError:
                looks.begin()
                due, lost_track = [], await has_ended()
            else:
                due, lost_track = await _sort_out(log, stream, at, news)
            if lost_track:
                at, is_over = await _tip(log, stream), await has_ended()
                yield Snapshot(at or _NOWHERE, resumed=False)
                if is_over:
                    yield _ending(at)
                    return


class _Looks:
    """When to look at the rows again: at equal intervals, however much the log has to say."""

    def __init__(self, every_s: float) -> None:
        self._clock = asyncio.get_running_loop().time
        self._every_s = every_s
        self.begin()

    def begin(self) -> None:
        self._due = self._clock() + self._every_s

    def until_next(self) -> float:
        return max(self._due - self._clock(), 0.0)


async def _sort_out(log: EventLog, stream: str, at: Position | None, event: Event | None) -> tuple[list[Event], bool]:
    """Return what to tell the watcher who is at ``at`` next, and whether the track was lost."""
    if at is None:
        return [], True
    if event and event.position.sequence == at.sequence + 1 and event.position.stamp > at.stamp:
        return [event], False
    if event and event.position.sequence <= at.sequence and event.position.stamp <= at.stamp:
        return [], False
    missed = await _missed(log, stream, at)
    return missed or [], missed is None


async def _missed(log: EventLog, stream: str, at: Position) -> list[Event] | None:
    try:
        return await log.read_after(stream, at)
    except ConnectionError:
        return None


async def _tip(log: EventLog, stream: str) -> Position | None:
    """Return where the log is, None while it is away: with the next news of it the stream starts over."""
    try:
        return await log.tip(stream)
    except ConnectionError:
        return None


def _ending(at: Position | None) -> Event:
    at = at or _NOWHERE
    return Event(Position(at.stamp, at.sequence + 1), COMPLETED, {})
