"""Answers to strangers' queries, kept for a moment: executed once for all who ask the same."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, Protocol, TypeVar

Key = tuple[Hashable, ...]

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from app.delivery import Delivery
    from app.edge.negotiation import Encoding


class Keepable(Protocol):
    """What can be kept: the answer to an operation, or a page."""

    @property
    def body(self) -> bytes:
        """What is sent."""

    @property
    def is_cacheable(self) -> bool:
        """Whether it is the same for everybody who is not signed in, for a moment."""


AnswerT = TypeVar("AnswerT", bound=Keepable)

_OVERHEAD: Final = 1_024
"""Bytes that a kept answer takes beside its bodies and its key."""


@dataclass(slots=True)
class Kept(Generic[AnswerT]):
    """An answer that is kept."""

    key: Key
    answer: AnswerT
    operation: str | None
    """Its name, for the log."""
    ends: float
    size: int
    deliveries: dict[Encoding, Delivery] = field(default_factory=dict)
    """The answer in each encoding that was asked for."""


@dataclass(slots=True)
class _Flight(Generic[AnswerT]):
    """An execution that several wait for."""

    task: asyncio.Task[AnswerT]
    waiting: int = 0
    is_kept: bool = False


class AnswerCache(Generic[AnswerT]):
    """Keeps answers for ``seconds``, those used last within ``max_bytes``: bodies in each encoding, and keys."""

    def __init__(self, seconds: float, max_bytes: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep nothing yet."""
        self.seconds = seconds
        self.size = 0
        """Bytes kept."""
        self._max_bytes = max_bytes
        self._clock = clock
        self._kept: OrderedDict[Key, Kept[AnswerT]] = OrderedDict()
        self._flights: dict[Key, _Flight[AnswerT]] = {}

    def find(self, key: Key) -> Kept[AnswerT] | None:
        """Return what is kept under ``key`` and still fresh."""
        kept = self._kept.get(key)
        if kept is None or kept.ends <= self._clock():
            return None
        self._kept.move_to_end(key)
        return kept

    async def fetch(
        self, key: Key, operation: str | None, execute: Callable[[], Coroutine[object, object, AnswerT]]
    ) -> AnswerT:
        """Return the answer of the execution that runs under ``key``, or else of a new one, and keep a good one.

        Each waits for itself: an execution goes on while anybody waits for it, whoever began it, and is cancelled when
        all have left. Only a good answer is shared: where another's execution failed, one asks for oneself.
        """
        flight = self._flights.get(key)
        is_leader = flight is None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(execute()))
        flight.waiting += 1
        try:
            answer = await asyncio.shield(flight.task)
        except Exception:
            if is_leader:
                raise
            return await execute()
        finally:
            flight.waiting -= 1
            self._land(key, flight)
        if answer.is_cacheable:
            if not flight.is_kept:
                flight.is_kept = True
                self._keep(Kept(key, answer, operation, self._clock() + self.seconds, 0))
            return answer
        return answer if is_leader else await execute()

    def in_encoding(self, kept: Kept[AnswerT], encoding: Encoding, make: Callable[[], Delivery]) -> Delivery:
        """Return a kept answer in one encoding, made where nobody asked for it before."""
        delivery = kept.deliveries.get(encoding)
        if delivery is None:
            delivery = kept.deliveries[encoding] = make()
            if delivery.body is not kept.answer.body and self._kept.get(kept.key) is kept:
                self._grow(kept, len(delivery.body))
        return delivery

    def _land(self, key: Key, flight: _Flight[AnswerT]) -> None:
        """Let nobody else wait for an execution that has ended, or that all have left."""
        if flight.waiting and not flight.task.done():
            return
        flight.task.cancel()
        if self._flights.get(key) is flight:
            del self._flights[key]

    def _keep(self, kept: Kept[AnswerT]) -> None:
        self._drop(kept.key)
        self._kept[kept.key] = kept
        text = sum(len(part) for part in kept.key if isinstance(part, bytes))
        self._grow(kept, _OVERHEAD + text + len(kept.answer.body))

    def _grow(self, kept: Kept[AnswerT], size: int) -> None:
        """Make room for what was added, by dropping what was used least lately or is no longer fresh."""
        kept.size += size
        self.size += size
        while self._kept:
            eldest = next(iter(self._kept.values()))
            if self.size <= self._max_bytes and eldest.ends > self._clock():
                return
            self._drop(eldest.key)

    def _drop(self, key: Key) -> None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.size -= kept.size
