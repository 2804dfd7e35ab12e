"""How a column's value becomes JSON: written by PostgreSQL inside of lists, or by Python in rows.

Both ways give the same JSON for every value of the column's type, and both give nothing (NULL in SQL, ``Abandoned`` in
Python) where the value can not be what its GraphQL type promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLEnumType, GraphQLList, GraphQLScalarType, get_nullable_type
from sqlalchemy import ARRAY as GENERIC_ARRAY
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    DateTime,
    Enum,
    Float,
    Integer,
    Numeric,
    String,
    Text,
    TypeDecorator,
    Uuid,
    and_,
    between,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import GraphQLOutputType
    from sqlalchemy.types import TypeEngine

INT_LIMITS: Final = (-(2**31), 2**31 - 1)
"""What a GraphQL Int can hold (specification, 3.5.1)."""
_SECONDS: Final = 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"'
_MICROSECONDS: Final = 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'


class Joined(ColumnElement[str]):
    """Texts one after the other: ``a || b || …``; NULL where one of them is."""

    inherit_cache = False
    type = Text()

    def __init__(self, *parts: str | ColumnElement[Any]) -> None:
        """Join texts that are JSON already (``str``) and expressions of type text."""
        merged: list[str | ColumnElement[Any]] = []
        for part in parts:
            inner: tuple[str | ColumnElement[Any], ...] = part.parts if isinstance(part, Joined) else (part,)
            for each in inner:
                if isinstance(each, str) and merged and isinstance(merged[-1], str):
                    merged[-1] += each
                else:
                    merged.append(each)
        self.parts: tuple[str | ColumnElement[Any], ...] = tuple(merged)


@compiles(Joined)
def _write_joined(element: Joined, compiler: Any, **options: Any) -> str:
    pieces = [quoted(part) if isinstance(part, str) else compiler.process(part, **options) for part in element.parts]
    return f"({' || '.join(pieces)})"


def quoted(text: str) -> str:
    """Return a text literal of SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def or_null(text: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return JSON text with ``null`` in the place of NULL."""
    return func.coalesce(text, literal_column("'null'"))


@dataclass(frozen=True, slots=True)
class Format:
    """How values of one column type are written as one GraphQL type; this one is for what needs no treatment."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text; NULL where it is NULL."""
        return cast(func.to_json(value), Text)

    def lenient_sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text, also where it is not what the field promises: for graphql-core to judge."""
        return self.sql(value)

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the source of an expression that orjson can write.

        Args:
            value: source of the value as psycopg loads it, or as orjson loads what ``sql`` wrote.
            from_json: whether it is the latter.
            is_sure: whether it is never None.
        """
        return value


@dataclass(frozen=True, slots=True)
class NumberFormat(Format):
    """Integers that fit by their type, and booleans: their own text is JSON."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text."""
        return cast(value, Text)


@dataclass(frozen=True, slots=True)
class BigIntFormat(Format):
    """Integers that may be larger than a GraphQL Int."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text, NULL where it is too large."""
        return case((between(value, *INT_LIMITS), cast(value, Text)))

    def lenient_sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text, however large."""
        return cast(value, Text)

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the value where it fits."""
        low, high = INT_LIMITS
        return f"(i if (i := {value}) is None or {low} <= i <= {high} else abandon(i))"


@dataclass(frozen=True, slots=True)
class FloatFormat(Format):
    """Floating-point numbers; JSON can not say infinite ones, nor NaN."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text, whole numbers as Python writes them (7.0); NULL where it is not finite."""
        text = cast(value, Text)
        is_whole = and_(func.trunc(value) == value, func.abs(value) < literal_column("1e15"))
        return case((is_whole, Joined(text, ".0")), (value - value == literal_column("0"), text))

    def lenient_sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON, the others as strings."""
        return cast(func.to_json(value), Text)

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the value where it is finite."""
        return f"(y if (y := {value}) is None or y - y == 0 else abandon(y))"


@dataclass(frozen=True, slots=True)
class MomentFormat(Format):
    """Points in time, as ``datetime.isoformat`` writes them in UTC (RFC 3339), without a fraction that is zero."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the value as JSON text."""
        pattern = case(
            (func.date_trunc("second", value) == value, literal_column(quoted(_SECONDS))),
            else_=literal_column(quoted(_MICROSECONDS)),
        )
        written = func.to_char(func.timezone(literal_column("'UTC'"), value), pattern)
        return Joined('"', written, '"')


@dataclass(frozen=True, slots=True)
class NodeIdFormat(Format):
    """Global ids: the kind of thing, an underscore, and the 32 digits of its UUID."""

    kind: str

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the id as JSON text."""
        return Joined(f'"{self.kind}_', func.replace(cast(value, Text), "-", ""), '"')

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:
        """Return the id; inside of lists PostgreSQL has written it."""
        if from_json:
            return value
        prefix = f"{self.kind}_"
        if is_sure:
            return f'{prefix!r} + {value}.replace("-", "")'
        return f'({prefix!r} + u.replace("-", "") if (u := {value}) is not None else None)'


@dataclass(frozen=True, slots=True)
class EnumFormat(Format):
    """Words of a vocabulary, by the names that the graph has for them."""

    names: tuple[tuple[str, str], ...]
    """Stored word and name."""
    is_known: bool
    """Whether the column can hold these words only, under the same names."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the name as JSON text, NULL where there is none."""
        text = cast(value, Text)
        if self.is_known:
            return Joined('"', text, '"')
        return case({stored: literal_column(quoted(f'"{name}"')) for stored, name in self.names}, value=text)

    def lenient_sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the name, or else the stored word, as JSON text."""
        return func.coalesce(self.sql(value), cast(func.to_json(cast(value, Text)), Text))

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the name."""
        if self.is_known:
            return value
        names = {name: name for _, name in self.names} if from_json else dict(self.names)
        return f"(e if (e := {value}) is None else {names!r}.get(e) or abandon(e))"


@dataclass(frozen=True, slots=True)
class ListFormat(Format):
    """Arrays of values that need no treatment."""

    has_no_nulls: bool = False
    """Whether the array itself can hold no NULL."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the array as JSON text; a NULL inside of it leaves the fast path."""
        if self.has_no_nulls:
            return self.lenient_sql(value)
        has_null = func.array_position(value, literal_column("NULL")).is_not(None)
        return case((has_null, literal_column("NULL")), else_=self.lenient_sql(value))

    def lenient_sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the array as JSON text, NULLs too."""
        return cast(func.array_to_json(value), Text)

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the list."""
        if self.has_no_nulls:
            return value
        return f"(l if (l := {value}) is None or None not in l else abandon(l))"


@dataclass(frozen=True, slots=True)
class JsonListFormat(Format):
    """JSON arrays of strings."""

    def sql(self, value: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the stored JSON."""
        return cast(value, Text)

    def python(self, value: str, *, from_json: bool, is_sure: bool = False) -> str:  # noqa: ARG002 - other formats look at it
        """Return the list."""
        return f"(l if (l := {value}) is None or all(s.__class__ is str for s in l) else abandon(l))"


_PLAIN: Final = Format()
_NUMBER: Final = NumberFormat()
_BY_SCALAR: Final[Mapping[str, tuple[tuple[type[TypeEngine[Any]], Format], ...]]] = {
    "Int": ((BigInteger, BigIntFormat()), (Integer, _NUMBER)),
    "Float": ((Float, FloatFormat()), (Numeric, FloatFormat()), (Integer, _NUMBER)),
    "Boolean": ((Boolean, _NUMBER),),
    "DateTime": ((DateTime, MomentFormat()),),
    "String": ((Enum, _PLAIN), (String, _PLAIN)),
    "ID": ((String, _PLAIN),),
}


def format_of(type_: TypeEngine[Any], graphql_type: GraphQLOutputType) -> Format | None:
    """Return how a column of ``type_`` is written as ``graphql_type``; None where that can not be."""
    named = get_nullable_type(graphql_type)
    if isinstance(type_, TypeDecorator):
        type_ = type_.impl_instance
    if isinstance(named, GraphQLEnumType):
        return _enum_format(type_, named)
    if isinstance(named, GraphQLList):
        return _list_format(type_, named)
    if not isinstance(named, GraphQLScalarType):
        return None
    if named.name in _BY_SCALAR:
        return next((found for kind, found in _BY_SCALAR[named.name] if isinstance(type_, kind)), None)
    return _PLAIN if isinstance(type_, String) else None  # a scalar of the application that is a text


def _enum_format(type_: TypeEngine[Any], enum: GraphQLEnumType) -> Format | None:
    if not isinstance(type_, String):
        return None
    by_value = {str(getattr(value.value, "value", value.value)): name for name, value in enum.values.items()}
    if isinstance(type_, Enum) and type_.enum_class is not None:
        stored = {word: str(type_.enum_class[word].value) for word in type_.enums}
        names = tuple((word, by_value[value]) for word, value in stored.items() if value in by_value)
        return EnumFormat(names, len(names) == len(stored) and all(word == name for word, name in names))
    return EnumFormat(tuple(by_value.items()), is_known=False)


def _list_format(type_: TypeEngine[Any], list_type: GraphQLList[Any]) -> Format | None:
    inner = get_nullable_type(list_type.of_type)
    if isinstance(type_, ARRAY | GENERIC_ARRAY):
        return ListFormat() if format_of(type_.item_type, inner) in {_PLAIN, _NUMBER} else None
    return JsonListFormat() if isinstance(type_, JSON) and getattr(inner, "name", "") == "String" else None


def is_uuid(type_: TypeEngine[Any]) -> bool:
    """Return whether a column holds UUIDs, which are texts of 36 characters in Python."""
    return isinstance(type_, Uuid)
