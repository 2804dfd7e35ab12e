"""Connections: pages of lists that can grow, with keyset cursors (GraphQL Cursor Connections Specification)."""

from typing import Annotated, Final, Generic, NewType, TypeVar

import strawberry
from strawberry.types.scalar import ScalarDefinition

DEFAULT_PAGE: Final = 20
MAXIMUM_PAGE: Final = 100
COUNT_LIMIT: Final = 10_001
"""Where counting stops, so that its cost is bounded: this number means "more than 10,000"."""

Cursor = NewType("Cursor", str)
CURSOR_SCALAR: Final[ScalarDefinition] = strawberry.scalar(
    name="Cursor",
    description="A place in a list or a stream. Opaque: keep it and give it back as `after`, nothing else.",
    serialize=str,
    parse_value=str,
)

Item = TypeVar("Item")

First = Annotated[
    int | None, strawberry.argument(description=f"How many to return, 1 to {MAXIMUM_PAGE}; {DEFAULT_PAGE} by default.")
]
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
    """An item of a page. A subclass may declare more fields, over the row of the item."""

    cursor: Cursor = strawberry.field(description="Cursor of this item.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[Item]):
    """A page of a list, filled by a ``connection`` field."""

    edges: list[Edge[Item]] = strawberry.field(description="The items with their cursors.")
    nodes: list[Item] = strawberry.field(description="The items alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: int | None = strawberry.field(
        description=f"How many there are in all; {COUNT_LIMIT} stands for more than {COUNT_LIMIT - 1}."
    )
