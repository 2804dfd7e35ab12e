"""What Python functions return, as JSON: checked against the GraphQL type of their field."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLScalarType, get_nullable_type

from planner.errors import abandon
from planner.formats import INT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLOutputType


@lru_cache(maxsize=1024)
def leaf_writer(type_: GraphQLOutputType) -> Callable[[Any], Any]:
    """Return a function from values of Python to what orjson writes; it abandons what is not of the type."""
    if isinstance(type_, GraphQLNonNull):
        return _required(type_.of_type)
    write = _required(type_)
    return lambda value: None if value is None else write(value)


def is_text(type_: GraphQLOutputType) -> bool:
    """Return whether values of a type are written as they are, and must be texts."""
    inner: Any = get_nullable_type(type_)
    return isinstance(inner, GraphQLScalarType) and inner.name not in _SCALARS


def _required(type_: GraphQLOutputType) -> Callable[[Any], Any]:
    if isinstance(type_, GraphQLList):
        return _list(leaf_writer(type_.of_type))
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    inner: Any = type_
    return _SCALARS.get(inner.name, _text)


def _list(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: [write(each) for each in value] if isinstance(value, list | tuple) else abandon()


def _enum(type_: GraphQLEnumType) -> Callable[[Any], Any]:
    names = {str(getattr(value.value, "value", value.value)): name for name, value in type_.values.items()}
    return lambda value: names.get(str(value.value if isinstance(value, Enum) else value)) or abandon()


def _text(value: Any) -> Any:
    return value if value.__class__ is str else abandon()


def _integer(value: Any) -> Any:
    return value if value.__class__ is int and INT_LIMITS[0] <= value <= INT_LIMITS[1] else abandon()


def _number(value: Any) -> Any:
    return value if value.__class__ in {int, float} and isfinite(value) else abandon()


def _boolean(value: Any) -> Any:
    return value if value.__class__ is bool else abandon()


def _moment(value: Any) -> Any:
    return value if isinstance(value, datetime) else abandon()


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "Int": _integer,
    "Float": _number,
    "Boolean": _boolean,
    "DateTime": _moment,
}
