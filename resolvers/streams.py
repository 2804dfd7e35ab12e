"""What a subscription is made of: one viewer's watch on one stream, and the way it is driven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import strawberry

from db.session import AWAY
from domain import watching
from domain.ports import Event
from domain.streams import COMPLETED
from domain.watching import Snapshot
from schema.scalars import Cursor

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from uuid import UUID

    from domain.messages import Language
    from domain.ports import Position
    from schema.context import Context


After = Annotated[Cursor | None, strawberry.argument(description="Cursor of the last event that arrived.")]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may be told the same: what a told object depends on besides the document and its variables."""

    viewer_id: UUID | None
    """None where every viewer is told what somebody who is not signed in would be."""
    language: Language
    """Of messages."""


class Place(TypedDict):
    """Where in its stream something is told: the fields that all told objects have."""

    cursor: Cursor
    sequence: int


class Watch(AsyncIterable[Any], ABC):
    """One viewer's watch on one stream: an asynchronous iterable of what the graph says of it.

    A subscription returns one. ``check`` and ``has_ended`` look at the rows; ``snapshot`` and ``event`` only say what
    is to be told. What they return is a Strawberry object whose fields are plain values or references
    (``planner.ref``), so that it can be executed and encoded once for all who are of one ``audience`` and have asked
    with the same document and variables.
    """

    def __init__(self, context: Context, after: str | None) -> None:
        """Watch for the viewer of ``context``, from the cursor ``after`` on."""
        self.context = context
        self.after = after

    @property
    @abstractmethod
    def stream(self) -> str:
        """Name of the stream, known once ``check`` has passed."""

    @property
    @abstractmethod
    def audience(self) -> Audience:
        """Who else is told the same; known once ``check`` has passed."""

    @abstractmethod
    async def check(self) -> None:
        """Look whether the viewer may, or still may, watch.

        Raises:
            RequestError: no.
        """

    async def has_ended(self) -> bool:
        """Look whether nothing will be told any more; raises as ``check`` does, which is done on the way."""
        await self.check()
        return False

    @abstractmethod
    def snapshot(self, place: Place, *, resumed: bool) -> object:
        """Return what is told first, and where the stream starts over: things as they are now."""

    @abstractmethod
    def event(self, event: Event, place: Place) -> object | None:
        """Return what is told of an event; None where it is not for this viewer."""

    def place(self, position: Position, *, is_last: bool = False) -> Place:
        """Return where ``position`` is in the stream."""
        cursor = watching.cursor_of(self.stream, position, is_last=is_last)
        return {"cursor": Cursor(cursor), "sequence": position.sequence}

    def __aiter__(self) -> AsyncIterator[Any]:
        """Tell what happens, from a snapshot on."""
        return _told(self)


async def _told(watch: Watch) -> AsyncGenerator[Any, None]:
    await watch.check()
    position, was_last = watching.position_of(watch.stream, watch.after) if watch.after is not None else (None, False)
    if position and was_last:
        yield watch.snapshot(watch.place(position, is_last=True), resumed=True)
        return
    follow = watching.follow(watch.context.services.events, watch.stream, position, partial(_is_over, watch))
    async with aclosing(follow) as steps:
        async for step in steps:
            place = watch.place(step.position, is_last=isinstance(step, Event) and step.kind == COMPLETED)
            if isinstance(step, Snapshot):
                yield watch.snapshot(place, resumed=step.resumed)
            elif (told := watch.event(step, place)) is not None:
                yield told


async def _is_over(watch: Watch) -> bool:
    """Look whether a watch has ended; while PostgreSQL is away, nothing ends."""
    try:
        return await watch.has_ended()
    except AWAY:
        return False
