"""Events of a subscription as bytes: plain attributes written as they are, references filled by one statement each.

What a subscription tells is an object of a Strawberry type whose fields are values, other such objects, or references
(``ref``). Its writer is compiled once for each operation, shape and type of event, so that an event costs no more than
its values; graphql-core has to answer only where a value is not what its field promises, or a field has a resolver.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from graphql import (
    FragmentDefinitionNode,
    GraphQLNonNull,
    GraphQLObjectType,
    VariableNode,
    get_named_type,
    get_operation_ast,
    is_leaf_type,
)

from planner.catalog import DEFINITION, asked_of
from planner.errors import Abandoned, abandon
from planner.leaves import is_text, leaf_writer
from planner.references import NOTHING, REFERENCES, EdgeRef, PageRef, Ref
from planner.rows import Values
from planner.selections import Document, Use, asked_with, variables_in, variables_of
from planner.variables import Shapes, shape_of_given

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Hashable, Mapping

    from graphql import DocumentNode, GraphQLField, OperationDefinitionNode

    from planner.catalog import PlannedField
    from planner.database import Reader
    from planner.plans import Compiler, Plan, Tree

    Reference = Ref | EdgeRef | PageRef
    Tell = Callable[[Any], Mapping[str, Any]]
    """Says of an application's context what is asked with."""
    Write = Callable[[Any], Any]
    """Returns what orjson takes for a value of a leaf."""


@dataclass(slots=True)
class _Waiting:
    """A reference whose object is to be put into ``tree`` under ``key``."""

    tree: dict[str, Any]
    key: str
    ref: Reference
    use: _Reference


class EventWriter:
    """Writes the events of one operation of one shape."""

    def __init__(
        self, compiler: Compiler, reader: Reader, tell: Tell, document: Document, use: Use, resumes_by: str | None
    ) -> None:
        """Write what ``use``, the root field of a subscription in ``document``, asks of its events."""
        self._compiler = compiler
        self._reader = reader
        self._tell = tell
        self._document = document
        self._use = use
        self._root = _Nested(self, use, is_required=True)
        self.resumes_by = resumes_by
        """Name of the variable that says where the stream goes on, and nothing else."""
        self._head = b'{"data":{%b:' % orjson.dumps(use.key)

    def write(self, event: object, context: Any, variables: Mapping[str, Any]) -> bytes | Awaitable[bytes]:
        """Return the response to one event, to be awaited where it refers to rows.

        Args:
            event: an object of a Strawberry type.
            context: the application's, of all who are told this.
            variables: coerced, of the shape of this writer.

        Raises:
            Abandoned: graphql-core is to answer; also from what is awaited.
        """
        waiting: list[_Waiting] = []
        tree = self._root(event, waiting)
        if waiting:
            return self._filled(tree, waiting, Values(context, self._tell(context), variables))
        return self._written(tree)

    def _written(self, tree: Any) -> bytes:
        return self._head + orjson.dumps(tree) + b"}}"

    async def _filled(self, tree: Any, waiting: list[_Waiting], values: Values) -> bytes:
        for each in waiting:
            each.tree[each.key] = await each.use.read(each.ref, self._reader, values)
        return self._written(tree)

    def object(self, kind: type, use: Use) -> _Fields:
        """Return the fields that are asked of an object of a Strawberry type.

        Raises:
            Abandoned: one of them has a resolver.
        """
        definition = getattr(kind, "__strawberry_definition__", None)
        type_ = self._document.schema.type_map.get(definition.name) if definition else None
        if not isinstance(type_, GraphQLObjectType):
            raise Abandoned
        fields = _Fields()
        for each in self._document.below(use, type_):
            self._add(fields, each, type_)
        return fields

    def list_of(self, ref: EdgeRef | PageRef) -> PlannedField:
        """Return the connection that an edge or a page is referred to in."""
        catalog = self._compiler.catalog
        return catalog.list_of(ref) if isinstance(ref, EdgeRef) else catalog.roots[ref.root]

    def plan(self, use: Use, ref: Reference) -> Plan:
        """Return the plan of a reference."""
        if isinstance(ref, PageRef):
            page = self._compiler.catalog.roots[ref.root]
            document = self._document.given(ref.asked)
            return self._compiler.root(document, asked_with(use, ref.asked), page, strict=True, guarded=False)
        if isinstance(ref, EdgeRef):
            root = self._compiler.catalog.list_of(ref)
            edge = self._document.below(use, self._compiler.catalog.edge_type(root))
            return self._compiler.edge(self._document, edge, root, ref, strict=True)
        target = self._compiler.catalog.types[ref.type.__strawberry_definition__.name]  # type: ignore[attr-defined]
        uses = self._document.below(use, target.graphql)
        keys = tuple(ref.keys)
        return self._compiler.reference(self._document, uses, target, keys, strict=True, guarded=False)

    def _add(self, fields: _Fields, use: Use, type_: GraphQLObjectType) -> None:
        if use.name == "__typename":
            fields.tree[use.key] = type_.name
            return
        asked: GraphQLField = type_.fields[use.name]
        definition = asked.extensions[DEFINITION]
        fields.tree[use.key] = None
        if page := self._compiler.catalog.root_pages.get((type_.name, use.name)):
            fields.objects.append((use.key, "", _Page(self, use, page, self._compiler.catalog.root_of(page))))
        elif definition.base_resolver is not None:
            raise Abandoned
        elif is_leaf_type(get_named_type(asked.type)):
            plain = str if is_text(asked.type) else None
            fields.leaves.append((use.key, definition.python_name, plain, leaf_writer(asked.type)))
        else:
            below = _Reference(self, use, is_required=isinstance(asked.type, GraphQLNonNull))
            fields.objects.append((use.key, definition.python_name, below))


@dataclass(slots=True)
class _Fields:
    """Fields that are asked of an object of one Strawberry type."""

    tree: dict[str, Any] = field(default_factory=dict)
    """All keys of the response in their order, with what is always the same."""
    leaves: list[tuple[str, str, type | None, Write]] = field(default_factory=list)
    """Key, attribute, a class whose values are written as they are, and the writer of any other."""
    objects: list[tuple[str, str, _Reference]] = field(default_factory=list)
    """Key, attribute or "" where it is the object itself that is looked at, and what writes it."""


class _Nested:
    """Writes an object of a Strawberry type."""

    def __init__(self, writer: EventWriter, use: Use, *, is_required: bool) -> None:
        self._writer = writer
        self._use = use
        self.is_required = is_required
        self._fields: dict[type, _Fields] = {}

    def __call__(self, value: Any, waiting: list[_Waiting]) -> Any:
        if value is None:
            return abandon() if self.is_required else None
        kind = value.__class__
        fields = self._fields.get(kind)
        if fields is None:
            fields = self._fields[kind] = self._writer.object(kind, self._use)
        tree = fields.tree.copy()
        for key, attribute, plain, write in fields.leaves:
            found = getattr(value, attribute)
            tree[key] = found if found.__class__ is plain else write(found)
        for key, attribute, below in fields.objects:
            tree[key] = found = below(getattr(value, attribute) if attribute else value, waiting)
            if found.__class__ in REFERENCES:
                waiting.append(_Waiting(tree, key, found, below))
        return tree


class _Reference(_Nested):
    """Writes an object of a Strawberry type, or leaves a reference to one for later."""

    def __init__(self, writer: EventWriter, use: Use, *, is_required: bool) -> None:
        super().__init__(writer, use, is_required=is_required)
        self._plans: dict[Hashable, Plan] = {}

    def __call__(self, value: Any, waiting: list[_Waiting]) -> Any:
        return value if value.__class__ in REFERENCES else super().__call__(value, waiting)

    async def read(self, ref: Reference, reader: Reader, values: Values) -> Tree:
        """Return what a reference stands for, read by one statement, whose plan is compiled once.

        Raises:
            Abandoned: graphql-core is to answer.
        """
        asked = NOTHING if isinstance(ref, Ref) else ref.asked
        key = self._key(ref, asked)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._writer.plan(self._use, ref)
        if asked:
            values = Values(values.context, values.known, {**values.variables, **variables_of(asked)})
        values.keys = ref.keys
        found = await plan.run(reader, values)
        return abandon() if found is None and self.is_required else found

    def _key(self, ref: Reference, asked: Mapping[str, Any]) -> Hashable:
        if isinstance(ref, Ref):
            return ref.type, *ref.keys
        is_own = isinstance(ref, EdgeRef) and ref.is_own
        found = self._writer.list_of(ref)
        return found.owner, found.name, is_own, *ref.keys, shape_of_given(found, asked)


class _Page(_Reference):
    """Leaves a page of a connection of the query root for later, as the object that it is told in asks for it."""

    def __init__(self, writer: EventWriter, use: Use, page: PlannedField, root: PlannedField) -> None:
        super().__init__(writer, use, is_required=True)
        self._check = root.declaration.check  # type: ignore[union-attr]  # it is a connection
        self._page, self._name = page, root.name

    def __call__(self, value: Any, _waiting: list[_Waiting]) -> Any:
        return PageRef(self._name, asked_of(self._page, value))

    async def read(self, ref: Reference, reader: Reader, values: Values) -> Tree:
        if self._check:
            self._check(values.context)
        return await super().read(ref, reader, values)


@dataclass(slots=True)
class _Entry:
    """What is known of one operation of one text."""

    operation: OperationDefinitionNode
    fragments: list[FragmentDefinitionNode]
    shapes: Shapes
    writers: OrderedDict[Hashable, EventWriter] = field(default_factory=OrderedDict)


class Events:
    """The writers of subscriptions, remembered by operation and shape."""

    def __init__(
        self, compiler: Compiler, reader: Reader, tell: Tell, *, characters: int = 128 * 1024, shapes: int = 16
    ) -> None:
        """Remember operations of ``characters`` in all, each in so many ``shapes``.

        ``tell`` says of a context what requests ask with.
        """
        self._compiler = compiler
        self._reader = reader
        self._tell = tell
        self._room = characters
        self._shapes = shapes
        self._entries: OrderedDict[tuple[str, str | None], _Entry] = OrderedDict()

    def writer(self, text: str, document: DocumentNode, name: str | None, variables: Mapping[str, Any]) -> EventWriter:
        """Return the writer of a valid subscription.

        Args:
            text: of the document.
            document: the same, parsed.
            name: of the operation.
            variables: coerced.

        Raises:
            Abandoned: the planner can not read the document, as where it has directives of others.
        """
        entry = self._entries.get((text, name)) or self._enter(text, document, name)
        self._entries.move_to_end((text, name))
        shape = entry.shapes.of(variables)
        writer = entry.writers.get(shape)
        if writer is None:
            schema = self._compiler.catalog.schema
            assert schema.subscription_type, "checked by validation"
            read = Document.of(schema, document, variables)
            (use,) = read.uses([entry.operation.selection_set], schema.subscription_type)
            resumes_by = _variable_of(use, "after", entry.operation, *entry.fragments)
            writer = EventWriter(self._compiler, self._reader, self._tell, read, use, resumes_by)
            entry.writers[shape] = writer
            if len(entry.writers) > self._shapes:
                entry.writers.popitem(last=False)
        else:
            entry.writers.move_to_end(shape)
        return writer

    def _enter(self, text: str, document: DocumentNode, name: str | None) -> _Entry:
        schema = self._compiler.catalog.schema
        operation = get_operation_ast(document, name)
        assert operation, "a valid operation"
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        entry = self._entries[text, name] = _Entry(operation, fragments, Shapes(schema, operation, fragments))
        self._room -= len(text)
        while self._room < 0 and len(self._entries) > 1:
            (dropped, _), _ = self._entries.popitem(last=False)
            self._room += len(dropped)
        return entry


def _variable_of(use: Use, argument: str, *nodes: Any) -> str | None:
    """Return the variable that gives an argument, where nothing else in the ``nodes`` is given by it."""
    given = next((each.value for each in use.nodes[0].arguments or () if each.name.value == argument), None)
    if not isinstance(given, VariableNode):
        return None
    name = given.name.value
    return name if sum(variables_in(node).count(name) for node in nodes) == 2 else None  # it is also declared
