"""What fields are made of, as data: a schema says it by the functions of ``planner/fields.py``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import FromClause

    Function = Callable[..., Any]

METADATA: Final = "planner"
"""Key under which a Strawberry field's metadata holds its declaration."""
TYPE_KEY: Final = ""
"""Key under which graphql-core's objects carry the name of their type; no field can be called so."""

MAXIMUM_IDS: Final = 100
"""Ids that ``nodes`` takes at once."""


@dataclass(frozen=True, slots=True)
class Table:
    """What a type is made of."""

    table: FromClause | None
    """None for a type that is a part of the row it is reached from."""
    visible_to: Function | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column, by default the one with the field's own name."""

    name: str | None


@dataclass(frozen=True, slots=True)
class NodeId:
    """A global id, made of the kind of thing and a UUID column."""

    kind: str
    column: str
    is_found: bool
    """Whether the type's objects are found by these ids."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An SQL expression over the row, the request and the field's arguments."""

    sql: Function


@dataclass(frozen=True, slots=True)
class Part:
    """An object of columns of the same row; null where the column ``present`` is."""

    present: str | None


LINK: Final = "link."
"""What columns of a keyset begin with that are the table's between the two, below a row."""
Orders = tuple[str, ...] | Mapping[str, tuple[str, ...]]
"""Columns of a keyset; or several keysets, by the values of an enum argument."""


@dataclass(frozen=True, slots=True)
class Source:
    """Which rows of another table belong to a row, or to the root."""

    on: Function | None
    """The condition, over the row, the other row and, where there is one, the row of ``through``."""
    by: str | None
    """The column of a foreign key, where that is all."""
    through: FromClause | None
    order: Function | Orders
    seen: bool
    """Whether who sees the row may see all of these too, so that ``visible_to`` need not be asked again."""
    check: Function | None
    """Called with the application's context before anything runs; what it raises is the field's error."""
    rows: Function | None
    """The rows themselves, over the row, in place of a condition upon the other type's table."""


@dataclass(frozen=True, slots=True)
class ToOne(Source):
    """An object, or null."""

    is_unique: bool
    """Whether the condition leaves one row at most, so that it can be joined."""


@dataclass(frozen=True, slots=True)
class ToMany(Source):
    """A short list of objects."""

    limit: int


@dataclass(frozen=True, slots=True)
class Editions:
    """How pages stay as they were while items move: the first one tells of which edition the list is that all show."""

    present: Function
    """``(ask)`` to the number of the present edition, an integer that is never NULL."""
    holds: Function
    """``(row, edition)`` to the condition that the row stands in the list as it was in an edition."""


@dataclass(frozen=True, slots=True)
class Paged(Source):
    """A keyset connection."""

    count: Function | None
    """How many there are, where that is kept somewhere; counted by default."""
    told: Function | None = None
    """In place of ``on`` for the edges that events tell of (``edge_ref``)."""
    ordered_by: str = "order_by"
    """The argument by whose values ``order`` names keysets."""
    among: Function | None = None
    """Returns the statement of a slice of the list, where it does not come from the table alone."""
    editions: Editions | None = None


@dataclass(frozen=True, slots=True)
class Newer:
    """How many items of a page's list stand before a cursor."""

    limit: int
    """Where counting stops."""


@dataclass(frozen=True, slots=True)
class OneOf:
    """An object of an interface or union: the first of the to-ones that is there."""

    options: Mapping[str, ToOne]
    """By the name of the object type."""


@dataclass(frozen=True, slots=True)
class Scalars:
    """A short list of values, selected by a statement of one column."""

    sql: Function


@dataclass(frozen=True, slots=True)
class Computed:
    """A pure Python function of columns."""

    function: Function
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """An asynchronous Python function that is handed the columns of all objects of one level at once."""

    function: Function
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ById:
    """Any object by its global id, or a list of them by theirs."""

    check: Function | None


@dataclass(frozen=True, slots=True)
class RootPage:
    """A page of a connection of the query root, told elsewhere."""

    root: str
    """Name of the root field."""
    asked: str | None
    """Attribute of the object that holds it: the root field's own arguments, by their GraphQL names."""


Value = Column | NodeId | Expression | Scalars | Computed | Batch
"""What is a leaf of an object."""
Declaration = Value | Part | ToOne | ToMany | Paged | OneOf | ById | RootPage | Newer
