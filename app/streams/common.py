"""What viewers who ask alike for one open stream are told alike: written once, where nothing in it is personal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

    from domain.ports import Position
    from schema.context import Context


class Common:
    """The newest event of a stream as all its viewers are told it."""

    __slots__ = ("__weakref__", "_position", "_writing")

    def __init__(self) -> None:
        """Know nothing yet."""
        self._position: Position | None = None
        self._writing: asyncio.Task[tuple[bytes, bool]] | None = None

    def at(self, position: Position) -> Awaitable[bytes | None] | None:
        """Return the response to the event at ``position``; None where it has to be written first.

        What is awaited is None where the response is personal, and raises what the writing raises.
        """
        writing = self._writing if self._position == position else None
        return None if writing is None or _has_failed(writing) else _alike(writing)

    def write(self, position: Position, context: Context, written: Awaitable[bytes]) -> Coroutine[Any, Any, bytes]:
        """Return ``written``, the response to the event at ``position``, and let others have it.

        It is written whoever leaves meanwhile. ``context`` is what it is written with, and nothing else is.
        """
        writing = asyncio.ensure_future(_judged(context, written))
        self._position, self._writing = position, writing
        return _own(writing)


async def _judged(context: Context, written: Awaitable[bytes]) -> tuple[bytes, bool]:
    """Return a response, and whether it is personal."""
    response = await written
    return response, context.is_personal


async def _own(writing: asyncio.Task[tuple[bytes, bool]]) -> bytes:
    response, _ = await asyncio.shield(writing)
    return response


async def _alike(writing: asyncio.Task[tuple[bytes, bool]]) -> bytes | None:
    response, is_personal = await asyncio.shield(writing)
    return None if is_personal else response


def _has_failed(writing: asyncio.Task[tuple[bytes, bool]]) -> bool:
    return writing.done() and (writing.cancelled() or writing.exception() is not None)
