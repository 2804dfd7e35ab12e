"""Root fields that find objects by their global ids: one statement for each kind of thing that is asked for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from graphql import GraphQLList, get_nullable_type

from planner.declarations import MAXIMUM_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from planner.catalog import PlannedField, PlannedType
    from planner.database import Reader
    from planner.plans import Compiler, Confirm, Plan, Tree
    from planner.rows import Values
    from planner.selections import Document, Use

    Remember = Callable[[Hashable, Callable[[], Plan]], Plan]
    """Returns the plan that is remembered under a name, or else compiles it."""


def split_id(text: str) -> tuple[str, UUID] | None:
    """Return kind and key of a global id, None where it is none."""
    kind, _, digits = text.rpartition("_")
    if not kind or len(digits) != 32 or not digits.isascii() or not digits.isalnum():
        return None
    try:
        return kind, UUID(hex=digits)
    except ValueError:
        return None


class Roots:
    """Answers ``node`` and ``nodes``."""

    def __init__(self, compiler: Compiler, reader: Reader) -> None:
        """Compile by ``compiler`` and read by ``reader``."""
        self.compiler = compiler
        self.reader = reader

    async def by_id(
        self,
        document: Document,
        use: Use,
        found: PlannedField,
        values: Values,
        remember: Remember,
        confirm: Confirm | None = None,
        *,
        strict: bool = False,
    ) -> Tree:
        """Return the object, or the list of objects, that the field's ids mean.

        A fast path gives ``confirm`` where its request is guarded.
        """
        one = partial(self._one, document, use, values=values, remember=remember, confirm=confirm, strict=strict)
        (name,) = found.field.args
        given = document.arguments(use, found).getter(name)(values)
        if not isinstance(get_nullable_type(found.type), GraphQLList):
            return await one(given)
        if len(given) > MAXIMUM_IDS:
            raise TooManyIds(f"`{name}` may hold at most {MAXIMUM_IDS}; there are {len(given)}.")
        return [await one(text) for text in given]

    async def _one(
        self,
        document: Document,
        use: Use,
        text: str,
        *,
        values: Values,
        remember: Remember,
        confirm: Confirm | None,
        strict: bool,
    ) -> Tree:
        split = split_id(text)
        target = self.compiler.catalog.by_kind(split[0]) if split else None
        if split is None or target is None:
            return None
        plan = remember(
            target.name,
            lambda: self._plan(document, use, target, strict=strict, guarded=confirm is not None),
        )
        values.keys = {"id": split[1]}
        return await plan.run(self.reader, values, confirm)

    def _plan(self, document: Document, use: Use, target: PlannedType, *, strict: bool, guarded: bool) -> Plan:
        uses = document.below(use, target.graphql)
        return self.compiler.reference(
            document, uses, target, ("id",), guarded=guarded, strict=strict, parameters=lambda _: _key
        )


class TooManyIds(ValueError):
    """More ids were asked for than may be."""


def _key(values: Values) -> Any:  # noqa: ANN401 - any value
    return values.keys["id"]
