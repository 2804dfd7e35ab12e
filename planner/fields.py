"""What fields are: one line each, from which SQL, JSON and GraphQL arguments follow.

A type names its table with ``planned``, under Strawberry's own decorator; each of its fields is one of the functions
below. Functions that return SQL take the request first (``Ask``: such as ``ask.viewer``), then the rows in reach
(``Row``: their columns are attributes); their keyword-only parameters become the field's GraphQL arguments.

    @strawberry.type(description="A book.")
    @planned(tables.Book, visible_to=lambda ask, book: book.is_public | (book.owner_id == ask.viewer))
    class Book:
        title: str = column("Its title.")
        author: Author = to_one("Who wrote it.", by="author_id")
        is_mine: bool = expression("Whether it is the viewer's.", lambda ask, book: book.owner_id == ask.viewer)
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import strawberry
from sqlalchemy import inspect as inspect_mapping

from planner.declarations import (
    MAXIMUM_IDS,
    METADATA,
    TYPE_KEY,
    Batch,
    ById,
    Column,
    Computed,
    Editions,
    Expression,
    Newer,
    NodeId,
    OneOf,
    Paged,
    Part,
    RootPage,
    Scalars,
    Table,
    ToMany,
    ToOne,
)
from planner.pages import After, Cursor, First

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import FromClause
    from strawberry.types.field import StrawberryField

    from planner.declarations import Declaration, Function, Orders

Planned = TypeVar("Planned", bound=type)


def planned(table: Any = None, *, visible_to: Function | None = None) -> Callable[[Planned], Planned]:
    """Say what a type is made of. Stands under ``@strawberry.type``.

    Args:
        table: a SQLAlchemy table or selectable, or a mapped class; none for a part of the row it is reached from.
        visible_to: ``(ask, row)`` to the condition under which the viewer may see the row. It applies wherever the
            type is reached.
    """
    selectable = None if table is None else selectable_of(table)

    def declare(cls: Planned) -> Planned:
        cls.__planned__ = Table(selectable, visible_to)  # type: ignore[attr-defined]

        def is_type_of(value: object, _info: object) -> bool:
            return isinstance(value, dict) and value.get(TYPE_KEY) == cls.__strawberry_definition__.name  # type: ignore[attr-defined]

        cls.is_type_of = staticmethod(is_type_of)  # type: ignore[attr-defined]
        return cls

    return declare


def selectable_of(table: Any) -> FromClause:
    """Return the table of a mapped class; any other selectable is returned as it is."""
    found: FromClause = inspect_mapping(table).local_table if isinstance(table, type) else table
    return found


def column(description: str, name: str | None = None) -> Any:
    """A column of the row; ``name`` where it is called otherwise than the field."""
    return _field(description, Column(name))


def node_id(kind: str, description: str, column: str = "id", *, found: bool = True) -> Any:
    """A global id such as ``book_0198…``: ``kind`` and the digits of a UUID column.

    On the field ``id`` of a type it also lets ``node`` find the type's objects, unless they are not to be ``found``.
    """
    return _field(description, NodeId(kind, column, found))


def expression(description: str, sql: Function) -> Any:
    """An SQL expression: ``sql(ask, row, *, …arguments)``."""
    return _field(description, Expression(sql), sql)


def part(description: str, present: str | None = None) -> Any:
    """An object whose columns are in the same row; null where the column ``present`` is NULL."""
    return _field(description, Part(present))


def to_one(  # noqa: PLR0913 - words of a declaration, most of them seldom said
    description: str,
    on: Function | None = None,
    *,
    by: str | None = None,
    through: Any = None,
    order: Function | tuple[str, ...] = (),
    unique: bool = False,
    seen: bool = False,
    check: Function | None = None,
    rows: Function | None = None,
) -> Any:
    """Another object.

    Args:
        description: of the field.
        on: ``(ask, row, other, *, …arguments)`` to a condition; with ``through``, ``(ask, row, other, link, …)``.
            At the root there is no ``row``.
        by: column of this row that holds the other's primary key, where that is all.
        through: a table between the two.
        order: which one, where the condition leaves a choice; see ``connection``.
        unique: whether the condition leaves no choice; then the other row is joined, and not looked up for each row.
        seen: whether who sees this row may see the other one as well.
        check: called with the application's context first; it may raise.
        rows: in place of a condition, ``(ask, row, *, …arguments)`` to the rows themselves: a subquery, or the like,
            with the columns of the other type's table.
    """
    declaration = ToOne(on, by, _link(through), order, seen, check, rows, unique or by is not None)
    return _field(description, declaration, on or rows)


def to_many(  # noqa: PLR0913 - words of a declaration, most of them seldom said
    description: str,
    on: Function | None = None,
    *,
    limit: int,
    by: str | None = None,
    through: Any = None,
    order: Function | tuple[str, ...] = (),
    seen: bool = False,
    check: Function | None = None,
    rows: Function | None = None,
) -> Any:
    """A list that stays short: ``limit`` is the most that is ever returned; ``by`` is the other table's foreign key."""
    return _field(description, ToMany(on, by, _link(through), order, seen, check, rows, limit), on or rows)


def connection(  # noqa: PLR0913 - words of a declaration, most of them seldom said
    description: str,
    on: Function | None = None,
    *,
    order: Orders,
    by: str | None = None,
    through: Any = None,
    seen: bool = False,
    check: Function | None = None,
    rows: Function | None = None,
    count: Function | None = None,
    told: Function | None = None,
    editions: Editions | None = None,
    ordered_by: str = "order_by",
    among: Function | None = None,
) -> Any:
    """A list that can grow, in pages of ``first`` after the cursor ``after``.

    Args:
        description: of the field.
        on: as for ``to_one``.
        order: columns of the other row, ``-`` before those that descend. All in one direction, none of them nullable,
            and together unique: then no item is lost or repeated between pages while others are added. Where the
            client may choose, such an order for each value of the enum argument ``ordered_by``, which ``on`` has. Below
            a row, columns of ``through`` are ``link.…``: those after the row's own in an index, all of them, so that
            a page begins where the one before it ended.
        by: column of the other row that holds this one's primary key, where that is all.
        through: a table between the two.
        seen: as for ``to_one``.
        check: as for ``to_one``.
        rows: as for ``to_one``; ``order`` may then name further columns that they have.
        count: ``(ask, row)`` to the number of all items, where it is kept; counted where it is not, and only where
            ``totalCount`` is asked for.
        told: at the root, the condition for the edges that events tell of (``edge_ref``): a narrower one than ``on``
            (and of the same arguments) that asks for nothing of the viewer lets an event be written once for all.
        ordered_by: see ``order``.
        among: at the root, for lists that no index of the table itself gives in order:
            ``(ask, slice, *, …arguments)`` to a ``Select`` of the rows of a ``Slice``, in order, with the table's
            primary key and the columns of the order by their names; ``on`` and ``visible_to`` are then for it to
            look at. None where ``on`` and the table do.
        editions: where items move within the list: its cursors then hold the edition of the first page, of which all
            that follow are, so that no item is lost or repeated.
    """
    declaration = Paged(on, by, _link(through), order, seen, check, rows, count, told, ordered_by, among, editions)
    return _field(description, declaration, on or rows, first=First, after=After)


def one_of(description: str, **options: Function) -> Any:
    """An object of an interface or union: for each possible type by its name, the condition as for ``to_one``."""
    found = {
        name: ToOne(on, None, None, (), seen=False, check=None, rows=None, is_unique=True)
        for name, on in options.items()
    }
    return _field(description, OneOf(found))


def scalars(description: str, sql: Function) -> Any:
    """A list of values that stays short: ``sql(ask, row)`` returns a ``Select`` of one column, in order."""
    return _field(description, Scalars(sql))


def computed(description: str, function: Function, *columns: str) -> Any:
    """A pure Python function: ``function(context, *columns, …arguments)``, called for each object.

    UUIDs come as text of 36 characters, moments as ``datetime``.
    """
    return _field(description, Computed(function, columns), function)


def batch(description: str, function: Function, *columns: str) -> Any:
    """An asynchronous function where SQL can not say it: ``await function(context, rows, …arguments)``.

    ``rows`` holds a tuple of the named columns for each object of one level of the answer; the values are returned in
    the same order. It is called once for each place of the field in the document, never once for each object.
    """
    return _field(description, Batch(function, columns), function)


def node(description: str, check: Function | None = None) -> Any:
    """The root field ``node(id: ID!)``: any object by its global id."""

    def found(
        *,
        id: Annotated[strawberry.ID, strawberry.argument(description="Global id.")],  # noqa: A002 - the argument's name
    ) -> None:
        """Tell the argument."""

    return _field(description, ById(check), found)


def nodes(description: str, check: Function | None = None) -> Any:
    """The root field ``nodes(ids: [ID!]!)``: objects by their global ids, in the order of these."""

    def found(
        *, ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"Global ids, {MAXIMUM_IDS} at most.")]
    ) -> None:
        """Tell the argument."""

    return _field(description, ById(check), found)


def newer(description: str, limit: int = 100) -> Any:
    """A field of a connection of the query root: how many items stand before the cursor ``since``, up to ``limit``."""

    def counted(
        *, since: Annotated[Cursor, strawberry.argument(description="A cursor of the same list, asked alike.")]
    ) -> None:
        """Tell the argument."""

    return _field(description, Newer(limit), counted)


def root_page(description: str, root: str, asked: str | None = None) -> Any:
    """A page of a connection of the query root, in an object that another resolver returns, such as an event.

    Its cursors are those of the root field ``root`` (its GraphQL name). That one is asked without arguments of its
    own, or with those that the object holds as its attribute ``asked``, by their GraphQL names.
    """
    return _field(description, RootPage(root, asked), None, first=First, after=After)


def arguments_of(function: Function | None) -> dict[str, inspect.Parameter]:
    """Return the keyword-only parameters of a declaration's function: the field's GraphQL arguments."""
    if function is None:
        return {}
    parameters = inspect.signature(function).parameters
    return {name: each for name, each in parameters.items() if each.kind is inspect.Parameter.KEYWORD_ONLY}


def _link(through: Any) -> FromClause | None:
    return None if through is None else selectable_of(through)


def _field(
    description: str, declaration: Declaration, function: Function | None = None, **paging: Any
) -> StrawberryField:
    arguments = arguments_of(function)
    if not arguments and not paging:
        plain: StrawberryField = strawberry.field(description=description, metadata={METADATA: declaration})
        return plain
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=None)
        for name, kind in paging.items()
    ]
    resolver = _signed([*arguments.values(), *extra], function)
    with_arguments: StrawberryField = strawberry.field(
        resolver=resolver, description=description, metadata={METADATA: declaration}
    )
    return with_arguments


def _signed(parameters: Sequence[inspect.Parameter], function: Function | None) -> Function:
    """Return a function from whose signature Strawberry reads the arguments; the planner answers in its place."""

    def answered_by_the_planner() -> None:
        """Never called."""

    answered_by_the_planner.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    answered_by_the_planner.__annotations__ = {each.name: each.annotation for each in parameters}
    answered_by_the_planner.__module__ = function.__module__ if function else __name__
    return answered_by_the_planner
