"""FROM clauses: a row of a list, a page or the root, and the other rows that are joined to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, and_, asc, func, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement, UnaryExpression
from sqlalchemy.sql.operators import desc_op

from planner.declarations import LINK, Paged, ToOne
from planner.pages import COUNT_LIMIT
from planner.rows import Ask, Row, forget_uses, name_of, table_of, used_columns

if TYPE_CHECKING:
    from sqlalchemy import FromClause, Select

    from planner.catalog import PlannedType
    from planner.declarations import Editions, Source


class ArrayOf(ColumnElement[Any]):
    """An array: the values of a statement of one column, in its order."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        """Collect what ``statement`` selects."""
        self.statement = statement
        selected = next(iter(statement.selected_columns))
        self.type = ARRAY(selected.type)
        self.has_no_nulls = not getattr(selected, "nullable", True)


@compiles(ArrayOf)
def _write_array(element: ArrayOf, compiler: Any, **options: Any) -> str:
    options["asfrom"] = False
    return f"ARRAY({compiler.process(element.statement, **options)})"


class Names:
    """Names of rows within one statement."""

    def __init__(self) -> None:
        """Begin to count."""
        self._next = 0

    def row(self, table: FromClause) -> Row:
        """Return a row of a table under a new name."""
        name = f"r{self._next}"
        self._next += 1
        return Row(name, table)


@dataclass(slots=True)
class Rows:
    """Which rows of a table are meant: what a ``Source`` says, seen from one row or from the root."""

    row: Row
    link: Row | None
    conditions: list[ColumnElement[bool]]
    order: list[tuple[ColumnElement[Any], bool]]
    """Expressions, and whether they descend."""
    keyset: tuple[str, ...] = ()
    """The columns of the order, where it is a keyset."""
    after: ColumnElement[bool] | None = None
    """The condition that a row comes after the cursor; it does not belong to what is counted."""
    edition: ColumnElement[int] | None = None
    """Of which edition the list is, where it has some; cursors begin with it."""
    candidates: FromClause | None = None
    """What finds the rows, with the columns of their order, where the table alone does not; they meet the conditions
    that belong to the list, and come after the cursor."""
    key: str = ""
    """The column that the table and the candidates share."""

    def select(self, *columns: Any, limit: int | None = None) -> Select[Any]:
        """Return a statement for columns of these rows, in order; ``limit`` is written into its text."""
        statement = self.unordered(*columns).order_by(*(_directed(*each) for each in self.order))
        if self.after is not None:
            statement = statement.where(self.after)
        return statement if limit is None else statement.limit(literal_column(str(int(limit))))

    def unordered(self, *columns: Any) -> Select[Any]:
        """Return a statement for columns of these rows, in any order."""
        table: FromClause = table_of(self.row).alias(name_of(self.row))
        if self.candidates is not None:
            same = getattr(self.row, self.key) == self.candidates.c[self.key]
            table = self.candidates.join(table, same)
        statement = select(*columns).select_from(table)
        if self.link is not None:
            statement = statement.select_from(table_of(self.link).alias(name_of(self.link)))
        return statement.where(*self.conditions)

    def counted(self, limit: int = COUNT_LIMIT) -> ColumnElement[int]:
        """Return how many there are, up to ``limit``."""
        some = self.candidates
        if some is None:
            rows = self.unordered(literal_column("1")).limit(literal_column(str(limit)))
            some = rows.subquery(f"{name_of(self.row)}n")
        counted: ColumnElement[int] = select(func.count()).select_from(some).scalar_subquery()
        return counted

    def take_from(self, statement: Select[Any]) -> None:
        """Let ``statement`` find the rows."""
        self.candidates = statement.subquery(f"{name_of(self.row)}c")
        self.conditions = []
        self.order = [
            (self.candidates.c[name], descends) for name, (_, descends) in zip(self.keyset, self.order, strict=True)
        ]


def rows_of(
    names: Names,
    ask: Ask,
    source: Source,
    parent: tuple[Row, PlannedType] | None,
    target: PlannedType,
    arguments: Mapping[str, Any],
) -> Rows:
    """Return which rows of ``target`` a source means.

    Args:
        names: of the statement.
        ask: what a request asks with.
        source: the declaration.
        parent: the row it is seen from, None at the root.
        target: type of the other rows.
        arguments: of the field, as SQL is written with them.
    """
    assert target.table is not None, "only rows of tables are looked for"
    around = [] if parent is None else [parent[0]]
    row = names.row(source.rows(ask, *around, **arguments) if source.rows else target.table)
    link = None if source.through is None else names.row(source.through)
    conditions: list[ColumnElement[bool]] = []
    if source.on:
        conditions = [source.on(ask, *around, row, *([link] if link is not None else []), **arguments)]
    elif not source.rows:
        assert parent, "at the root there is a condition"
        assert source.by, "checked as the schema was built"
        own, other = (parent[0], row) if isinstance(source, ToOne) else (row, parent[0])
        key = target.key if isinstance(source, ToOne) else parent[1].key
        conditions = [getattr(other, key) == getattr(own, source.by)]
    if target.made_of.visible_to and not source.seen:
        conditions.append(target.made_of.visible_to(ask, row))
    order = order_of(source, arguments)
    keyset = tuple(each.removeprefix("-") for each in order) if isinstance(order, tuple) else ()
    rows = Rows(row, link, conditions, _order(order, row, link), keyset)
    forget_uses(row)  # conditions and order look at the table itself: only what is selected has to come out of it
    return rows


def order_of(source: Source, arguments: Mapping[str, Any]) -> Any:
    """Return the order of a list that is asked for with ``arguments``: columns, or a function of the row."""
    if isinstance(source, Paged) and isinstance(source.order, Mapping):
        return source.order[arguments[source.ordered_by]]
    return source.order


def _order(order: Any, row: Row, link: Row | None) -> list[tuple[ColumnElement[Any], bool]]:
    if isinstance(order, tuple):
        # a column that the table has not is one of the candidates, which take the place of this
        return [(_column_of(each.removeprefix("-"), row, link), each.startswith("-")) for each in order]
    given = order(row) if link is None else order(row, link)
    return [
        (each.element, True) if isinstance(each, UnaryExpression) and each.modifier is desc_op else (each, False)
        for each in given
    ]


def _column_of(name: str, row: Row, link: Row | None) -> ColumnElement[Any]:
    owner, plain = link if name.startswith(LINK) else row, name.removeprefix(LINK)
    is_there = owner is not None and plain in table_of(owner).c
    found: ColumnElement[Any] = getattr(owner, plain) if is_there else literal_column(plain)
    return found


def _directed(expression: ColumnElement[Any], descends: bool) -> ColumnElement[Any]:  # noqa: FBT001 - a pair, unpacked
    return expression.desc() if descends else asc(expression)


def keep_to(rows: Rows, editions: Editions, edition: ColumnElement[int]) -> None:
    """Mean the rows as they stood in an edition of their list."""
    rows.edition = edition
    rows.conditions.append(editions.holds(rows.row, edition))
    forget_uses(rows.row)  # as in ``rows_of``


@dataclass(slots=True)
class _Joined:
    row: Row
    rows: Rows
    is_sure: bool
    """Whether there is always such a row."""
    is_lateral: bool


@dataclass(slots=True)
class Level:
    """One row with those joined to it: the FROM clause of a statement, put together when all columns are known."""

    names: Names
    rows: Rows
    """The first row's."""
    limit: int | None = None
    joins: list[_Joined] = field(default_factory=list)

    @property
    def row(self) -> Row:
        """The first row."""
        return self.rows.row

    def join(
        self,
        ask: Ask,
        source: ToOne,
        parent: tuple[Row, PlannedType],
        target: PlannedType,
        arguments: Mapping[str, Any],
    ) -> tuple[Row, bool]:
        """Join another row; returns it, and whether there is always one."""
        rows = rows_of(self.names, ask, source, parent, target, arguments)
        sure = _is_sure(source, parent, target) and self._is_sure(parent[0])
        self.joins.append(_Joined(rows.row, rows, sure, is_lateral=not source.is_unique))
        return rows.row, sure

    def order_columns(self) -> list[tuple[ColumnElement[Any], bool]]:
        """Return what the rows are ordered by, as it is seen outside of the page."""
        outside: list[ColumnElement[Any]] = [
            literal_column(f"{name_of(self.row)}.{name}") for name in self._order_names()
        ]
        return [(seen, descends) for seen, (_, descends) in zip(outside, self.rows.order, strict=True)]

    def cursor_columns(self) -> list[ColumnElement[Any]]:
        """Return what a cursor holds: the edition, where there is one, and the keyset.

        That is of the row's own columns, and of those of its link as the page hands them out.
        """
        edition = [] if self.rows.edition is None else [self.rows.edition]
        return edition + [
            literal_column(f"{name_of(self.row)}.{outside}", expression.type)
            if name.startswith(LINK) or self.rows.candidates is not None
            else getattr(self.row, name)
            for name, outside, (expression, _) in zip(
                self.rows.keyset, self._order_names(), self.rows.order, strict=True
            )
        ]

    def ordering(self) -> list[ColumnElement[Any]]:
        """Return the ORDER BY outside of the page."""
        return [_directed(*each) for each in self.order_columns()]

    def page(self) -> FromClause:
        """Return the FROM clause: the page of the first row as a subquery, and the joins."""
        own = [getattr(self.row, name) for name in used_columns(self.row)]
        extra = [
            expression.label(name) for name, (expression, _) in zip(self._order_names(), self.rows.order, strict=True)
        ]
        selected = self.rows.select(*(own or [literal_column("1")]), *extra, limit=self.limit)
        return self._joined(selected.subquery(name_of(self.row)))

    def plain(self, *columns: Any) -> Select[Any]:
        """Return a statement for columns of the level, without a page: for one row, or few."""
        start = table_of(self.row).alias(name_of(self.row))
        statement = select(*columns).select_from(self._joined(start))
        if self.rows.link is not None:
            statement = statement.select_from(table_of(self.rows.link).alias(name_of(self.rows.link)))
        return statement.where(*self.rows.conditions)

    def _joined(self, start: FromClause) -> FromClause:
        for each in self.joins:
            if each.is_lateral:
                wanted = [getattr(each.row, name) for name in used_columns(each.row)]
                other: Any = each.rows.select(*wanted, limit=1).lateral(name_of(each.row))
                start = start.outerjoin(other, literal_column("true"))
            else:
                other = table_of(each.row).alias(name_of(each.row))
                start = start.join(other, and_(*each.rows.conditions), isouter=not each.is_sure)
        return start

    def _order_names(self) -> list[str]:
        return [f"o{index}" for index in range(len(self.rows.order))]

    def _is_sure(self, row: Row) -> bool:
        return row is self.row or any(each.row is row and each.is_sure for each in self.joins)


def _is_sure(source: ToOne, parent: tuple[Row, PlannedType], target: PlannedType) -> bool:
    """Return whether PostgreSQL guarantees the other row: by a foreign key that is not nullable, visible to all."""
    if source.by is None or (target.made_of.visible_to and not source.seen):
        return False
    found = table_of(parent[0]).c[source.by]
    return not getattr(found, "nullable", True) and any(
        each.column.table is target.table for each in found.foreign_keys
    )
