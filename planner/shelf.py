"""What a statement hands to the code that writes its objects: columns on a shelf, each once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnClause, DateTime, Text, cast

from planner.formats import Format, Joined, MomentFormat, is_uuid, or_null

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


class Shelf:
    """The columns of one statement, or of one nested list; generated code reads them from the tuple ``variable``."""

    def __init__(self, variable: str, *, is_json: bool) -> None:
        """Call the tuple ``variable``; a nested list ``is_json``, its values are what orjson loads."""
        self.variable = variable
        self.is_json = is_json
        self.columns: list[ColumnElement[Any]] = []
        self._known: dict[str, int] = {}

    def put(self, expression: ColumnElement[Any], key: str | None = None) -> str:
        """Return the source that reads a column; columns of the same ``key`` are fetched once."""
        known = key or _name_of(expression)
        if known is None or known not in self._known:
            self.columns.append(expression)
            if known is None:
                return f"{self.variable}[{len(self.columns) - 1}]"
            self._known[known] = len(self.columns) - 1
        return f"{self.variable}[{self._known[known]}]"

    def put_formatted(self, expression: ColumnElement[Any], format_: Format, *, is_sure: bool) -> str:
        """Return the source of a value as orjson writes it; ``is_sure`` where it is never NULL."""
        if not self.is_json:
            return format_.python(self.put(expression), from_json=False, is_sure=is_sure)
        text = or_null(format_.lenient_sql(expression))
        return format_.python(self.put(text, f"{format_!r} {_name_of(expression) or id(expression)}"), from_json=True)

    def put_raw(self, expression: ColumnElement[Any]) -> str:
        """Return the source of a value as functions are handed it: UUIDs as text, moments as ``datetime``."""
        if not self.is_json:
            return self.put(expression)
        text = or_null(_raw_json(expression))
        source = self.put(text, f"raw {_name_of(expression) or id(expression)}")
        if isinstance(expression.type, DateTime):
            return f"(fromisoformat(m) if (m := {source}) is not None else None)"
        return source

    def put_key(self, expression: ColumnElement[Any]) -> str:
        """Return the source of a part of a cursor."""
        if not self.is_json:
            return self.put(expression)
        return self.put(or_null(_raw_json(expression)), f"raw {_name_of(expression) or id(expression)}")


def _name_of(expression: ColumnElement[Any]) -> str | None:
    """Return the column's name in the statement, None for any other expression."""
    return expression.name if isinstance(expression, ColumnClause) else None


def _raw_json(expression: ColumnElement[Any]) -> ColumnElement[Any]:
    if isinstance(expression.type, DateTime):
        return MomentFormat().sql(expression)
    if is_uuid(expression.type):
        return Joined('"', cast(expression, Text), '"')
    return Format().sql(expression)
