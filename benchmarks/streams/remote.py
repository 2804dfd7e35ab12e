"""An object in a process of its own, on the cores of the thread that starts it; its coroutines are called from here."""

from __future__ import annotations

import asyncio
import gc
from contextlib import suppress
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, TypeVar, cast

import uvloop

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from multiprocessing.connection import Connection

Remoted = TypeVar("Remoted")
P = ParamSpec("P")
T = TypeVar("T")
_SPAWN: Final = get_context("spawn")
_PATIENCE_S: Final = 10


class Remote(Generic[Remoted]):
    """Calls the coroutines of an object that lives elsewhere, one at a time."""

    def __init__(self, kind: Callable[[], Remoted]) -> None:
        """Make the object that ``kind`` makes, in a new process."""
        self._link, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_serve, args=(kind, theirs), daemon=True)
        self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process.pid
        return self._process.pid

    def begin(
        self, method: Callable[Concatenate[Remoted, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> Callable[[], T]:
        """Call a method; return what waits for its result and raises what it raised."""
        self._link.send((method, args, kwargs))

        def end() -> T:
            result, error = self._link.recv()
            if error:
                raise error
            return cast("T", result)

        return end

    def call(
        self, method: Callable[Concatenate[Remoted, P], Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a method and return its result."""
        return self.begin(method, *args, **kwargs)()

    def close(self) -> None:
        """End the process."""
        self._link.close()
        self._process.join(_PATIENCE_S)


def _serve(kind: Callable[[], object], link: Connection[Any, Any]) -> None:
    gc.disable()  # its pauses would be told as those of the server
    uvloop.run(_answer(kind(), link))


async def _answer(served: object, link: Connection[Any, Any]) -> None:
    with suppress(EOFError):
        while True:
            method, args, kwargs = await asyncio.to_thread(link.recv)
            try:
                link.send((await method(served, *args, **kwargs), None))
            except Exception as error:  # noqa: BLE001 - raised again where it was called from
                link.send((None, error))
