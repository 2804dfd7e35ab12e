"""Lists below a row as JSON text that PostgreSQL writes: it passes through the server unread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import get_named_type
from sqlalchemy import BigInteger, Integer, Text, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.sql.selectable import Exists

from planner.declarations import (
    TYPE_KEY,
    Column,
    Expression,
    Newer,
    NodeId,
    Paged,
    Part,
    Scalars,
    Source,
    ToMany,
    ToOne,
)
from planner.errors import Abandoned
from planner.formats import Format, Joined, or_null, quoted
from planner.levels import ArrayOf, Level, keep_to, rows_of
from planner.list_names import ListName, list_name
from planner.pages import COUNT_LIMIT, DEFAULT_PAGE, MAXIMUM_PAGE
from planner.rows import Asked, Row, name_of, table_of
from planner.selections import MISSING
from planner.slices import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import ColumnElement

    from planner.build import Build
    from planner.catalog import PlannedField, PlannedType
    from planner.levels import Rows
    from planner.rows import Values
    from planner.selections import Use

    Place = tuple[Row, PlannedType]
    """A row in reach, and the type that it is told as."""

_UNFAILING = (Format,)


def can_be_text(build: Build, type_: PlannedType, uses: Sequence[Use]) -> bool:
    """Return whether PostgreSQL can write all that is asked of a type by itself."""
    return all(use.name == "__typename" or field_can_be_text(build, type_.fields[use.name], use) for use in uses)


def field_can_be_text(build: Build, found: PlannedField, use: Use) -> bool:
    """Return whether PostgreSQL can write a field by itself."""
    declaration = found.declaration
    if isinstance(declaration, Column | NodeId | Expression | Scalars):
        return True
    if isinstance(declaration, Part | ToOne | ToMany):
        target = build.catalog.types[found.named_type.name]
        return can_be_text(build, target, build.document.below(use, target.graphql))
    return isinstance(declaration, Paged) and page_can_be_text(build, found, use)


def page_can_be_text(build: Build, found: PlannedField, use: Use) -> bool:
    """Whether only items and their number are asked of a page: cursors are Python's."""
    if not is_first_page(build, found, use):
        return False
    connection = found.named_type
    target = build.catalog.types[build.catalog.node_type(connection).name]
    for asked in build.document.below(use, connection):
        if asked.name == "pageInfo":
            return False
        if asked.name == "nodes" and not can_be_text(build, target, build.document.below(asked, target.graphql)):
            return False
        if asked.name == "edges":
            edge = get_named_type(connection.fields["edges"].type)
            for inner in build.document.below(asked, edge):
                if inner.name not in {"node", "__typename"}:
                    return False
                if inner.name == "node" and not can_be_text(build, target, build.document.below(inner, target.graphql)):
                    return False
    return True


def expression_of(build: Build, place: Place, use: Use, found: PlannedField) -> ColumnElement[Any]:
    """Return the SQL expression of a field that is a column or an expression."""
    row, declaration = place[0], found.declaration
    if isinstance(declaration, Column):
        column: ColumnElement[Any] = getattr(row, declaration.name or found.name)
        return column
    if isinstance(declaration, NodeId):
        return getattr(row, declaration.column)  # type: ignore[no-any-return]  # any column
    assert isinstance(declaration, Expression | Scalars), "nothing else is an expression"
    if isinstance(declaration, Scalars):
        statement = declaration.sql(build.ask, row)
        return ArrayOf(statement)
    expression: ColumnElement[Any] = declaration.sql(build.ask, row, **build.document.arguments(use, found).for_sql())
    return expression


def format_for(build: Build, found: PlannedField, expression: ColumnElement[Any]) -> Format:
    """Return how the expression of a field is written."""
    has_no_nulls = isinstance(expression, ArrayOf) and expression.has_no_nulls
    return build.catalog.format_in(found, expression.type, has_no_nulls=has_no_nulls)


def is_never_null(place: Place, found: PlannedField, expression: ColumnElement[Any]) -> bool:
    """Return whether an expression has a value in every row that is there."""
    declaration = found.declaration
    if isinstance(declaration, Column | NodeId):
        name = declaration.column if isinstance(declaration, NodeId) else declaration.name or found.name
        table = table_of(place[0])
        return not getattr(table.c[name], "nullable", True)
    return isinstance(expression, Exists | ArrayOf)


def object_text(build: Build, level: Level, place: Place, uses: Sequence[Use]) -> Joined:
    """Return an object as JSON text, NULL where a field that can not be null is."""
    type_ = place[1]
    parts: list[str | ColumnElement[Any]] = []
    for use in uses:
        parts += [f',"{use.key}":', field_text(build, level, place, use)]
    if not build.strict:
        parts.append(f',"{TYPE_KEY}":"{type_.name}"')
    if not parts:
        return Joined("{}")
    assert isinstance(parts[0], str), "each value has its key before it"
    parts[0] = "{" + parts[0][1:]
    return Joined(*parts, "}")


def field_text(  # noqa: PLR0911 - one for each kind of declaration
    build: Build, level: Level, place: Place, use: Use
) -> ColumnElement[Any]:
    """Return one field as JSON text."""
    if use.name == "__typename":
        return Joined(f'"{place[1].name}"')
    found = place[1].fields[use.name]
    declaration = found.declaration
    if isinstance(declaration, ToMany | Paged):
        return list_text(build, place, use, found)
    if isinstance(declaration, ToOne | Part):
        return _other_text(build, level, place, use, found)
    expression = expression_of(build, place, use, found)
    format_ = format_for(build, found, expression)
    if not build.strict:
        return or_null(format_.lenient_sql(expression))
    text = format_.sql(expression)
    if found.is_required:
        return text
    if type(format_) in _UNFAILING:
        return or_null(text)
    return case((expression.is_(None), literal_column("'null'")), else_=text)


def _other_text(build: Build, level: Level, place: Place, use: Use, found: PlannedField) -> ColumnElement[Any]:
    target = build.catalog.types[found.named_type.name]
    uses = build.document.below(use, target.graphql)
    declaration = found.declaration
    if isinstance(declaration, Part):
        text = object_text(build, level, (place[0], target), uses)
        if declaration.present is None:
            return text
        is_there = getattr(place[0], declaration.present).is_not(None)
    else:
        assert isinstance(declaration, ToOne), "checked by the caller"
        other, sure = level.join(build.ask, declaration, place, target, build.document.arguments(use, found).for_sql())
        text = object_text(build, level, (other, target), uses)
        if sure:
            return text
        is_there = getattr(other, target.key).is_not(None)
    if found.is_required and build.strict:
        return case((is_there, text))
    return case((is_there, text), else_=literal_column("'null'"))


def list_text(build: Build, place: Place, use: Use, found: PlannedField) -> ColumnElement[Any]:
    """Return a list below a row as JSON text: of objects, or of a page that only its items are asked of."""
    declaration = found.declaration
    if isinstance(declaration, ToMany):
        target = build.catalog.types[found.named_type.name]
        level = Level(build.names, source_rows(build, place, use, found, target), declaration.limit)
        item = object_text(build, level, (level.row, target), build.document.below(use, target.graphql))
        return aggregated(level, item)
    connection = found.named_type
    parts: list[str | ColumnElement[Any]] = []
    for asked in build.document.below(use, connection):
        parts += [f',"{asked.key}":', _page_part(build, place, use, found, asked)]
    if not parts:
        return Joined("{}")
    assert isinstance(parts[0], str), "each value has its key before it"
    parts[0] = "{" + parts[0][1:]
    return Joined(*parts, "}")


def _page_part(build: Build, place: Place, use: Use, found: PlannedField, asked: Use) -> ColumnElement[Any]:
    connection = found.named_type
    target = build.catalog.types[build.catalog.node_type(connection).name]
    if asked.name == "__typename":
        return Joined(f'"{connection.name}"')
    rows = source_rows(build, place, use, found, target)
    if asked.name == "totalCount":
        return total(build, place, found, rows).cast(Text)
    level = Level(build.names, rows, page_size(build, use, found))
    if asked.name == "nodes":
        return aggregated(
            level, object_text(build, level, (level.row, target), build.document.below(asked, target.graphql))
        )
    edge = get_named_type(connection.fields["edges"].type)
    parts: list[str | ColumnElement[Any]] = ["{"]
    for index, inner in enumerate(build.document.below(asked, edge)):
        parts.append(f'{"," if index else ""}"{inner.key}":')
        if inner.name == "__typename":
            parts.append(f'"{edge.name}"')
        else:
            uses = build.document.below(inner, target.graphql)
            parts.append(object_text(build, level, (level.row, target), uses))
    return aggregated(level, Joined(*parts, "}"))


def source_rows(
    build: Build, place: Place | None, use: Use, found: PlannedField, target: PlannedType, size: int = COUNT_LIMIT
) -> Rows:
    """Return which rows a field of a list, a page or the root means, those after the cursor where one is given.

    Of what a statement finds in place of the table, ``size`` rows.
    """
    rows = whole_rows(build, place, use, found, target, size)
    if isinstance(found.declaration, Paged) and not is_first_page(build, found, use):
        read = cursor_reader(build, use, found, rows, is_owned=place is not None)
        slice_ = Slice(size, rows.order[0][1], bound(build, "after", rows, read))
        if rows.candidates is None:
            rows.after = slice_.holds(*(expression for expression, _ in rows.order))
        else:
            take_slice(build, use, found, rows, slice_)
    return rows


def whole_rows(
    build: Build, place: Place | None, use: Use, found: PlannedField, target: PlannedType, size: int = COUNT_LIMIT
) -> Rows:
    """Return which rows a field means, whatever its cursor; of what a statement finds, the first ``size``."""
    source = found.declaration
    assert isinstance(source, Source), "checked by the caller"
    arguments = build.document.arguments(use, found).for_sql()
    rows = rows_of(build.names, build.ask, source, place, target, arguments)
    rows.key = target.key
    if isinstance(source, Paged):
        _take_edition(build, place, use, found, rows)
        take_slice(build, use, found, rows, Slice(size, rows.order[0][1]))
    return rows


def _take_edition(build: Build, place: Place | None, use: Use, found: PlannedField, rows: Rows) -> None:
    """Let rows be those of the present edition of their list, or of the one that the cursor holds."""
    source = found.declaration
    assert isinstance(source, Paged), "checked by the caller"
    if source.editions is None:
        return
    if is_first_page(build, found, use):
        keep_to(rows, source.editions, source.editions.present(build.ask))
        return
    build.document.counter += 1
    name = f"edition_{build.document.counter}"
    keep_to(rows, source.editions, Asked(name, BigInteger(), lambda values: read(values)[1]))
    read = cursor_reader(build, use, found, rows, is_owned=place is not None)


def take_slice(build: Build, use: Use, found: PlannedField, rows: Rows, slice_: Slice) -> None:
    """Let the statement that a list is put together by find its rows, where there is one."""
    source = found.declaration
    assert isinstance(source, Paged), "checked by the caller"
    if source.among:
        statement = source.among(build.ask, slice_, **build.document.arguments(use, found).for_sql())
        if statement is not None:
            rows.take_from(statement)


def bound(build: Build, name: str, rows: Rows, read: Callable[[Values], list[Any]]) -> list[Asked]:
    """Return the keyset of a cursor as bind parameters; a forged one may hold any 64 bits for a smaller number."""
    build.document.counter += 1
    name = f"{name}_{build.document.counter}"
    types = [BigInteger() if isinstance(each.type, Integer) else each.type for each, _ in rows.order]
    first = 1 if rows.edition is None else 2
    return [Asked(f"{name}_{index}", type_, _item(read, first + index)) for index, type_ in enumerate(types)]


def cursor_reader(
    build: Build, use: Use, found: PlannedField, rows: Rows, *, is_owned: bool
) -> Callable[[Values], list[Any]]:
    """Return a function that reads the cursor of a request: the key of the list's owner (or None), then the keyset.

    Where the list has editions, the number of one stands before the keyset.
    """
    given = build.document.arguments(use, found).getter("after")
    return reader_of(build, use, found, rows, given, is_owned=is_owned)


def reader_of(
    build: Build, use: Use, found: PlannedField, rows: Rows, given: Callable[[Values], Any], *, is_owned: bool
) -> Callable[[Values], list[Any]]:
    """Return a function that reads a cursor of a list, which ``given`` returns."""
    kinds = [expression.type.python_type for expression, _ in rows.order]
    if rows.edition is not None:
        kinds = [int, *kinds]
    where, decode = name_of_list(build, use, found), build.cursors.decode
    if is_owned:
        return lambda values: decode(where(values), given(values), (str, *kinds))
    return lambda values: [None, *decode(where(values), given(values), kinds)]


def _item(read: Callable[[Values], list[Any]], index: int) -> Callable[[Values], Any]:
    return lambda values: read(values)[index]


def is_first_page(build: Build, found: PlannedField, use: Use) -> bool:
    """Return whether a page is asked for without a cursor."""
    after = build.document.arguments(use, found).known("after")
    return after is None or after is MISSING


def name_of_list(build: Build, use: Use, found: PlannedField) -> ListName:
    """Return the name of a list in its cursors."""
    return list_name(found, build.document.arguments(use, found))


def page_size(build: Build, use: Use, found: PlannedField) -> int:
    """Return how many items a page is asked for.

    Raises:
        Abandoned: more than may be, or none; such a request was to be refused before.
    """
    first = build.document.arguments(use, found).known("first")
    size = first if isinstance(first, int) else DEFAULT_PAGE
    if not 1 <= size <= MAXIMUM_PAGE:
        raise Abandoned
    return size


def total(build: Build, place: Place | None, found: PlannedField, rows: Rows) -> ColumnElement[int]:
    """Return how many items a list has, as far as it is told."""
    declaration = found.declaration
    assert isinstance(declaration, Paged), "only pages are counted"
    if declaration.count is None or place is None:
        return rows.counted()
    least: ColumnElement[int] = func.least(declaration.count(build.ask, place[0]), literal_column(str(COUNT_LIMIT)))
    return least


def number(
    build: Build, use: Use, found: PlannedField, target: PlannedType, asked: Use, newer: PlannedField | None
) -> ColumnElement[int]:
    """Return what is counted of a page of the root: all its items, or those before the cursor ``since``.

    All items are told for lists of a table alone; it is NULL for those that a statement finds.
    """
    if newer is None:
        rows = whole_rows(build, None, use, found, target)
        if rows.candidates is not None:  # such a statement finds a page quickly, and all that there is slowly
            return literal_column("NULL::bigint")
        return total(build, None, found, rows)
    declaration = newer.declaration
    assert isinstance(declaration, Newer), "nothing else is counted of a page"
    rows = whole_rows(build, None, use, found, target, declaration.limit)
    given = build.document.arguments(asked, newer).getter("since")
    read = reader_of(build, use, found, rows, given, is_owned=False)
    before = Slice(declaration.limit, rows.order[0][1], bound(build, "since", rows, read), is_before=True)
    if rows.candidates is None:
        rows.conditions.append(before.holds(*(expression for expression, _ in rows.order)))
    else:
        take_slice(build, use, found, rows, before)
    return rows.counted(declaration.limit)


def aggregated(level: Level, item: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the items of a level as one JSON array, NULL where an item is NULL."""
    item = cast(item, Text)  # items that show nothing of their rows are constants, which have no type
    array = func.array_agg(item)
    ordering = level.ordering()
    if ordering:
        array = func.array_agg(aggregate_order_by(item, *ordering))
    gathered = select(array.label("items")).select_from(level.page()).subquery(f"{name_of(level.row)}g")
    items: ColumnElement[Any] = literal_column(f"{name_of(level.row)}g.items")
    text = Joined("[", func.array_to_string(items, literal_column("','")), "]")
    whole = case(
        (items.is_(None), literal_column(quoted("[]"))),
        (func.array_position(items, literal_column("NULL")).is_(None), text),
    )
    return select(whole).select_from(gathered).scalar_subquery()
