"""An end to waits that take too long: one timer for all of them, because each lasts equally long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self


class Deadline:
    """Cancels what runs within ``with deadline.watch():`` after ``seconds``, and raises TimeoutError there.

    It is ``asyncio.timeout`` for many waits of equal length: they end in the order in which they began, so that one
    timer serves them all, and a wait that ends in time sets none.
    """

    def __init__(self, seconds: float) -> None:
        """Wait ``seconds``, more than 0."""
        self.seconds = seconds
        self._watches: dict[Watch, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, on_late: Callable[[], None] | None = None) -> Watch:
        """Return a context whose block may take ``seconds``; ``on_late`` is called as it is cancelled."""
        return Watch(self, on_late)

    def enter(self, watch: Watch) -> None:
        """Begin a wait."""
        self._watches[watch] = None
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self.seconds, self._look)

    def leave(self, watch: Watch) -> None:
        """End a wait, if it has not ended yet."""
        self._watches.pop(watch, None)

    def _look(self) -> None:
        """End the waits that are over and set the timer for the next one."""
        self._timer = None
        for watch in list(self._watches):
            left = watch.ends - time.monotonic()
            if left > 0:
                self._timer = asyncio.get_running_loop().call_later(left, self._look)
                return
            del self._watches[watch]
            watch.cancel()


class Watch:
    """One wait."""

    __slots__ = ("_cancelling", "_deadline", "_on_late", "_task", "ends", "is_late")

    def __init__(self, deadline: Deadline, on_late: Callable[[], None] | None) -> None:
        """Belong to ``deadline``."""
        self._deadline = deadline
        self._on_late = on_late
        self.is_late = False

    def __enter__(self) -> Self:
        """Begin."""
        task = asyncio.current_task()
        assert task
        self._task = task
        self._cancelling = task.cancelling()
        self.ends = time.monotonic() + self._deadline.seconds
        self._deadline.enter(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End; what was cancelled because it was late raises TimeoutError instead.

        Raises:
            TimeoutError: it was late.
        """
        self._deadline.leave(self)
        self._on_late = None  # it may hold what holds this: a circle for each request would wait for the collector
        if self.is_late and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def stop(self) -> None:
        """Let the block take all the time in the world from now on."""
        self._deadline.leave(self)

    def cancel(self) -> None:
        """Cancel the block: its time is up."""
        self.is_late = True
        self._task.cancel()
        if self._on_late:
            self._on_late()
