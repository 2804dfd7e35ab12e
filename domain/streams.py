"""The streams that can be watched, by name, and how long what they told is kept for those who come back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Mapping

COMPLETED: Final = "completed"
"""What happened last in a stream that has an end."""


@dataclass(frozen=True, slots=True)
class Keeping:
    """How much of a stream is kept."""

    events: int
    """About how many of the newest events."""
    seconds: int
    """How long after the newest one."""
    place_seconds: int
    """How long after that, or after somebody came to watch, it is known where the stream stands: who has missed nothing
    goes on without a snapshot, however quiet it was."""


_HOUR: Final = 3_600
_DAY: Final = 24 * _HOUR
_KEPT: Final[Mapping[str, Keeping]] = {
    "job": Keeping(events=512, seconds=_HOUR, place_seconds=_HOUR),
    "user": Keeping(events=2_048, seconds=_DAY, place_seconds=2 * _DAY),
    "feed": Keeping(events=1_024, seconds=600, place_seconds=30 * _DAY),
    "media": Keeping(events=256, seconds=600, place_seconds=30 * _DAY),
    "artwork": Keeping(events=512, seconds=600, place_seconds=30 * _DAY),
    "archive": Keeping(events=256, seconds=_HOUR, place_seconds=_HOUR),
    "moderation": Keeping(events=1_024, seconds=600, place_seconds=30 * _DAY),
    "search": Keeping(events=256, seconds=_DAY, place_seconds=30 * _DAY),
    "queue": Keeping(events=64, seconds=600, place_seconds=30 * _DAY),
}
"""By kind of stream. A user may come back after a day; who missed minutes of a feed or a line looks at it anew."""


def of_job(job_id: UUID) -> str:
    """Return the stream of a generation job."""
    return f"job:{job_id}"


def of_archive(archive_id: UUID) -> str:
    """Return the stream of an archive."""
    return f"archive:{archive_id}"


def key_of(stream: str) -> UUID:
    """Return the key of the job, archive or saved search whose stream it is."""
    return UUID(stream.partition(":")[2])


def of_user(user_id: UUID) -> str:
    """Return the personal stream of a user."""
    return f"user:{user_id}"


def of_feed(kind: str) -> str:
    """Return the stream of a feed."""
    return f"feed:{kind}"


def of_queue(engine: str) -> str:
    """Return the stream of the line before an engine."""
    return f"queue:{engine}"


def of_moderation() -> str:
    """Return the stream of the cases that wait for moderators."""
    return "moderation:queue"


def of_search(search_id: UUID) -> str:
    """Return the stream of a saved search."""
    return f"search:{search_id}"


def of_media(owner_id: UUID) -> str:
    """Return the stream of an owner's gallery."""
    return f"media:{owner_id}"


def of_artwork(artwork_id: UUID) -> str:
    """Return the stream of an artwork: who likes it, and what is said of it."""
    return f"artwork:{artwork_id}"


def keeping(stream: str) -> Keeping:
    """Return how much of a stream is kept."""
    return _KEPT[stream.partition(":")[0]]
