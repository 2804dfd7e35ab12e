"""Plans: one root field, or one reference, as one statement and the function that makes its rows an answer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import FieldNode, NameNode
from sqlalchemy import ARRAY, any_, literal_column, select

from planner.build import Build
from planner.declarations import Paged, Source, ToMany
from planner.errors import Abandoned, abandon
from planner.levels import Level, Rows
from planner.objects import Objects
from planner.page_code import Pages
from planner.references import OWNER
from planner.rows import DIALECT, Asked
from planner.selections import Use, asked_with
from planner.shelf import Shelf
from planner.texts import page_size, source_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement, Select

    from planner.build import Cursors, Late
    from planner.catalog import Catalog, PlannedField, PlannedType
    from planner.database import Reader
    from planner.references import EdgeRef
    from planner.rows import Ask, Row, Values
    from planner.selections import Document
    from planner.texts import Place

Tree = Any
"""What is answered for one field: objects as dicts by response key, lists, leaves, orjson fragments."""


class Run:
    """One execution: what generated code reads from, and the batch functions that it leaves for later."""

    __slots__ = ("_late", "arguments", "context")

    def __init__(self, context: Any, arguments: list[Any]) -> None:
        """Take the application's context and the arguments of computed fields."""
        self.context = context
        self.arguments = arguments
        self._late: dict[int, tuple[list[dict[str, Any]], list[tuple[Any, ...]]]] = {}

    def late(self, index: int, item: dict[str, Any], inputs: tuple[Any, ...]) -> dict[str, Any]:
        """Remember that an object waits for a batch function."""
        items, rows = self._late.setdefault(index, ([], []))
        items.append(item)
        rows.append(inputs)
        return item

    def waiting(self, index: int) -> tuple[list[dict[str, Any]], list[tuple[Any, ...]]] | None:
        """Return the objects that wait for a batch function, with what it is to be handed."""
        return self._late.get(index)


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition that a request has to meet as a whole; alone, for where a plan found nothing."""

    statement: str
    parameters: tuple[Callable[[Values], Any], ...]

    async def check(self, reader: Reader, values: Values) -> None:
        """Look whether it holds.

        Raises:
            Abandoned: it does not.
        """
        if not await reader.run(self.statement, [value_of(values) for value_of in self.parameters]):
            raise Abandoned


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and what is made of its rows."""

    statement: str
    parameters: tuple[Callable[[Values], Any], ...]
    write: Callable[[list[tuple[Any, ...]], Run], Tree]
    arguments: tuple[Callable[[Values], Any], ...]
    late: tuple[Late, ...]
    guard: Guard | None
    """Of the request; it is a part of the statement."""
    strict: bool
    """Whether it abandons what is not as it should be."""

    async def run(self, reader: Reader, values: Values) -> Tree:
        """Run the statement and return what is answered.

        Raises:
            Abandoned: a value is not what its field promises (only where the plan is strict), or the guard does not
                hold.
        """
        given = [value_of(values) for value_of in self.parameters]
        rows = await reader.run(self.statement, given)
        if self.guard and not rows:
            await self.guard.check(reader, values)
        run = Run(values.context, [read(values) for read in self.arguments])
        tree = self.write(rows, run)
        for index, late in enumerate(self.late):
            waiting = run.waiting(index)
            if waiting:
                await self._fill(late, values, *waiting)
        return tree

    async def _fill(self, late: Late, values: Values, items: list[dict[str, Any]], rows: list[tuple[Any, ...]]) -> None:
        try:
            found = await _values_of(late, values, rows)
        except Exception as error:
            if self.strict:
                raise
            for item in items:
                item[late.key] = error
            return
        for item, value in zip(items, found, strict=True):
            item[late.key] = late.write(value) if self.strict else value


async def _values_of(late: Late, values: Values, rows: list[tuple[Any, ...]]) -> list[Any]:
    found: list[Any] = await late.function(values.context, rows, **late.arguments(values))
    if len(found) != len(rows):
        raise TypeError(f"{late.field.owner}.{late.field.name}: {len(found)} values for {len(rows)} objects")
    return found


class Compiler:
    """Makes plans for the fields of one schema."""

    def __init__(self, catalog: Catalog, ask: Ask, cursors: Cursors, guard: Callable[[Ask], Any] | None) -> None:
        """Compile what ``catalog`` declares; ``guard`` is a condition that the request as a whole has to meet."""
        self.catalog = catalog
        self.ask = ask
        self.cursors = cursors
        self._guard = guard

    @cached_property
    def guard(self) -> Guard | None:
        """The guard of requests."""
        if self._guard is None:
            return None
        return Guard(*_compiled(select(literal_column("1")).where(self._guard(self.ask))))

    def root(self, document: Document, use: Use, found: PlannedField, *, strict: bool, guarded: bool) -> Plan:
        """Return the plan of a root field.

        Raises:
            Abandoned: it can not be planned with these arguments.
        """
        build = self._build(document, strict=strict)
        declaration = found.declaration
        assert isinstance(declaration, Source), "roots are sources, or found by id"
        if isinstance(declaration, Paged):
            return self._page(build, use, found, guarded=guarded)
        target = self.catalog.types[found.named_type.name]
        rows = source_rows(build, None, use, found, target)
        uses = document.below(use, target.graphql)
        if isinstance(declaration, ToMany):
            return self._list(build, rows, target, uses, declaration.limit, guarded=guarded)
        return self._one(build, rows, target, uses, guarded=guarded)

    def reference(
        self,
        document: Document,
        uses: Sequence[Use],
        target: PlannedType,
        keys: Sequence[str],
        *,
        strict: bool,
        guarded: bool,
    ) -> Plan:
        """Return the plan of one object that is known by the columns ``keys``: their values are ``Values.keys``."""
        build = self._build(document, strict=strict)
        assert target.table is not None, "parts are reached from their rows"
        row = build.names.row(target.table)
        conditions = [self._is_asked_for(row, target, name) for name in keys]
        if target.made_of.visible_to:
            conditions.append(target.made_of.visible_to(self.ask, row))
        return self._one(build, Rows(row, None, conditions, []), target, uses, guarded=guarded)

    def edge(self, document: Document, uses: Sequence[Use], root: PlannedField, ref: EdgeRef, *, strict: bool) -> Plan:
        """Return the plan of one edge of a connection, of an item known by its columns; it answers None elsewhere.

        ``uses`` is what is asked of the edge.
        """
        build = self._build(document.given(ref.asked), strict=strict)
        use = asked_with(Use(root.name, (FieldNode(name=NameNode(value=root.name)),)), ref.asked)
        target = self.catalog.types[self.catalog.node_type(root.named_type).name]
        connection = root.declaration
        assert isinstance(connection, Paged), "checked by the caller"
        on = connection.on if ref.is_own else connection.told or connection.on
        root = replace(root, declaration=replace(connection, on=on, among=None))
        place = self._owner_of(build, ref)
        rows = source_rows(build, place, use, root, target)
        rows.conditions += [self._is_asked_for(rows.row, target, name) for name in ref.keys if name != OWNER]
        if place:
            assert rows.link is None, "a list over a link has no edges that are referred to"
            rows.link = place[0]
            rows.conditions += self._is_owner(*place)
        level = Level(build.names, rows)
        shelf = Shelf("r", is_json=False)
        objects = Objects(build, level, shelf)
        source = Pages(build, objects, use, root, target, is_owned=place is not None).edge(uses)
        owner = objects.presence(place) if place else None
        body = f" if not rows: return None\n r = rows[0]; owner = {owner}\n return {source}\n"
        return self._plan(build, level.plain(*(shelf.columns or [literal_column("1")])), body, guarded=False)

    def references(
        self, document: Document, uses: Sequence[Use], target: PlannedType, *, strict: bool, guarded: bool
    ) -> Plan:
        """Return the plan of objects by their ids, the list ``Values.keys["ids"]``; it answers with ids and objects."""
        build = self._build(document, strict=strict)
        assert target.table is not None, "parts are reached from their rows"
        row = build.names.row(target.table)
        key = getattr(row, target.key)
        conditions = [key == any_(Asked("ids", ARRAY(key.type), partial(_key, "ids")))]
        if target.made_of.visible_to:
            conditions.append(target.made_of.visible_to(self.ask, row))
        if guarded and self._guard:
            conditions.append(self._guard(self.ask))
        level = Level(build.names, Rows(row, None, conditions, []))
        shelf = Shelf("r", is_json=False)
        objects = Objects(build, level, shelf)
        source = objects.written((row, target), uses)
        body = f" return [({objects.presence((row, target))}, {source}) for r in rows]\n"
        return self._plan(build, level.plain(*shelf.columns), body, guarded=guarded)

    def _owner_of(self, build: Build, ref: EdgeRef) -> Place | None:
        if ref.owner is None:
            return None
        owner = self.catalog.types[ref.owner.__strawberry_definition__.name]  # type: ignore[attr-defined]
        assert owner.table is not None, "lists belong to rows of tables"
        return build.names.row(owner.table), owner

    def _is_owner(self, row: Row, owner: PlannedType) -> list[ColumnElement[bool]]:
        """Return the conditions for the row whose list an edge is of, where the viewer may see it."""
        key = getattr(row, owner.key)
        is_it: ColumnElement[bool] = key == Asked("key_of_owner", key.type, partial(_key, OWNER))
        return [is_it, owner.made_of.visible_to(self.ask, row)] if owner.made_of.visible_to else [is_it]

    @staticmethod
    def _is_asked_for(row: Row, target: PlannedType, name: str) -> ColumnElement[bool]:
        assert target.table is not None, "rows of tables have keys"
        clause: ColumnElement[bool] = getattr(row, name) == Asked(
            f"key_{name}", target.table.c[name].type, partial(_key, name)
        )
        return clause

    def _build(self, document: Document, *, strict: bool) -> Build:
        build = Build(self.catalog, document, self.ask, self.cursors, strict)
        build.globals |= {
            "Fragment": orjson.Fragment,
            "loads": orjson.loads,
            "dumps": orjson.dumps,
            "abandon": abandon if strict else _lenient,
            "cursor": self.cursors.encode,
            "foreign": abandon if strict else self.cursors.refusal,
            "fromisoformat": datetime.fromisoformat,
            "partial": partial,
        }
        return build

    def _one(self, build: Build, rows: Rows, target: PlannedType, uses: Sequence[Use], *, guarded: bool) -> Plan:
        if guarded and self._guard:
            rows.conditions.append(self._guard(self.ask))
        level = Level(build.names, rows)
        shelf = Shelf("r", is_json=False)
        source = Objects(build, level, shelf).written((level.row, target), uses)
        body = f" r = rows[0] if rows else None\n return {source} if rows else None\n"
        statement = level.plain(*(shelf.columns or [literal_column("1")]))
        return self._plan(build, statement, body, guarded=guarded)

    def _list(
        self, build: Build, rows: Rows, target: PlannedType, uses: Sequence[Use], limit: int, *, guarded: bool
    ) -> Plan:
        if guarded and self._guard:
            rows.conditions.append(self._guard(self.ask))
        level = Level(build.names, rows, limit)
        shelf = Shelf("r", is_json=False)
        source = Objects(build, level, shelf).written((level.row, target), uses)
        statement = self._paged(level, shelf)
        return self._plan(build, statement, f" return [{source} for r in rows]\n", guarded=guarded)

    def _page(self, build: Build, use: Use, found: PlannedField, *, guarded: bool) -> Plan:
        declaration = found.declaration
        assert isinstance(declaration, Paged), "checked by the caller"
        target = self.catalog.types[self.catalog.node_type(found.named_type).name]
        size = page_size(build, use, found)
        rows = source_rows(build, None, use, found, target, size + 1)
        if guarded and self._guard:
            rows.conditions.append(self._guard(self.ask))
        level = Level(build.names, rows, size + 1)
        shelf = Shelf("r", is_json=False)
        page = Pages(build, Objects(build, level, shelf), use, found, target)
        function = page.function(size)
        numbers = page.counts()
        if not numbers:
            written = f" return {function}(rows, x, (), None)\n"
            return self._plan(build, self._paged(level, shelf), written, guarded=guarded)
        counts: list[Any] = [each.label(f"n{index}") for index, each in enumerate(numbers)]
        numbered = select(*counts).select_from(select(literal_column("1")).subquery("one"))
        if guarded and self._guard:
            numbered = numbered.where(self._guard(self.ask))
        if not page.shows_items:
            written = f" return {function}([], x, rows[0] if rows else None, None)\n"
            return self._plan(build, numbered, written, guarded=guarded)
        # the numbers are there also where the page is empty: their row comes first, alone
        present = shelf.put(getattr(level.row, target.key))
        base = numbered.subquery("counted")
        page_rows = self._paged(level, shelf, labelled=True).subquery("page")
        columns: list[ColumnElement[Any]] = [
            *[literal_column(f"counted.n{index}") for index in range(len(numbers))],
            *[literal_column(f"page.c{index}") for index in range(len(shelf.columns))],
        ]
        ordering = self._page_order(level)
        statement = select(*columns).select_from(base.outerjoin(page_rows, literal_column("true"))).order_by(*ordering)
        where = int(present.partition("[")[2].rstrip("]")) + len(numbers)
        body = (
            f" numbers = rows[0][:{len(numbers)}] if rows else None\n"
            f" rows = [row[{len(numbers)}:] for row in rows if row[{where}] is not None]\n"
            f" return {function}(rows, x, numbers, None)\n"
        )
        return self._plan(build, statement, body, guarded=guarded)

    @staticmethod
    def _page_order(level: Level) -> list[Any]:
        return [
            literal_column(f"page.o{index}").desc() if descends else literal_column(f"page.o{index}")
            for index, (_, descends) in enumerate(level.rows.order)
        ]

    @staticmethod
    def _paged(level: Level, shelf: Shelf, *, labelled: bool = False) -> Select[Any]:
        columns: list[Any] = list(shelf.columns or [literal_column("1")])
        if labelled:
            columns = [each.label(f"c{index}") for index, each in enumerate(columns)]
            columns += [each.label(f"o{index}") for index, (each, _) in enumerate(level.order_columns())]
        return select(*columns).select_from(level.page()).order_by(*level.ordering())

    def _plan(self, build: Build, statement: Select[Any], body: str, *, guarded: bool) -> Plan:
        source = (
            "".join(build.functions) + "def write(rows, x):\n c = x.context; a = x.arguments; late = x.late\n" + body
        )
        exec(compile(source, "<plan>", "exec"), build.globals)  # noqa: S102 - written from the schema and from names
        text, parameters = _compiled(statement)
        return Plan(
            statement=text,
            parameters=parameters,
            write=build.globals["write"],
            arguments=tuple(build.arguments),
            late=tuple(build.late),
            guard=self.guard if guarded else None,
            strict=build.strict,
        )


def _compiled(statement: Select[Any]) -> tuple[str, tuple[Callable[[Values], Any], ...]]:
    """Return the text of a statement, and what its parameters $1, $2, … are read by."""
    compiled = statement.compile(dialect=DIALECT)
    names: Sequence[str] = compiled.positiontup or ()
    processors: Any = compiled._bind_processors  # noqa: SLF001 - SQLAlchemy's way from Python to a driver
    binds = [(compiled.binds[name], processors.get(name)) for name in names]
    return str(compiled), tuple(
        _processed(each.value_of, process) for each, process in binds if isinstance(each, Asked)
    )


def _key(name: str, values: Values) -> Any:
    return values.keys[name]


def _lenient(value: object = None) -> object:
    """Stand in for ``abandon`` where graphql-core is to judge."""
    return value


def _processed(value_of: Callable[[Values], Any], process: Callable[[Any], Any] | None) -> Callable[[Values], Any]:
    if process is None:
        return value_of

    def processed(values: Values) -> Any:
        value = value_of(values)
        return None if value is None else process(value)

    return processed
