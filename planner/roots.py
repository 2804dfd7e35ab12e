"""Root fields that find objects by their global ids: one statement for each id, of the plan for its kind of thing."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from graphql import GraphQLError, GraphQLList, get_nullable_type

from planner.declarations import MAXIMUM_IDS
from planner.plans import Plan

if TYPE_CHECKING:
    from planner.catalog import PlannedField, PlannedType
    from planner.database import Reader
    from planner.plans import Compiler, Tree
    from planner.rows import Values
    from planner.selections import Document, Use

Remember = Callable[[Hashable, Callable[[], Plan]], Plan]
"""Returns the plan that is remembered under a name, or else compiles it."""


_ID: Final = re.compile(r"([_A-Za-z0-9]+)_([0-9a-fA-F]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A root field of ids in one document."""

    document: Document
    use: Use
    field: PlannedField
    remember: Remember
    strict: bool = False
    guarded: bool = False
    """Whether the request has to meet the guard."""


def split_id(text: str) -> tuple[str, str] | None:
    """Return kind and key (32 hexadecimal digits) of a global id, None where it is none."""
    found = _ID.fullmatch(text)
    return (found[1], found[2]) if found else None


class Roots:
    """Answers ``node`` and ``nodes``."""

    def __init__(self, compiler: Compiler, reader: Reader) -> None:
        """Compile by ``compiler`` and read by ``reader``."""
        self.compiler = compiler
        self.reader = reader

    async def by_id(self, lookup: Lookup, values: Values) -> Tree:
        """Return the object, or the list of objects, that the field's ids mean; None for ids that lead nowhere.

        Raises:
            GraphQLError: there are too many ids.
        """
        (name,) = lookup.field.field.args
        given = lookup.document.arguments(lookup.use, lookup.field).getter(name)(values)
        if not isinstance(get_nullable_type(lookup.field.type), GraphQLList):
            return await self._one(lookup, values, given)
        if len(given) > MAXIMUM_IDS:
            message = f"`{name}` may hold at most {MAXIMUM_IDS}; there are {len(given)}."
            raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        return [await self._one(lookup, values, text) for text in given]

    async def _one(self, lookup: Lookup, values: Values, text: str) -> Tree:
        split = split_id(text)
        target = self.compiler.catalog.by_kind(split[0]) if split else None
        if split is None or target is None:
            if lookup.guarded and self.compiler.guard:
                await self.compiler.guard.check(self.reader, values)
            return None
        plan = lookup.remember(target.name, lambda: self._plan(lookup, target))
        values.keys = {"id": split[1]}
        return await plan.run(self.reader, values)

    def _plan(self, lookup: Lookup, target: PlannedType) -> Plan:
        uses = lookup.document.below(lookup.use, target.graphql)
        return self.compiler.reference(
            lookup.document, uses, target, ("id",), strict=lookup.strict, guarded=lookup.guarded
        )
