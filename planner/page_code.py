"""Pages as Python writes them: generated code that makes items, edges and cursors of rows."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from graphql import get_nullable_type

from planner.catalog import PlannedType
from planner.texts import (
    cursor_reader,
    is_first_page,
    name_of_list,
    number,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLObjectType
    from sqlalchemy import ColumnElement

    from planner.build import Build
    from planner.catalog import PlannedField
    from planner.objects import Objects
    from planner.selections import Use
    from planner.texts import Place


class Pages:
    """Writes the function that makes a page of its rows: items, edges with cursors, where it stands."""

    def __init__(
        self,
        build: Build,
        objects: Objects,
        use: Use,
        found: PlannedField,
        target: PlannedType,
        *,
        is_owned: bool = False,
    ) -> None:
        """Take what writes the items, and whether the list belongs to a row, whose key is in its cursors."""
        self.build = build
        self.objects = objects
        self.use = use
        self.found = found
        self.target = target
        self.connection: GraphQLObjectType = found.named_type
        self.asked = build.document.below(use, self.connection)
        self._is_owned = is_owned

    @cached_property
    def numbers(self) -> list[Use]:
        """What is counted that is asked for: the function is handed it in this order."""
        return [each for each in self.asked if each.name == "totalCount" or self._newer(each)]

    @property
    def shows_items(self) -> bool:
        """Whether anything is asked for that its items must be known for."""
        return any(each.name != "__typename" and each not in self.numbers for each in self.asked)

    def function(self, size: int) -> str:
        """Write the function ``(rows, x, numbers, owner)`` for pages of ``size``, and return its name.

        The ``rows`` may be one more.
        """
        foreign = ""
        if self._is_owned and not self._is_first:
            read = cursor_reader(self.build, self.use, self.found, self.objects.level.rows, is_owned=True)
            self.build.arguments.append(lambda values: read(values)[0])
            foreign = f" if owner != a[{len(self.build.arguments) - 1}]: return foreign()\n"
        entries = [f"{each.key!r}: {self._part(each)}" for each in self.asked]
        name = f"page{len(self.build.functions)}"
        self.build.functions.append(
            f"def {name}(rows, x, numbers, owner):\n"
            " c = x.context; a = x.arguments; late = x.late\n"
            f"{foreign}"
            f" more = len(rows) > {size}\n"
            f" if more: del rows[{size}:]\n"
            f" return {{{', '.join(entries)}}}\n"
        )
        return name

    @property
    def _is_first(self) -> bool:
        return is_first_page(self.build, self.found, self.use)

    @cached_property
    def _fields_of_edges(self) -> Objects:
        """Writes the fields of edges, which may ask with what their connection was asked with."""
        arguments = self.build.document.arguments(self.use, self.found).for_sql()
        return self.objects.asking(self.build.ask.within(arguments))

    @cached_property
    def _cursor_source(self) -> str:
        """The source of an item's cursor; its columns are fetched where somebody asks for it."""
        name = name_of_list(self.build, self.use, self.found)
        called = repr(name.words)
        if name.read:
            self.build.arguments.append(name)
            called = f"a[{len(self.build.arguments) - 1}]"
        keys = [self.objects.shelf.put_key(each) for each in self.objects.level.cursor_columns()]
        return f"cursor({', '.join([called, *(['owner'] if self._is_owned else []), *keys])})"

    def counts(self) -> list[ColumnElement[int]]:
        """Return what is counted of a page of the root."""
        return [number(self.build, self.use, self.found, self.target, each, self._newer(each)) for each in self.numbers]

    def _newer(self, asked: Use) -> PlannedField | None:
        return self.build.catalog.page_fields.get((self.connection.name, asked.name))

    def _part(self, asked: Use) -> str:
        variable = self.objects.shelf.variable
        place = (self.objects.level.row, self.target)
        if asked.name == "__typename":
            return repr(self.connection.name)
        if asked in self.numbers:
            return f"numbers[{self.numbers.index(asked)}]"
        if asked.name == "nodes":
            source = self.objects.written(place, self.build.document.below(asked, self.target.graphql))
            return f"[{source} for {variable} in rows]"
        if asked.name == "pageInfo":
            return self._page_info(asked, variable)
        assert asked.name == "edges", "checked as the schema was built"
        edges = self.edge(self.build.document.below(asked, self.build.catalog.edge_type(self.found)))
        return f"[{edges} for {variable} in rows]"

    def edge(self, asked: Sequence[Use]) -> str:
        """Return the source of one edge."""
        edge, place = self.build.catalog.edge_type(self.found), (self.objects.level.row, self.target)
        inner = [f"{each.key!r}: {self._edge_part(each, edge, place)}" for each in asked]
        return f"{{{', '.join(inner)}}}"

    def _edge_part(self, asked: Use, edge: Any, place: Place) -> str:
        if asked.name == "__typename":
            return repr(edge.name)
        if asked.name == "cursor":
            return self._cursor_source
        if asked.name == "node":
            return self.objects.written(place, self.build.document.below(asked, self.target.graphql))
        found = self.build.catalog.edge_fields[edge.name, asked.name]
        as_edge = PlannedType(edge, self.target.table, self.target.made_of, {asked.name: found})
        return self._fields_of_edges.field((place[0], as_edge), asked)

    def _page_info(self, asked: Use, variable: str) -> str:
        page_info: Any = get_nullable_type(self.connection.fields["pageInfo"].type)
        has_previous = not self._is_first
        at = f"[{self._cursor_source} for {variable} in rows[%s]]"
        sources = {
            "__typename": repr(page_info.name),
            "hasNextPage": "more",
            "hasPreviousPage": repr(has_previous),
            "startCursor": f"({at % ':1'} or (None,))[0]",
            "endCursor": f"({at % '-1:'} or (None,))[0]",
        }
        entries = [f"{each.key!r}: {sources[each.name]}" for each in self.build.document.below(asked, page_info)]
        return f"{{{', '.join(entries)}}}"
