"""Connections: pages of lists that can grow, with keyset cursors (GraphQL Cursor Connections Specification)."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import cursors
from domain.counts import COUNT_LIMIT
from domain.errors import BadCursor, BadUserInput
from schema.context import Info
from schema.scalars import Cursor

DEFAULT_PAGE = 20
MAXIMUM_PAGE = 100
Count = Callable[[AsyncSession], Awaitable[int]]
"""Counts a list; it is called where ``totalCount`` is asked for, and only there."""

Item = TypeVar("Item")
Row = TypeVar("Row")

First = Annotated[int | None, strawberry.argument(description="How many to return, 1 to 100; 20 by default.")]
After = Annotated[
    Cursor | None, strawberry.argument(description="Continue after this cursor (`edges.cursor`, `pageInfo.endCursor`).")
]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = strawberry.field(description="Whether more follow.")
    has_previous_page: bool = strawberry.field(description="Whether the page was asked for with `after`.")
    start_cursor: Cursor | None = strawberry.field(description="Cursor of the first item.")
    end_cursor: Cursor | None = strawberry.field(description="Cursor of the last item: the next page's `after`.")


@strawberry.type(description="An item of a page, with its cursor.")
class Edge(Generic[Item]):
    """An item of a page."""

    cursor: Cursor = strawberry.field(description="Cursor of this item.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """A page of a list."""

    edges: list[Edge[Item]] = strawberry.field(description="The items with their cursors.")
    nodes: list[Item] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    count: strawberry.Private[Count | int]
    """How many there are, or how to count them."""

    @strawberry.field(description="How many there are in all; 10001 stands for more than 10000.")
    async def total_count(self, info: Info) -> int | None:
        """Return the count, made only now."""
        return await counted(info, self.count)


async def counted(info: Info, count: Count | int) -> int:
    """Return how many items a list has, ``COUNT_LIMIT`` at most."""
    if isinstance(count, int):
        return min(count, COUNT_LIMIT)
    async with info.context.services.db.read() as tx:
        return await count(tx)


@dataclass(frozen=True, slots=True)
class Keyset:
    """A page of a keyset connection as its caller asked for it, checked."""

    place: str
    """Name of the list, so that a cursor of another list is refused."""
    first: int
    after: tuple[datetime, UUID] | None

    @property
    def limit(self) -> int:
        """One more than the page holds, to see whether more follow."""
        return self.first + 1

    @property
    def before_key(self) -> UUID | None:
        """Key after which the page begins, for lists that are ordered by key alone."""
        return self.after and self.after[1]

    def page(self, rows: Sequence[Row], node: Callable[[Row], Any], count: Count | int) -> dict[str, Any]:
        """Return the fields of a connection.

        Args:
            rows: ``limit`` rows with ``created_at`` and ``id``, or fewer where the list ends.
            node: makes a row's object.
            count: how many there are in all, or how to count them.
        """
        shown = rows[: self.first]
        edges = [Edge(cursor=self._cursor(row), node=node(row)) for row in shown]
        return {
            "edges": edges,
            "nodes": [edge.node for edge in edges],
            "count": count,
            "page_info": PageInfo(
                has_next_page=len(rows) > self.first,
                has_previous_page=self.after is not None,
                start_cursor=edges[0].cursor if edges else None,
                end_cursor=edges[-1].cursor if edges else None,
            ),
        }

    def _cursor(self, row: Any) -> Cursor:  # noqa: ANN401 - any row with created_at and id
        return Cursor(cursors.encode(self.place, row.created_at.isoformat(), row.id.hex))


def keyset(place: str, first: int | None, after: str | None) -> Keyset:
    """Return a checked page of the list named ``place``.

    Raises:
        BadUserInput: ``first`` is not 1 to 100.
        BadCursor: ``after`` is no cursor of this list.
    """
    first = DEFAULT_PAGE if first is None else first
    if not 1 <= first <= MAXIMUM_PAGE:
        raise BadUserInput(f"`first` must be 1 to {MAXIMUM_PAGE}; it is {first}.")
    if after is None:
        return Keyset(place, first, None)
    created_at, key = cursors.decode(place, after, 2)
    try:
        return Keyset(place, first, (datetime.fromisoformat(created_at), UUID(hex=key)))
    except ValueError as error:
        raise BadCursor("This is not a cursor.") from error
