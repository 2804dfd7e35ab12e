"""The ports: what the rules need from the outside world, as protocols.

Each has at least two real implementations in ``adapters/``; ``app/`` chooses and hands them in. Those of engines and
guards are told beside; all are imported from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from domain.ports_engines import (
    Brief,
    Engine,
    EngineLost,
    Engines,
    EngineUnavailable,
    ImageTask,
    Material,
    NotPainted,
    Painted,
    PaintRequest,
    PaintStep,
)
from domain.ports_guards import (
    Blocked,
    CheckUnavailable,
    Finding,
    Judgement,
    OutputChecker,
    PictureGuard,
    PromptGuard,
    Rated,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from contextlib import AbstractAsyncContextManager
    from datetime import datetime, timedelta

    from domain.words import PromptMeans

__all__ = [
    "Blocked",
    "Brief",
    "Bucket",
    "CheckUnavailable",
    "Deposit",
    "DepositLink",
    "DepositStore",
    "Engine",
    "EngineLost",
    "EngineUnavailable",
    "Engines",
    "Event",
    "EventLog",
    "Finding",
    "ImageTask",
    "Judgement",
    "Language",
    "Listener",
    "Material",
    "NotPainted",
    "ObjectStore",
    "ObjectWriter",
    "OutputChecker",
    "PaintRequest",
    "PaintStep",
    "Painted",
    "Phrased",
    "PictureGuard",
    "Position",
    "PromptGuard",
    "Publication",
    "RateLimit",
    "RateLimiter",
    "Rated",
    "StorageUnavailable",
    "StoredObject",
    "Throttle",
]


@dataclass(frozen=True, slots=True)
class StoredObject:
    """What a store knows of an object."""

    key: str
    size: int
    """Bytes."""
    content_type: str


@dataclass(frozen=True, slots=True)
class Deposit:
    """What somebody may put into the store themselves, by a signed link: exactly this."""

    key: str
    content_type: str
    size: int
    """Bytes."""
    sha256: str
    """In hexadecimal, lower case."""


@dataclass(frozen=True, slots=True)
class DepositLink:
    """How to make a deposit: one PUT of its bytes with these headers; Content-Length comes by itself."""

    url: str
    headers: Mapping[str, str]


class StorageUnavailable(Exception):
    """The object store refused or did not answer; the call may be tried again."""


class ObjectWriter(Protocol):
    """Takes the bytes of one object, in order."""

    async def write(self, data: bytes) -> None:
        """Append ``data``.

        Raises:
            StorageUnavailable: the store refused or did not answer; the object will not be there.
        """


class ObjectStore(Protocol):
    """Keeps immutable objects under keys like ``assets/0198…/original.png`` ([a-z0-9/._-], no ``..``)."""

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store ``data`` under ``key``, whole or not at all; the same key again replaces it.

        Raises:
            StorageUnavailable: after at most three tries with jitter.
        """

    def writing(self, key: str, content_type: str) -> AbstractAsyncContextManager[ObjectWriter]:
        """Store an object of any size as its bytes come: whole where the block ends, or nothing where it raises.

        Little more waits in memory than what was written last. The block must not be cancelled; a process that dies in
        it leaves something behind that nobody can read, and that ``discard`` removes.

        Raises:
            StorageUnavailable: as ``put`` does.
        """

    async def discard(self, key: str) -> None:
        """Remove the object, and what writers of it left behind that were killed; for what ``writing`` may have made.

        Raises:
            StorageUnavailable: the store did not answer.
        """

    async def get(self, key: str) -> bytes:
        """Return the object's bytes.

        Raises:
            KeyError: there is no such object.
            StorageUnavailable: the store did not answer.
        """

    async def stat(self, key: str) -> StoredObject | None:
        """Return size and content type, or None where there is no such object."""

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""

    def url(self, key: str, expires_in: timedelta, download_name: str | None = None) -> str:
        """Return an absolute URL that reads the object without further sign-in until it expires.

        The URL of a key stays the same for at least half of ``expires_in``, so that browsers can cache by it.
        ``download_name`` makes it a download under that file name. No I/O.
        """


class DepositStore(ObjectStore, Protocol):
    """A store that clients put objects into themselves."""

    def deposit_link(self, deposit: Deposit, expires_in: timedelta) -> DepositLink:
        """Return a link by which a client without further sign-in stores ``deposit``, and nothing else. No I/O.

        Raises:
            ValueError: the key is no key, or its extension stands for another type.
        """


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The answer of a ``RateLimiter`` to one ``hit``."""

    allowed: bool
    limit: int
    """Units that the window holds."""
    remaining: int
    """Units left after this hit, 0 to ``limit``."""
    retry_after: timedelta
    """How long to wait until the same hit is allowed, if nothing else happens; zero where it was allowed."""
    resets_at: datetime
    """When the whole limit is free again, if nothing else happens (UTC)."""


class RateLimiter(Protocol):
    """Counts units against a limit in a sliding window of time."""

    async def hit(self, key: str, limit: int, per: timedelta, cost: int = 1) -> RateLimit:
        """Spend ``cost`` units of ``limit`` units ``per`` window under ``key``; what is refused is not counted.

        Never raises because its store is away: a limiter fails open, with a count of its own.
        """

    async def forget(self, key: str) -> None:
        """Make all units of ``key`` free again; raises as little as ``hit``."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A leaky bucket: holds ``size`` units that have been spent, and forgets ``refill`` of them in a second."""

    size: int
    refill: int


class Throttle(Protocol):
    """Counts what every request spends: decides at once from what this process knows, and never waits.

    Alone it is exact. Processes that count together tell each other in the background, so that between two exchanges
    each of them decides without what the others have just let pass.
    """

    def hit(self, key: str, limit: int, per: timedelta) -> RateLimit | None:
        """Spend one of ``limit`` units ``per`` sliding window under ``key``; return the refusal where it is too many.

        What is refused is not counted.
        """

    def draw(self, key: str, bucket: Bucket, cost: int) -> RateLimit | None:
        """Spend ``cost`` units of ``bucket`` under ``key``; return the refusal where it has no room for them.

        What is refused is not counted.
        """

    def level(self, key: str, bucket: Bucket) -> RateLimit:
        """Return how full ``bucket`` is under ``key``, without spending anything."""


@dataclass(frozen=True, slots=True)
class Phrased:
    """A prompt in other words."""

    text: str
    means: PromptMeans
    unknown: tuple[str, ...] = ()
    """Words of the original that stay as they were, because nobody here knows them."""
    is_fallback: bool = False
    """Whether a better service should have answered, and was away."""


class Language(Protocol):
    """Puts prompts into other words. Never raises: what can not be put better stays as it is."""

    async def to_english(self, text: str) -> Phrased:
        """Return a Korean prompt, English words and emoji in it too, in English; within a few seconds."""

    async def enhance(self, text: str, style: str) -> Phrased:
        """Return a prompt of either language, improved in that language for ``style`` (a key of the catalogue)."""

    async def close(self) -> None:
        """Close all connections."""


class Position(NamedTuple):
    """A place in the event log of a stream."""

    stamp: tuple[int, int]
    """Id that the log gave: milliseconds and a counter; grows with every event, also after the log was emptied."""
    sequence: int
    """Number of the event within its stream, from 1 and without gaps."""


class Event(NamedTuple):
    """Something that happened, as the watchers of a stream are told."""

    position: Position
    kind: str
    """What happened: a word of whoever publishes to the stream."""
    data: Mapping[str, Any]


Listener = Callable[["Event | None"], None]
"""Is told of an event, or with None that some may have been missed."""


@dataclass(frozen=True, slots=True)
class Publication:
    """An event to be published."""

    stream: str
    kind: str
    data: Mapping[str, Any]
    key: str = ""
    """An event whose key is that of one of the stream's newest is not published again."""
    is_last: bool = False
    """Nothing follows the last event of a stream."""


class EventLog(Protocol):
    """Tells the watchers of a stream what happens, and keeps it for a while for those who come back.

    Streams are named and kept as ``domain/streams.py`` says.
    """

    async def publish(
        self, stream: str, kind: str, data: Mapping[str, Any], key: str = "", *, is_last: bool = False
    ) -> None:
        """Append one event, as ``publish_all`` does."""

    async def publish_all(self, publications: Sequence[Publication]) -> None:
        """Append events and tell the watchers of their streams: each in one step, in the order given.

        Raises:
            ConnectionError: the log can not be reached; some of the events, the first ones, may have been published.
        """

    async def read_after(self, stream: str, position: Position) -> list[Event] | None:
        """Return all events after ``position``, or None where some of them are no longer kept.

        Raises:
            ConnectionError: the log can not be reached.
        """

    async def tip(self, stream: str) -> Position:
        """Return the position of the newest event; sequence 0 where there is none.

        Raises:
            ConnectionError: the log can not be reached.
        """

    async def tips(self, streams: Sequence[str]) -> list[Position]:
        """Return ``tip`` for each of several streams, in their order.

        Raises:
            ConnectionError: the log can not be reached.
        """

    async def enter(self, stream: str, listener: Listener) -> None:
        """Call ``listener`` with each event that is published after this returns, and with None after a gap.

        It is called in the reader's own turn and must be quick. Where the log is away, it is called from when it is
        back.
        """

    def leave(self, stream: str, listener: Listener) -> None:
        """Call ``listener`` no more."""
