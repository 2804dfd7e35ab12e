"""Writes that share transactions: what many want of one thing while one transaction runs is done by the next."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from contextvars import Context
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from contextlib import AbstractAsyncContextManager

Subject = TypeVar("Subject")
Actor = TypeVar("Actor")
Wish = TypeVar("Wish")

AT_ONCE: Final = 50
"""Wishes of one transaction, each of which may hold a lock or two to its end."""
APART_AT_ONCE: Final = 4
"""Wishes that are tried alone at the same time."""
PATIENCE_S: Final = 0.3
"""How long a transaction waits for a lock while others wait for it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked(Generic[Actor, Wish]):
    """What somebody wants, and who waits for it: until they leave."""

    actor: Actor
    wish: Wish
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def answer(self, refusal: Exception | None) -> None:
        """Tell who waits, if they still do."""
        if self.done.done():
            return
        if refusal is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(refusal)
            self.done.exception()  # who waited may leave before they are told


@dataclass(slots=True, eq=False)
class _Line(Generic[Actor, Wish]):
    """Those who wait for one subject, and the transactions that see to it."""

    asked: list[_Asked[Actor, Wish]] = field(default_factory=list)
    running: dict[asyncio.Task[None], Sequence[_Asked[Actor, Wish]]] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take(self) -> list[_Asked[Actor, Wish]]:
        """Remove and return the oldest wishes, one of each actor: what one wants after that has to come after it."""
        busy = {each.actor for asked in self.running.values() for each in asked}
        taken: list[_Asked[Actor, Wish]] = []
        left: list[_Asked[Actor, Wish]] = []
        for each in self.asked:
            if each.done.done():
                continue
            if each.actor in busy or len(taken) == AT_ONCE:
                left.append(each)
            else:
                taken.append(each)
            busy.add(each.actor)
        self.asked = left
        return taken

    def start(self, asked: Sequence[_Asked[Actor, Wish]], doing: Any) -> asyncio.Task[None]:  # noqa: ANN401 - a coroutine
        """Let a task see to some, to its end or until all of them have left."""
        task: asyncio.Task[None] = asyncio.create_task(doing)
        self.running[task] = asked
        task.add_done_callback(self._ended)
        for each in asked:
            each.done.add_done_callback(lambda _: task.cancel() if all(it.done.cancelled() for it in asked) else None)
        return task

    def stop(self) -> None:
        """See to nobody any more."""
        for task in self.running:
            task.cancel()
        for each in self.asked:
            each.done.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        for each in self.running.pop(task):
            if not any(each in asked for asked in self.running.values()):
                each.done.cancel()  # of a task that was cancelled: whoever still waits would wait for ever
        self.changed.set()


class Crowd(Generic[Subject, Actor, Wish]):
    """Does what is wanted of subjects: alone at once, and together where many want something of the same one."""

    def __init__(
        self,
        write: Callable[[Subject, Mapping[Actor, Wish]], Awaitable[Mapping[Actor, Exception]]],
        concerns_all: Callable[[Exception], bool],
    ) -> None:
        """Write with ``write``, all or nothing, which returns what it refused by actor.

        Of several, it waits no longer than ``PATIENCE_S`` for a lock. What it raises then belongs to one of them: each
        is tried alone, beside the line; but errors that ``concerns_all`` finds to be everybody's are raised to all.
        """
        self._write = write
        self._concerns_all = concerns_all
        self._lines: dict[Subject, _Line[Actor, Wish]] = {}
        self._working: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(APART_AT_ONCE)

    async def join(self, subject: Subject, actor: Actor, wish: Wish) -> None:
        """Do what somebody wants of a subject, with what others want of it.

        Cancelled, it is not done, unless the transaction has begun that others share.

        Raises:
            Exception: whatever it is refused with, or the write raises.
        """
        asked = _Asked(actor, wish)
        line = self._lines.get(subject)
        if line is None:
            line = self._lines[subject] = _Line()
            # in a context of its own: it is of nobody's request
            work = asyncio.create_task(self._work(subject, line), context=Context())
            self._working.add(work)
            work.add_done_callback(self._working.discard)
        line.asked.append(asked)
        line.changed.set()
        await asked.done

    async def close(self) -> None:
        """End what is being done; whoever waits for it is cancelled."""
        ending = [*self._working, *(task for line in self._lines.values() for task in line.running)]
        for line in self._lines.values():
            line.stop()
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._lines.clear()  # a task that had not begun has not done so

    async def _work(self, subject: Subject, line: _Line[Actor, Wish]) -> None:
        try:
            while True:
                line.changed.clear()
                if asked := line.take():
                    doing = line.start(asked, self._do(subject, line, asked))
                    # beside the line goes on who is alone and waits for a lock; several are tried there one by one
                    await asyncio.wait([doing], timeout=PATIENCE_S if len(asked) == 1 else None)
                elif line.running:
                    await line.changed.wait()
                else:
                    return
        finally:
            self._lines.pop(subject, None)
            line.stop()

    async def _do(
        self,
        subject: Subject,
        line: _Line[Actor, Wish],
        asked: Sequence[_Asked[Actor, Wish]],
        place: AbstractAsyncContextManager[Any] | None = None,
    ) -> None:
        try:
            async with place or nullcontext():
                refused = await self._write(subject, {each.actor: each.wish for each in asked})
        except Exception as error:  # noqa: BLE001 - it belongs to those who asked
            if len(asked) > 1 and not self._concerns_all(error):
                for each in asked:
                    line.start([each], self._do(subject, line, [each], self._places))
                return
            refused = {each.actor: error for each in asked}
        for each in asked:
            each.answer(refused.get(each.actor))
