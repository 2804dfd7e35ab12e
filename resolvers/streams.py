"""What a subscription is made of: one viewer's watch on one stream, and the way it is driven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

import strawberry

from domain import watching
from schema.scalars import Cursor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from uuid import UUID

    from domain.messages import Language
    from domain.ports import Event, Position
    from schema.context import Context, Services


After = Annotated[Cursor | None, strawberry.argument(description="Cursor of the last event that arrived.")]


@dataclass(frozen=True, slots=True)
class Audience:
    """Who may be told the same: what a told object depends on besides the document and its variables."""

    viewer_id: UUID | None
    """None where every viewer is told what somebody who is not signed in would be."""
    language: Language
    """Of messages."""
    is_open: bool = False
    """Whether the stream has other audiences: what is told without asking for the viewer is good for all of them."""


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

    __slots__ = ("after", "context")

    def __init__(self, context: Context, after: str | None) -> None:
        """Watch for the viewer of ``context``, from the cursor ``after`` on."""
        self.context = context
        self.after = after

    @property
    @abstractmethod
    def stream(self) -> str:
        """Name of the stream, known once ``check`` has passed."""

    @property
    def place_name(self) -> str:
        """What is written into cursors, so that they are good for this alone."""
        return self.stream

    @property
    def is_selective(self) -> bool:
        """Whether ``concerns`` is asked of each event before it is told."""
        return False

    async def concerns(self, event: Event) -> bool:  # noqa: ARG002 - for those that choose
        """Look whether an event is for this viewer, where rows have to be looked at for that."""
        return True

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

    @classmethod
    async def ended(cls, services: Services, streams: Sequence[str]) -> set[str]:  # noqa: ARG003 - for those that end
        """Return which of the followed streams of this kind are over, as their rows say."""
        return set()

    @classmethod
    async def tend(cls, services: Services, watches: Sequence[Watch]) -> None:
        """Look now and then at what watches of this kind depend on."""

    @abstractmethod
    def snapshot(self, place: Place, *, resumed: bool) -> object:
        """Return what is told first, and where the stream starts over: things as they are now."""

    @abstractmethod
    def event(self, event: Event, place: Place) -> object | None:
        """Return what is told of an event; None where it is not for this viewer."""

    def place(self, position: Position, *, is_last: bool = False) -> Place:
        """Return where ``position`` is in the stream."""
        cursor = watching.cursor_of(self.place_name, position, is_last=is_last)
        return {"cursor": Cursor(cursor), "sequence": position.sequence}

    def __aiter__(self) -> AsyncIterator[Any]:
        """Refuse: graphql-core wants an iterable, but a watch is followed together with all others of its stream."""
        raise TypeError("a watch is followed, not iterated")
