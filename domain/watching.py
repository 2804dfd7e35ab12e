"""Places in streams: the cursors that a client holds, and the snapshot that a stream begins and starts over with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from domain import cursors
from domain.errors import BadCursor
from domain.ports import Position

LARGEST: Final = 10**15
"""Beyond any number of a stream's positions."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Says: read the rows now; what follows are the events after ``position``."""

    position: Position
    resumed: bool
    """Whether the stream goes on where the watcher's cursor stood; False where it starts over."""
    is_last: bool = False
    """Whether nothing follows."""


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
