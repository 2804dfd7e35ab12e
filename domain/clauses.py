"""What clauses are written over: they hold in any statement that has such rows in reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import ARRAY, Uuid, bindparam, func, literal_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select

Row = Any
"""A row with its columns as attributes: a mapped class itself, or one of its rows in some statement."""
Value = Any
"""A value, or an SQL expression that stands for one."""

USERS: Final = bindparam("users", type_=ARRAY(Uuid))
"""Keys of those on whose behalf a statement is run."""
WHO: Final = func.unnest(USERS).table_valued("id").render_derived("who")
"""The same as rows. Statements that lock, or add, something for each of them do so in the order of their keys."""


class Slice(Protocol):
    """A part of a list in order: at most so many of its rows, the first ones, those after a cursor or before one."""

    @property
    def size(self) -> int:
        """How many rows at most."""
        ...

    @property
    def cursor(self) -> Sequence[ColumnElement[Any]]:
        """The parts of the cursor's keyset, none where there is no cursor."""
        ...

    @property
    def is_before(self) -> bool:
        """Whether the rows before the cursor are meant, to be counted."""
        ...

    def ordered(self, statement: Select[Any], *keys: Value) -> Select[Any]:
        """Return ``statement`` for the rows in the slice alone, in order; ``keys`` are the (last) parts of theirs."""
        ...

    def directed(self, *keys: Value) -> Sequence[ColumnElement[Any]]:
        """Return what to order by ``keys`` by."""
        ...


def there_is(statement: Select[Any]) -> ColumnElement[bool]:
    """Return the clause that says whether a statement finds a row, looked up for each row that asks.

    For an EXISTS that names a viewer, PostgreSQL takes to reading all that they follow, like or hide, as if it were
    little, to answer it for the rows of a page; OFFSET 0 keeps it from that.
    """
    return statement.offset(literal_column("0")).exists()
