"""What declarations are written in: rows with their columns, what a request asks with, and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, Boolean, literal_column
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import ColumnElement, FromClause
    from sqlalchemy.types import TypeEngine

    Getter = Callable[["Values"], object]
    """Returns the value of a bind parameter for one request."""


class Values:
    """The values of one request: what the context says, and the coerced variables of the operation."""

    __slots__ = ("context", "keys", "known", "variables")

    def __init__(self, context: Any, known: Mapping[str, Any], variables: Mapping[str, Any]) -> None:
        """Take the application's context, what it tells about the request, and the variables."""
        self.context = context
        self.known = known
        self.variables = variables
        self.keys: Mapping[str, Any] = {}
        """Which object is meant, where a statement is about one."""


class Asked(BindParameter[Any]):
    """A parameter whose value comes with each request; never a part of the statement's text."""

    inherit_cache = False

    def __init__(self, name: str, type_: TypeEngine[Any], value_of: Getter) -> None:
        """Name a parameter of ``type_`` whose value ``value_of`` returns."""
        super().__init__(name, required=True, type_=type_)
        self.value_of = value_of


class _Compiler(PGCompiler_asyncpg):
    """Writes every value into the text but those of ``Asked`` parameters.

    Constants of declarations have to be in the text, so that partial indexes serve prepared statements.
    """

    def visit_bindparam(self, bindparam: BindParameter[Any], **options: Any) -> str:  # type: ignore[override]
        if not isinstance(bindparam, Asked):
            options["literal_binds"] = True
        text: str = super().visit_bindparam(bindparam, **options)  # type: ignore[no-untyped-call]  # SQLAlchemy's
        return text


def _dialect() -> asyncpg.PGDialect_asyncpg:
    """Return the dialect of PostgreSQL's own parameters ($1, $2, …), as libpq takes them; no asyncpg is needed."""
    dialect = asyncpg.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's
    dialect.statement_compiler = _Compiler
    return dialect


DIALECT = _dialect()


class Row:
    """A row in reach of a statement: its columns are attributes, which are SQL expressions.

    A row has a name in the statement and no FROM clause of its own: who makes it puts its table there. Columns that
    were used are remembered, so that only these are fetched.
    """

    def __init__(self, name: str, table: FromClause) -> None:
        """Name the row of ``table``."""
        self._name = name
        self._table = table
        self._used: dict[str, ColumnElement[Any]] = {}

    def __getattr__(self, column: str) -> ColumnElement[Any]:
        """Return a column.

        Raises:
            AttributeError: the table has no such column.
        """
        if column.startswith("__") or column not in self._table.c:
            raise AttributeError(f"{self._table} has no column {column!r}")
        if column not in self._used:
            found = self._table.c[column]
            quoted = DIALECT.identifier_preparer.quote(found.name)
            self._used[column] = literal_column(f"{self._name}.{quoted}", found.type)
        return self._used[column]


def name_of(row: Row) -> str:
    """Return the row's name in the statement."""
    return row._name  # noqa: SLF001 - kept out of the way of the columns


def table_of(row: Row) -> FromClause:
    """Return the row's table."""
    return row._table  # noqa: SLF001 - kept out of the way of the columns


def used_columns(row: Row) -> tuple[str, ...]:
    """Return the names of the columns that were used so far, in the order of their first use."""
    return tuple(row._used)  # noqa: SLF001 - kept out of the way of the columns


def forget_uses(row: Row) -> None:
    """Begin anew to remember which columns are used."""
    row._used.clear()  # noqa: SLF001 - kept out of the way of the columns


class Ask:
    """What a request asks with: one attribute for each value that the application knows of a request.

    Such as ``ask.viewer``: a bind parameter, NULL for somebody who is not signed in.
    """

    def __init__(self, known: Mapping[str, TypeEngine[Any]]) -> None:
        """Offer the values named in ``known``, with their types."""
        self._known = known
        self.asked: Mapping[str, Any] = {}
        """In the fields of an edge: the arguments of its connection, by the parameters of its function."""

    def within(self, arguments: Mapping[str, Any]) -> Ask:
        """Return what edges of a connection with these ``arguments`` ask with."""
        within = Ask(self._known)
        within.asked = arguments
        return within

    def __getattr__(self, name: str) -> ColumnElement[Any]:
        """Return a parameter.

        Raises:
            AttributeError: the application tells nothing of this name.
        """
        if name.startswith("__") or name not in self._known:
            raise AttributeError(f"requests do not tell {name!r}")
        return Asked(f"ask_{name}", self._known[name], lambda values: values.known[name])


def sql_of(argument: Any) -> ColumnElement[Any]:
    """Return an argument that has a value as an SQL expression, where its annotation says what it is in Python."""
    expression: ColumnElement[Any] = argument.__clause_element__()
    return expression


def required(parameter: ColumnElement[Any], error: Callable[[], Exception]) -> ColumnElement[Any]:
    """Return a parameter of the request that ends it with an error of its field where it has no value."""
    assert isinstance(parameter, Asked), "it comes with the request"
    value_of = parameter.value_of

    def read(values: Values) -> object:
        if (value := value_of(values)) is None:
            raise error()
        return value

    return Asked(f"{parameter.key}_required", parameter.type, read)


def refused(error: Callable[[], Exception]) -> ColumnElement[bool]:
    """Return a condition that ends each request with an error of its field: its arguments do not go together."""

    def refuse(_values: object) -> None:
        raise error()

    return Asked("refused", Boolean(), refuse)


class Argument:
    """An argument whose value comes with each request: where its own type fits it is an SQL expression by itself."""

    def __init__(self, name: str, type_: TypeEngine[Any], value_of: Getter) -> None:
        """Name the argument, with the type that it has in SQL."""
        self._name = name
        self._type = type_
        self._value_of = value_of

    def __clause_element__(self) -> ColumnElement[Any]:
        """Return the parameter."""
        return Asked(self._name, self._type, self._value_of)

    def read(self, function: Callable[[Any], object], type_: TypeEngine[Any]) -> ColumnElement[Any]:
        """Return a parameter of ``type_`` whose value ``function`` makes of the argument's.

        What ``function`` raises ends the request, as an error of this field.
        """
        value_of = self._value_of
        return Asked(f"{self._name}_read", type_, lambda values: function(value_of(values)))
