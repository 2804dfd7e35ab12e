"""The planner's answers inside of graphql-core: objects filled by look-ahead, one statement for each root or reference.

A field of the query root, or a reference that any other resolver returns, is answered by one statement for all that is
selected below it. graphql-core then reads each value under its response key, judges it, and makes the errors and paths
of the specification.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, GraphQLObjectType, get_named_type, get_nullable_type

from planner.catalog import asked_of, is_filled_by_pages
from planner.declarations import ById
from planner.errors import Vanished
from planner.references import NOTHING, EdgeRef, Ref
from planner.roots import Lookup
from planner.rows import Values
from planner.selections import Document, Use, asked_with, variables_of
from planner.variables import Shapes, shape_of_given

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping

    from graphql import FieldNode, GraphQLField, GraphQLOutputType, GraphQLResolveInfo, OperationDefinitionNode

    from planner.catalog import PlannedField
    from planner.plans import Compiler, Plan, Tree
    from planner.roots import Roots

    Resolver = Callable[..., Any]

_OPERATIONS: Final = 1_000
"""Whose variables are remembered."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    nodes: list[FieldNode]
    """Held, so that their ids are not given to others."""
    plan: Plan


class Filling:
    """Puts the planner behind the fields of a schema that graphql-core executes."""

    def __init__(
        self,
        compiler: Compiler,
        roots: Roots,
        tell: Callable[[Any], Mapping[str, Any]],
        *,
        characters: int = 1024 * 1024,
    ) -> None:
        """Fill by ``compiler``; ``tell`` says of a context what requests ask with.

        Plans are remembered while their statements have at most ``characters`` in all.
        """
        self._compiler = compiler
        self._roots = roots
        self._tell = tell
        self._room = characters
        self._plans: OrderedDict[Hashable, _Remembered] = OrderedDict()
        self._shapes: OrderedDict[int, tuple[OperationDefinitionNode, Shapes]] = OrderedDict()

    def install(self) -> None:
        """Set the resolvers of all fields that lead to planned types, and of those within."""
        catalog = self._compiler.catalog
        for type_ in catalog.schema.type_map.values():
            if not isinstance(type_, GraphQLObjectType) or type_.name.startswith("__"):
                continue
            if type_.name in catalog.types or is_filled_by_pages(type_):
                for each in type_.fields.values():
                    each.resolve = _reader(each)
                continue
            for name, each in type_.fields.items():
                page = catalog.root_pages.get((type_.name, name))
                root = catalog.root_of(page) if page else None
                if type_ is catalog.schema.query_type:
                    root = catalog.roots.get(name)
                if root:
                    each.resolve = partial(self._root, root, page)
                elif catalog.has_planned_types(named := get_named_type(each.type)) or is_filled_by_pages(named):
                    each.resolve = partial(self._refer, each.resolve or _attribute)

    async def _root(
        self,
        found: PlannedField,
        page: PlannedField | None,
        source: object,
        info: GraphQLResolveInfo[Any],
        **_arguments: object,
    ) -> Tree:
        check = getattr(found.declaration, "check", None)
        if check:
            check(info.context)
        asked = asked_of(page, source)
        values, document = self._values(info, asked), self._document(info).given(asked)
        use = asked_with(Use(str(info.path.key), tuple(info.field_nodes)), asked)
        if isinstance(found.declaration, ById):
            return await self._roots.by_id(Lookup(document, use, found, self._remember(info)), values)
        plan = self._remember(info)(
            (found.name, shape_of_given(found, asked)),
            lambda: self._compiler.root(document, use, found, strict=False, guarded=False),
        )
        return await plan.run(self._roots.reader, values)

    async def _refer(
        self, resolve: Resolver, source: object, info: GraphQLResolveInfo[Any], **arguments: object
    ) -> Any:
        value = resolve(source, info, **arguments)
        if inspect.isawaitable(value):
            value = await value
        return await self._filled(value, info, info.return_type)

    async def _filled(self, value: Any, info: GraphQLResolveInfo[Any], type_: GraphQLOutputType) -> Any:
        if isinstance(value, list):
            items = get_nullable_type(type_)
            assert isinstance(items, GraphQLList), "a list answers a field of one"
            found = [await self._filled(each, info, get_nullable_type(items.of_type)) for each in value]
            return [each for each in found if each is not None] if isinstance(items.of_type, GraphQLNonNull) else found
        if not isinstance(value, (Ref, EdgeRef)):
            return value
        found = await (self._edge(value, info) if isinstance(value, EdgeRef) else self._object(value, info))
        if found is None and isinstance(type_, GraphQLNonNull):
            raise Vanished
        return found

    async def _object(self, value: Ref, info: GraphQLResolveInfo[Any]) -> Tree:
        target = self._compiler.catalog.types[value.type.__strawberry_definition__.name]  # type: ignore[attr-defined]
        document = self._document(info)
        uses = document.uses((node.selection_set for node in info.field_nodes), target.graphql)
        keys = tuple(value.keys)
        plan = self._remember(info)(
            (target.name, keys),
            lambda: self._compiler.reference(document, uses, target, keys, strict=False, guarded=False),
        )
        return await self._run(plan, value, info)

    async def _edge(self, value: EdgeRef, info: GraphQLResolveInfo[Any]) -> Tree:
        catalog, document = self._compiler.catalog, self._document(info)
        root = catalog.list_of(value)
        uses = document.uses((node.selection_set for node in info.field_nodes), catalog.edge_type(root))
        plan = self._remember(info)(
            (root.owner, root.name, value.is_own, tuple(value.keys), shape_of_given(root, value.asked)),
            lambda: self._compiler.edge(document, uses, root, value, strict=False),
        )
        return await self._run(plan, value, info)

    async def _run(self, plan: Plan, value: Ref | EdgeRef, info: GraphQLResolveInfo[Any]) -> Tree:
        values = self._values(info, getattr(value, "asked", NOTHING))
        values.keys = value.keys
        return await plan.run(self._roots.reader, values)

    def _document(self, info: GraphQLResolveInfo[Any]) -> Document:
        return Document(info.schema, info.fragments, _coerced(info))

    def _values(self, info: GraphQLResolveInfo[Any], asked: Mapping[str, Any]) -> Values:
        return Values(info.context, self._tell(info.context), {**_coerced(info), **variables_of(asked)})

    def _remember(self, info: GraphQLResolveInfo[Any]) -> Callable[[Hashable, Callable[[], Plan]], Plan]:
        shape = self._shapes_of(info).of(_coerced(info))

        def remember(what: Hashable, compile_: Callable[[], Plan]) -> Plan:
            key = (id(info.field_nodes[0]), len(info.field_nodes), what, shape)
            known = self._plans.get(key)
            if known is None or known.nodes[0] is not info.field_nodes[0]:
                if known:
                    self._forget(key)
                known = self._plans[key] = _Remembered(list(info.field_nodes), compile_())
                self._room -= len(known.plan.statement)
                while self._room < 0:
                    self._forget(next(iter(self._plans)))
            else:
                self._plans.move_to_end(key)
            return known.plan

        return remember

    def _shapes_of(self, info: GraphQLResolveInfo[Any]) -> Shapes:
        key = id(info.operation)
        operation, shapes = self._shapes.get(key, (None, None))
        if shapes is None or operation is not info.operation:
            shapes = Shapes(info.schema, info.operation, info.fragments.values())
            self._shapes[key] = info.operation, shapes
            if len(self._shapes) > _OPERATIONS:
                self._shapes.popitem(last=False)
        self._shapes.move_to_end(key)
        return shapes

    def _forget(self, key: Hashable) -> None:
        self._room += len(self._plans.pop(key).plan.statement)


def _coerced(info: GraphQLResolveInfo[Any]) -> Mapping[str, Any]:
    found: Any = info.variable_values  # Strawberry hands over the values alone
    values: Mapping[str, Any] = found
    return values


def _attribute(source: object, info: GraphQLResolveInfo[Any]) -> Any:
    return getattr(source, info.field_name)


def _reader(field: GraphQLField) -> Resolver:
    """Return the resolver of a field within a filled object: what is there under its response key."""
    convert = _converter(get_named_type(field.type))

    def read(source: Mapping[str, Any], info: GraphQLResolveInfo[Any], **_arguments: object) -> Any:
        value = source[info.path.key]  # type: ignore[index]
        if value.__class__ is partial:
            value = value()
        if isinstance(value, Exception):
            raise value
        return value if convert is None or value is None else _each(convert, value)

    return read


def _each(convert: Callable[[Any], Any], value: Any) -> Any:
    return [_each(convert, each) for each in value] if isinstance(value, list) else convert(value)


def _converter(type_: Any) -> Callable[[Any], Any] | None:
    """Return a function from what a statement says to what the type of graphql-core takes."""
    if isinstance(type_, GraphQLEnumType):
        known = {name: value.value for name, value in type_.values.items()}
        return lambda value: known.get(value, value) if value.__class__ is str else value
    if type_.name == "DateTime":
        return lambda value: datetime.fromisoformat(value) if value.__class__ is str else value
    return None
