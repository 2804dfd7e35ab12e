"""Slices of a list: which of its rows a statement is to return, for lists that are put together by a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, true, tuple_

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select


@dataclass(frozen=True, slots=True)
class Slice:
    """At most ``size`` rows of a list: its first ones, those after a cursor, or those before one."""

    size: int
    descends: bool
    """Whether the list begins with the greatest."""
    cursor: Sequence[ColumnElement[Any]] = ()
    """The keyset of the cursor as bind parameters; empty where the list is read from its beginning."""
    is_before: bool = False
    """Whether the rows before the cursor are meant, in any order: these are only counted."""

    @property
    def limit(self) -> ColumnElement[Any]:
        """How many rows at most, as it is written into a statement."""
        return literal_column(str(self.size))

    def holds(self, *keys: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that a row with the keyset ``keys``, or the last columns of one, is in the slice."""
        if not self.cursor:
            return true()
        values = tuple_(*self.cursor[-len(keys) :])
        is_less = self.descends is not self.is_before
        clause: ColumnElement[bool] = tuple_(*keys) < values if is_less else tuple_(*keys) > values
        return clause

    def ordered(self, statement: Select[Any], *keys: ColumnElement[Any]) -> Select[Any]:
        """Return ``statement`` for the rows of the slice alone, in order."""
        return statement.where(self.holds(*keys)).order_by(*self.directed(*keys)).limit(self.limit)

    def directed(self, *keys: ColumnElement[Any]) -> Sequence[ColumnElement[Any]]:
        """Return what to order by ``keys`` by."""
        return [each.desc() if self.descends else each.asc() for each in keys]
