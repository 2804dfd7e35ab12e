"""Reads of a Strawberry schema as SQL: each root field one statement, compiled once; see docs/planner.md.

It knows GraphQL, Strawberry, SQLAlchemy Core, psycopg and orjson, and nothing of the application around it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from planner.catalog import Catalog
from planner.database import READING, Away, Reader, noting
from planner.declarations import Editions
from planner.errors import Abandoned, DeclarationError, Vanished
from planner.events import Events, EventWriter
from planner.fields import (
    batch,
    column,
    computed,
    connection,
    expression,
    newer,
    node,
    node_id,
    nodes,
    one_of,
    part,
    planned,
    root_page,
    scalars,
    to_many,
    to_one,
)
from planner.filling import Filling
from planner.lane import Lane, Operation, Weight
from planner.pages import CURSOR_SCALAR, After, Connection, Cursor, Edge, First, PageInfo
from planner.plans import Compiler
from planner.references import edge_of, edge_ref, own_edge_ref, ref
from planner.roots import Roots, split_id
from planner.rows import Argument, Ask, Row, refused, required, sql_of
from planner.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.types import TypeEngine
    from strawberry import Schema

    from planner.build import Cursors
    from planner.lane import Weigh


class Planner:
    """The planner of one schema: graphql-core's fields are filled by it, and ``lane`` answers past graphql-core."""

    def __init__(  # noqa: PLR0913 - what an application is, said once
        self,
        schema: Schema,
        reader: Reader,
        *,
        known: Mapping[str, TypeEngine[Any]],
        tell: Callable[[Any], Mapping[str, Any]],
        cursors: Cursors,
        weigh: Weigh,
        guard: Callable[[Ask], Any] | None = None,
    ) -> None:
        """Find the declarations of a schema, check them, and set its resolvers.

        Args:
            schema: whose types are declared with ``planned``.
            reader: runs the statements.
            known: what requests ask with, by name, with its SQL type: ``{"viewer": Uuid()}``.
            tell: says of an application's context the values of ``known``.
            cursors: writes places in lists down.
            weigh: what an operation costs and what is told of it, None where it is to be refused.
            guard: a condition that requests of signed-in viewers have to meet as a whole, looked at in the same
                statement.

        Raises:
            DeclarationError: a declaration can not work.
        """
        self.catalog = Catalog(schema._schema)  # noqa: SLF001 - Strawberry has no public name for it
        self.reader = reader
        self.compiler = Compiler(self.catalog, Ask(known), cursors, guard)
        self.roots = Roots(self.compiler, reader)
        self.lane = Lane(self.compiler, self.roots, tell, weigh)
        self.events = Events(self.compiler, reader, tell)
        Filling(self.compiler, self.roots, tell).install()


__all__ = [
    "CURSOR_SCALAR",
    "READING",
    "Abandoned",
    "After",
    "Argument",
    "Ask",
    "Away",
    "Connection",
    "Cursor",
    "DeclarationError",
    "Edge",
    "Editions",
    "EventWriter",
    "First",
    "Operation",
    "PageInfo",
    "Planner",
    "Reader",
    "Row",
    "Slice",
    "Vanished",
    "Weight",
    "batch",
    "column",
    "computed",
    "connection",
    "edge_of",
    "edge_ref",
    "expression",
    "newer",
    "node",
    "node_id",
    "nodes",
    "noting",
    "one_of",
    "own_edge_ref",
    "part",
    "planned",
    "ref",
    "refused",
    "required",
    "root_page",
    "scalars",
    "split_id",
    "sql_of",
    "to_many",
    "to_one",
]
