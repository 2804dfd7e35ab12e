"""Look-ups by key that share round trips: what is asked for while one search runs is searched for by the next."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

Key = TypeVar("Key")
Found = TypeVar("Found")

AT_ONCE: Final = 500
"""Keys of one search."""


class Search(Generic[Key, Found]):
    """Finds by key; alone at once, and many together where many ask."""

    def __init__(self, run: Callable[[Collection[Key]], Awaitable[Mapping[Key, Found]]]) -> None:
        """Search with ``run``, which returns what it found by key."""
        self._run = run
        self._asked: dict[Key, asyncio.Future[Found | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def find(self, key: Key) -> Found | None:
        """Return what is found for ``key``, None where nothing is.

        Raises:
            Exception: whatever the search raises.
        """
        answer = self._asked.get(key)
        if answer is None:
            answer = self._asked[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.create_task(self._search())
        return await asyncio.shield(answer)

    async def _search(self) -> None:
        try:
            while self._asked:
                keys = list(self._asked)[:AT_ONCE]
                asked = {key: self._asked.pop(key) for key in keys}
                _answer(asked, await _outcome(self._run(keys)))
        finally:
            self._task = None


async def _outcome(running: Awaitable[Mapping[Key, Found]]) -> Mapping[Key, Found] | Exception:
    try:
        return await running
    except Exception as error:  # noqa: BLE001 - it belongs to those who asked
        return error


def _answer(asked: Mapping[Any, asyncio.Future[Any]], outcome: Mapping[Any, Any] | Exception) -> None:
    for key, answer in asked.items():
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
            answer.exception()  # who asked may have left
        else:
            answer.set_result(outcome.get(key))
