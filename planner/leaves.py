"""What Python functions return, as JSON: checked against the GraphQL type of their field."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from functools import lru_cache
from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull

from planner.errors import abandon
from planner.formats import INT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable

    from graphql import GraphQLOutputType


@lru_cache(maxsize=1024)
def leaf_writer(type_: GraphQLOutputType) -> Callable[[Any], Any]:
    """Return a function from values of Python to what orjson writes; it abandons what is not of the type."""
    if isinstance(type_, GraphQLNonNull):
        return _required(leaf_writer(type_.of_type))
    if isinstance(type_, GraphQLList):
        return _list(leaf_writer(type_.of_type))
    if isinstance(type_, GraphQLEnumType):
        return _enum(type_)
    return _SCALARS.get(type_.name, _text)


def _required(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def written(value: Any) -> Any:  # noqa: ANN401 - any value
        return abandon() if value is None else write(value)

    return written


def _list(write: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def written(value: Any) -> Any:  # noqa: ANN401 - any value
        if value is None:
            return None
        return [write(each) for each in value] if isinstance(value, list | tuple) else abandon()

    return written


def _enum(type_: GraphQLEnumType) -> Callable[[Any], Any]:
    names = {str(getattr(value.value, "value", value.value)): name for name, value in type_.values.items()}

    def written(value: Any) -> Any:  # noqa: ANN401 - any value
        if value is None:
            return None
        return names.get(str(value.value if isinstance(value, Enum) else value)) or abandon()

    return written


def _text(value: Any) -> Any:  # noqa: ANN401 - any value
    return value if value.__class__ is str or value is None else abandon()


def _integer(value: Any) -> Any:  # noqa: ANN401 - any value
    if value is None or (value.__class__ is int and INT_LIMITS[0] <= value <= INT_LIMITS[1]):
        return value
    return abandon()


def _number(value: Any) -> Any:  # noqa: ANN401 - any value
    return value if value is None or (value.__class__ in {int, float} and isfinite(value)) else abandon()


def _boolean(value: Any) -> Any:  # noqa: ANN401 - any value
    return value if value.__class__ is bool or value is None else abandon()


def _moment(value: Any) -> Any:  # noqa: ANN401 - any value
    return value if isinstance(value, datetime) or value is None else abandon()


_SCALARS: dict[str, Callable[[Any], Any]] = {
    "Int": _integer,
    "Float": _number,
    "Boolean": _boolean,
    "DateTime": _moment,
}
