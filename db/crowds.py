"""Writes that share transactions: what many want of one thing while one transaction runs is done by the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

Subject = TypeVar("Subject")
Actor = TypeVar("Actor")
Wish = TypeVar("Wish")

AT_ONCE: Final = 100
"""Wishes of one transaction."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Generic[Actor, Wish]):
    """What somebody wants, and who waits for it."""

    actor: Actor
    wish: Wish
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, refusal: Exception | None) -> None:
        """Tell who waits, who may have left."""
        if refusal is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(refusal)
            self.done.exception()


@dataclass(slots=True)
class _Queue(Generic[Actor, Wish]):
    """What waits for one subject, and the task that sees to it."""

    task: asyncio.Task[None]
    asked: list[_Asked[Actor, Wish]] = field(default_factory=list)

    def take(self) -> list[_Asked[Actor, Wish]]:
        """Remove and return the oldest wishes, one of each actor: what one wants after that has to come after it."""
        taken: dict[Actor, _Asked[Actor, Wish]] = {}
        left = []
        for each in self.asked:
            if each.actor in taken or len(taken) == AT_ONCE:
                left.append(each)
            else:
                taken[each.actor] = each
        self.asked = left
        return [*taken.values()]


class Crowd(Generic[Subject, Actor, Wish]):
    """Does what is wanted of subjects: alone at once, and together where many want something of the same one."""

    def __init__(
        self,
        write: Callable[[Subject, Mapping[Actor, Wish]], Awaitable[Mapping[Actor, Exception]]],
        lost: tuple[type[Exception], ...],
    ) -> None:
        """Write with ``write``, all or nothing, which returns what it refused by actor.

        What it raises belongs to one of many, each of which is tried alone then; but errors of the kinds ``lost``,
        after which nobody knows, and the next would fail as well, to all.
        """
        self._write = write
        self._lost = lost
        self._queues: dict[Subject, _Queue[Actor, Wish]] = {}

    async def join(self, subject: Subject, actor: Actor, wish: Wish) -> None:
        """Do what somebody wants of a subject, with what others want of it. It is done even if this call is cancelled.

        Raises:
            Exception: whatever it is refused with, or the write raises.
        """
        asked = _Asked(actor, wish)
        queue = self._queues.get(subject)
        if queue is None:
            queue = self._queues[subject] = _Queue(asyncio.create_task(self._work(subject)))
        queue.asked.append(asked)
        await asyncio.shield(asked.done)

    async def _work(self, subject: Subject) -> None:
        queue = self._queues[subject]
        try:
            while asked := queue.take():
                await self._do(subject, asked)
        finally:
            del self._queues[subject]

    async def _do(self, subject: Subject, asked: Collection[_Asked[Actor, Wish]]) -> None:
        try:
            refused = await self._write(subject, {each.actor: each.wish for each in asked})
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            if len(asked) > 1 and not isinstance(error, self._lost):
                for each in asked:
                    await self._do(subject, [each])
                return
            refused = dict.fromkeys((each.actor for each in asked), error)
        for each in asked:
            each.answer(refused.get(each.actor))
