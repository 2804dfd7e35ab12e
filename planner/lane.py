"""The fast path: operations whose root fields are all planned, from their text to the bytes of the answer."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson
from graphql import OperationDefinitionNode, OperationType, get_operation_ast

from planner.declarations import ById
from planner.errors import Abandoned
from planner.roots import Lookup
from planner.rows import Values
from planner.selections import Document
from planner.variables import Variables

if TYPE_CHECKING:
    from collections.abc import Hashable

    from graphql import DocumentNode

    from planner.plans import Compiler, Plan, Tree
    from planner.roots import Roots

Weigh = Callable[[str, str | None, Mapping[str, Any]], "Weight | None"]
"""Weighs an operation by its text, its name and its variables as sent; None where it is to be refused."""


@dataclass(frozen=True, slots=True)
class Weight:
    """What an operation costs, and what is told of it."""

    cost: int
    extensions: Mapping[str, Any]
    """Of every answer to operations of this shape."""


@dataclass(slots=True)
class Operation:
    """A planned operation of one shape."""

    document: Document
    roots: list[tuple[str, Any, Any]]
    """Response key, then a plan, or use and field of a root that is found by id, or a constant."""
    guarded: bool
    """Whether its requests have to meet the guard."""
    weight: Weight
    tail: bytes
    """What follows the data in the answer."""
    by_id: dict[Hashable, Plan] = field(default_factory=dict)


@dataclass(slots=True)
class _Entry:
    """What is known of one operation of one text."""

    text: str
    name: str | None
    document: DocumentNode | None
    operation: OperationDefinitionNode | None = None
    variables: Variables | None = None
    shapes: OrderedDict[Hashable, Operation | None] = field(default_factory=OrderedDict)


class Lane:
    """Answers operations that are planned as a whole; all others it leaves alone."""

    def __init__(
        self,
        compiler: Compiler,
        roots: Roots,
        tell: Callable[[Any], Mapping[str, Any]],
        weigh: Weigh,
        *,
        characters: int = 128 * 1024,
        shapes: int = 16,
    ) -> None:
        """Remember operations of ``characters`` in all, each in so many ``shapes``; each shape counts as its text."""
        self._compiler = compiler
        self._roots = roots
        self._tell = tell
        self._weigh = weigh
        self._room = characters
        self._shapes = shapes
        self._entries: OrderedDict[tuple[str, str | None, bool], _Entry] = OrderedDict()

    def find(
        self,
        text: str,
        name: str | None,
        variables: Mapping[str, Any],
        valid: Callable[[str], DocumentNode | None],
        *,
        guarded: bool,
    ) -> tuple[Operation, dict[str, Any]] | None:
        """Return the planned operation of a request with its coerced variables, None where there is none.

        Args:
            text: the document.
            name: of the operation, where the request names one.
            variables: as they were sent.
            valid: returns the document of a text that was found valid lately; so a text is planned at its second
                sight.
            guarded: whether the request has to meet the guard.
        """
        entry = self._entry(text, name, valid, guarded=guarded)
        if entry is None or entry.variables is None:
            return None
        try:
            coerced, shape = entry.variables.read(variables)
        except Exception:  # noqa: BLE001 - graphql-core is to say what is wrong with the variables
            return None
        weight = self._weigh(text, name, variables) if entry.variables.has_lists else None
        if entry.variables.has_lists and weight is None:
            return None
        operation = self._operation(entry, shape, lambda: self._plan(entry, coerced, variables, guarded=guarded))
        if operation and weight:
            operation = replace(operation, weight=weight, tail=_tail(weight))
        return (operation, coerced) if operation else None

    async def answer(self, operation: Operation, variables: Mapping[str, Any], context: Any) -> bytes:
        """Return the bytes of the whole answer.

        Raises:
            Exception: any; then graphql-core shall answer.
        """
        values = Values(context, self._tell(context), variables)
        data: dict[str, Tree] = {}
        for key, plan, found in operation.roots:
            if found is None:
                data[key] = plan
                continue
            if found.declaration.check:
                found.declaration.check(context)
            if isinstance(found.declaration, ById):
                remember = _remembering(operation, key)
                lookup = Lookup(operation.document, plan, found, remember, strict=True, guarded=operation.guarded)
                data[key] = await self._roots.by_id(lookup, values)
            else:
                data[key] = await plan.run(self._roots.reader, values)
        return b'{"data":' + orjson.dumps(data) + operation.tail

    def _entry(
        self, text: str, name: str | None, valid: Callable[[str], DocumentNode | None], *, guarded: bool
    ) -> _Entry | None:
        key = (text, name, guarded)
        entry = self._entries.get(key)
        if entry:
            self._entries.move_to_end(key)
            return entry
        document = valid(text)
        entry = self._enter(text, name, document) if document else None
        if entry:
            self._entries[key] = entry
            self._make_room(len(text))
        return entry

    def _operation(self, entry: _Entry, shape: Hashable, plan: Callable[[], Operation | None]) -> Operation | None:
        if shape in entry.shapes:
            entry.shapes.move_to_end(shape)
            return entry.shapes[shape]
        operation = plan()
        if entry.shapes:  # the first is counted with the text
            self._make_room(len(entry.text))
        entry.shapes[shape] = operation
        if len(entry.shapes) > self._shapes:
            self._forget_shape(entry)
        return operation

    def _make_room(self, characters: int) -> None:
        """Make room for one more plan of a text: of the operation used least lately the shapes go, then the rest."""
        self._room -= characters
        while self._room < 0:
            eldest = next(iter(self._entries.values()))
            if len(eldest.shapes) > 1:
                self._forget_shape(eldest)
            else:
                self._entries.popitem(last=False)
                self._room += len(eldest.text)

    def _forget_shape(self, entry: _Entry) -> None:
        entry.shapes.popitem(last=False)
        self._room += len(entry.text)

    def _enter(self, text: str, name: str | None, document: DocumentNode) -> _Entry | None:
        """Return a new entry; None for a name that the document does not hold, for it can be of any length."""
        operation = get_operation_ast(document, name)
        if operation is None:
            return None
        if operation.operation is not OperationType.QUERY:
            return _Entry(text, name, None)
        return _Entry(text, name, document, operation, Variables(self._compiler.catalog.schema, document, operation))

    def _plan(
        self, entry: _Entry, coerced: Mapping[str, Any], variables: Mapping[str, Any], *, guarded: bool
    ) -> Operation | None:
        document, operation = entry.document, entry.operation
        assert document, "entries with variables have both"
        assert operation, "entries with variables have both"
        weight = self._weigh(entry.text, entry.name, variables)
        if weight is None:
            return None
        catalog = self._compiler.catalog
        seen = Document.of(catalog.schema, document, coerced)
        query: Any = catalog.schema.query_type
        roots: list[tuple[str, Any, Any]] = []
        try:
            for use in seen.uses([operation.selection_set], query):
                found = catalog.roots.get(use.name)
                if use.name == "__typename":
                    roots.append((use.key, query.name, None))
                elif found is None:
                    return None
                elif isinstance(found.declaration, ById):
                    roots.append((use.key, use, found))
                else:
                    plan = self._compiler.root(seen, use, found, strict=True, guarded=guarded)
                    roots.append((use.key, plan, found))
        except Abandoned:
            return None
        return Operation(seen, roots, guarded, weight, _tail(weight))


def _tail(weight: Weight) -> bytes:
    return b',"extensions":' + orjson.dumps(weight.extensions) + b"}" if weight.extensions else b"}"


def _remembering(operation: Operation, key: str) -> Callable[[Hashable, Callable[[], Plan]], Plan]:
    def remember(what: Hashable, compile_: Callable[[], Plan]) -> Plan:
        plan = operation.by_id.get((key, what))
        if plan is None:
            plan = operation.by_id[key, what] = compile_()
        return plan

    return remember
