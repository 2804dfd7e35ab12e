"""Root fields that find objects by their global ids: one statement for each kind of thing that is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from functools import partial
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
            return (await self._found(lookup, values, [given]))[0]
        if len(given) > MAXIMUM_IDS:
            message = f"`{name}` may hold at most {MAXIMUM_IDS}; there are {len(given)}."
            raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
        return await self._found(lookup, values, given)

    async def _found(self, lookup: Lookup, values: Values, texts: Sequence[str]) -> list[Tree]:
        """Return the objects of ids, by one statement for each kind of thing."""
        ids = [_target_of(self.compiler, text) for text in texts]
        by_target: dict[str, list[str]] = {}
        for found in ids:
            if found:
                by_target.setdefault(found[0].name, []).append(found[1])
        if not by_target and lookup.guarded and self.compiler.guard:
            await self.compiler.guard.check(self.reader, values)
        objects: dict[tuple[str, str], Tree] = {}
        for name, keys in by_target.items():
            plan = lookup.remember(name, partial(self._plan, lookup, self.compiler.catalog.types[name]))
            values.keys = {"ids": keys}
            for key, each in await plan.run(self.reader, values):
                objects[name, key.replace("-", "")] = each
        return [objects.get((found[0].name, found[1].lower())) if found else None for found in ids]

    def _plan(self, lookup: Lookup, target: PlannedType) -> Plan:
        uses = lookup.document.below(lookup.use, target.graphql)
        return self.compiler.references(lookup.document, uses, target, strict=lookup.strict, guarded=lookup.guarded)


def _target_of(compiler: Compiler, text: str) -> tuple[PlannedType, str] | None:
    split = split_id(text)
    target = compiler.catalog.by_kind(split[0]) if split else None
    return (target, split[1]) if split and target else None
