"""The declarations of a whole schema, found in its types and checked once, as it is built."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    get_named_type,
    get_nullable_type,
    is_leaf_type,
)
from sqlalchemy import ARRAY, BigInteger, Boolean, Float, Text, Uuid

from planner.declarations import (
    LINK,
    METADATA,
    Batch,
    Column,
    Computed,
    Newer,
    NodeId,
    OneOf,
    Paged,
    Part,
    RootPage,
    Scalars,
    Source,
    Table,
    ToOne,
)
from planner.errors import DeclarationError
from planner.formats import ListFormat, NodeIdFormat, format_of
from planner.pages import Connection, Edge, PageInfo
from planner.references import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import GraphQLArgument, GraphQLField, GraphQLInputType, GraphQLOutputType, GraphQLSchema
    from sqlalchemy import FromClause
    from sqlalchemy.types import TypeEngine
    from strawberry.types.field import StrawberryField

    from planner.declarations import Declaration
    from planner.formats import Format
    from planner.references import EdgeRef

DEFINITION = "strawberry-definition"
"""Key under which Strawberry leaves its definition in graphql-core's types and fields."""


@dataclass(frozen=True, slots=True)
class PlannedField:
    """A declared field and its place in the schema."""

    owner: str
    name: str
    declaration: Declaration
    field: GraphQLField
    argument_names: Mapping[str, str]
    """GraphQL name to the parameter of the declaration's function."""

    @property
    def type(self) -> GraphQLOutputType:
        """Its GraphQL type."""
        return self.field.type

    @property
    def is_required(self) -> bool:
        """Whether it can not be null."""
        return isinstance(self.field.type, GraphQLNonNull)

    @property
    def named_type(self) -> Any:
        """Its type without lists and non-nulls."""
        return get_named_type(self.field.type)


@dataclass(frozen=True, slots=True)
class PlannedType:
    """An object type made of a table, or of a part of a row."""

    graphql: GraphQLObjectType
    table: FromClause | None
    made_of: Table
    fields: dict[str, PlannedField] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Name of the type."""
        return self.graphql.name

    @property
    def key(self) -> str:
        """The column that tells whether a row is there, and which it is."""
        assert self.table is not None, "parts have no key"
        return next(iter(self.table.primary_key or self.table.c)).key

    @property
    def kind(self) -> str | None:
        """What its global ids begin with, where it can be found by them."""
        found = self.fields.get("id")
        declaration = found.declaration if found else None
        return declaration.kind if isinstance(declaration, NodeId) and declaration.is_found else None


class Catalog:
    """All planned types and fields of a schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        """Find and check them.

        Raises:
            DeclarationError: a declaration can not work.
        """
        self.schema = schema
        self.types: dict[str, PlannedType] = {}
        self.roots: dict[str, PlannedField] = {}
        self.root_pages: dict[tuple[str, str], PlannedField] = {}
        self.edge_fields: dict[tuple[str, str], PlannedField] = {}
        self.page_fields: dict[tuple[str, str], PlannedField] = {}
        objects = [each for each in schema.type_map.values() if isinstance(each, GraphQLObjectType)]
        for each in objects:
            made_of = _made_of(each)
            if made_of:
                self.types[each.name] = PlannedType(each, made_of.table, made_of)
        for each in objects:
            self._collect(each)
        for planned in self.types.values():
            for found in planned.fields.values():
                self._check(found, planned.table)
        for root in self.roots.values():
            self._check(root, None)
        for page in self.root_pages.values():
            self._check_root_page(page)

    def by_kind(self, kind: str) -> PlannedType | None:
        """Return the type whose global ids begin with ``kind``."""
        return next((each for each in self.types.values() if each.kind == kind), None)

    def planned(self, type_: Any) -> PlannedType | None:
        """Return the planned type of a GraphQL type, if it is one."""
        return self.types.get(getattr(type_, "name", ""))

    def has_planned_types(self, type_: Any) -> bool:
        """Return whether objects of a named type are filled by the planner."""
        if isinstance(type_, GraphQLInterfaceType | GraphQLUnionType):
            return any(each.name in self.types for each in self.schema.get_possible_types(type_))
        return getattr(type_, "name", "") in self.types

    def format_in(self, found: PlannedField, type_: TypeEngine[Any], *, has_no_nulls: bool = False) -> Format:
        """Return how a column of ``type_`` is written in a field; an array of it may be known to have no NULL in it.

        Raises:
            DeclarationError: it can not be.
        """
        if isinstance(found.declaration, NodeId):
            return NodeIdFormat(found.declaration.kind)
        chosen = format_of(type_, found.type)
        if chosen is None:
            raise DeclarationError(found.owner, found.name, f"{type_!r} can not be written as {found.type}")
        return ListFormat(has_no_nulls=True) if has_no_nulls and isinstance(chosen, ListFormat) else chosen

    def node_type(self, connection: GraphQLObjectType) -> Any:
        """Return what the items of a connection type are."""
        return get_named_type(connection.fields["nodes"].type)

    def _collect(self, owner: GraphQLObjectType) -> None:
        planned = self.types.get(owner.name)
        is_root = owner is self.schema.query_type
        for name, graphql_field in owner.fields.items():
            found = _field_of(owner.name, name, graphql_field)
            if planned and found is None:
                raise DeclarationError(owner.name, name, "a planned type has declared fields only")
            if found is None:
                continue
            if isinstance(found.declaration, RootPage):
                self.root_pages[owner.name, name] = found
            elif planned:
                planned.fields[name] = found
            elif is_root:
                self.roots[name] = found
            elif _is(owner, Edge):
                self.edge_fields[owner.name, name] = found
            elif isinstance(found.declaration, Newer) and _is(owner, Connection):
                self.page_fields[owner.name, name] = found
            else:
                raise DeclarationError(
                    owner.name, name, "declared fields belong to planned types and to the query root"
                )

    def _check(self, found: PlannedField, table: FromClause | None) -> None:
        declaration = found.declaration
        for name in _columns_of(found):
            if table is not None and name not in table.c:
                raise DeclarationError(found.owner, found.name, f"{table} has no column {name!r}")
        if isinstance(declaration, Column | NodeId) and table is not None:
            self.format_in(found, table.c[_columns_of(found)[0]].type)
        if isinstance(declaration, Part | ToOne) and found.named_type.name not in self.types:
            raise DeclarationError(found.owner, found.name, f"{found.named_type} is not a planned type")
        if isinstance(declaration, Source):
            self._check_source(found, declaration, table)
        if isinstance(declaration, Computed | Batch | Scalars) and not is_leaf_type(found.named_type):
            raise DeclarationError(found.owner, found.name, "its values must be scalars or enums")
        if isinstance(declaration, OneOf):
            self._check_options(found, declaration)

    def edge_type(self, root: PlannedField) -> GraphQLObjectType:
        """Return the type of the edges of a connection."""
        edge: GraphQLObjectType = get_named_type(root.named_type.fields["edges"].type)
        return edge

    def list_of(self, edge: EdgeRef) -> PlannedField:
        """Return the connection that an edge is referred to in."""
        if edge.owner is None:
            return self.roots[edge.root]
        return self.types[edge.owner.__strawberry_definition__.name].fields[edge.root]  # type: ignore[attr-defined]

    def root_of(self, page: PlannedField) -> PlannedField:
        """Return the root field of which a field tells a page."""
        assert isinstance(page.declaration, RootPage), "checked by the caller"
        return self.roots[page.declaration.root]

    def _check_root_page(self, found: PlannedField) -> None:
        assert isinstance(found.declaration, RootPage), "checked by the caller"
        root = self.roots.get(found.declaration.root)
        if found.owner in self.types:
            raise DeclarationError(found.owner, found.name, "a planned type has no pages of the root")
        if root is None or not isinstance(root.declaration, Paged) or root.named_type is not found.named_type:
            raise DeclarationError(found.owner, found.name, f"{found.declaration.root!r} is no such page of the root")

    def _check_source(self, found: PlannedField, source: Source, table: FromClause | None) -> None:
        if [source.on, source.by, source.rows].count(None) != 2:
            raise DeclarationError(found.owner, found.name, "it needs either a condition or `by`")
        if isinstance(source, ToOne):
            if source.by and table is not None and source.by not in table.c:
                raise DeclarationError(found.owner, found.name, f"{table} has no column {source.by!r}")
            return
        other = self._item_type(found, source)
        if source.by and source.by not in other.c:
            raise DeclarationError(found.owner, found.name, f"{other} has no column {source.by!r}")
        if isinstance(source, Paged):
            orders = source.order.values() if isinstance(source.order, Mapping) else [source.order]
            for order in orders:
                _check_keyset(found, order, None if source.rows else other, None if table is None else source.through)
            is_root = table is None
            if source.among and not is_root:
                raise DeclarationError(found.owner, found.name, "only lists of the root are put together by statements")
            if not is_root and any(owner == found.named_type.name for owner, _ in self.page_fields):
                raise DeclarationError(found.owner, found.name, "only lists of the root count what is newer")
        elif not source.order:
            raise DeclarationError(found.owner, found.name, "a list needs an order")

    def _item_type(self, found: PlannedField, source: Source) -> FromClause:
        named = found.named_type
        if isinstance(source, Paged):
            if not _is(named, Connection):
                raise DeclarationError(found.owner, found.name, f"{named} is no Connection")
            named = self.node_type(named)
        planned = self.types.get(named.name)
        if planned is None or planned.table is None:
            raise DeclarationError(found.owner, found.name, f"{named} is not a planned type with a table")
        return planned.table

    def _check_options(self, found: PlannedField, declaration: OneOf) -> None:
        possible = {each.name for each in self.schema.get_possible_types(found.named_type)}
        for name in declaration.options:
            if name not in possible or name not in self.types:
                raise DeclarationError(found.owner, found.name, f"{name} is no planned member of {found.named_type}")


def asked_of(page: PlannedField | None, source: object) -> Mapping[str, Any]:
    """Return what an object holds of the arguments of the root field of which it tells a page."""
    declaration = page and page.declaration
    if not isinstance(declaration, RootPage) or declaration.asked is None:
        return NOTHING
    asked: Mapping[str, Any] = getattr(source, declaration.asked)
    return asked


def is_filled_by_pages(type_: Any) -> bool:
    """Return whether a type is a connection, an edge or ``PageInfo``."""
    return any(_is(type_, base) for base in (Connection, Edge, PageInfo))


def sql_type_of(type_: GraphQLInputType) -> TypeEngine[Any]:
    """Return the type that an argument's values have in SQL."""
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLList):
        return ARRAY(sql_type_of(inner.of_type))
    by_name: dict[str, TypeEngine[Any]] = {
        "Int": BigInteger(),
        "Float": Float(53),
        "Boolean": Boolean(),
        "UUID": Uuid(),
    }
    return by_name.get(getattr(inner, "name", ""), Text())


def python_name(definition: Any, fallback: str) -> str:
    """Return the Python name of an argument or input field."""
    found = definition.extensions.get(DEFINITION) if definition.extensions else None
    return getattr(found, "python_name", None) or fallback


def input_fields(type_: GraphQLInputType) -> Mapping[str, Any] | None:
    """Return the fields of an input object type, None for any other type."""
    inner = get_nullable_type(type_)
    return inner.fields if isinstance(inner, GraphQLInputObjectType) else None


def is_vocabulary(type_: GraphQLInputType) -> bool:
    """Return whether a type has so few values that each may have a statement of its own: enums and booleans."""
    inner = get_nullable_type(type_)
    return isinstance(inner, GraphQLEnumType) or getattr(inner, "name", "") == "Boolean"


def _made_of(type_: GraphQLObjectType) -> Table | None:
    definition = type_.extensions.get(DEFINITION)
    origin = getattr(definition, "origin", None)
    return vars(origin).get("__planned__") if origin else None


def _is(type_: Any, base: type) -> bool:
    origin = getattr(type_.extensions.get(DEFINITION), "origin", None)
    return isinstance(origin, type) and issubclass(origin, base)


def _field_of(owner: str, name: str, graphql_field: GraphQLField) -> PlannedField | None:
    definition: StrawberryField | None = graphql_field.extensions.get(DEFINITION)
    declaration = definition.metadata.get(METADATA) if definition else None
    if declaration is None:
        return None
    if isinstance(declaration, Column) and declaration.name is None and definition:
        declaration = Column(definition.python_name)
    names = {each: python_name(argument, each) for each, argument in graphql_field.args.items()}
    return PlannedField(owner, name, declaration, graphql_field, names)


def _columns_of(found: PlannedField) -> tuple[str, ...]:
    declaration = found.declaration
    if isinstance(declaration, Column):
        return (declaration.name or found.name,)
    if isinstance(declaration, NodeId):
        return (declaration.column,)
    if isinstance(declaration, Part):
        return (declaration.present,) if declaration.present else ()
    return declaration.columns if isinstance(declaration, Computed | Batch) else ()


def _check_keyset(found: PlannedField, order: Any, table: FromClause | None, link: FromClause | None) -> None:
    """Check an order over the columns of ``table``; of rows that come with each request, only what can be known."""
    assert isinstance(order, tuple)
    names = tuple(each.removeprefix("-") for each in order)
    if not order or len({each.startswith("-") for each in order}) > 1:
        raise DeclarationError(found.owner, found.name, "a keyset needs an order, in one direction")
    if table is None:
        return
    for name in names:
        owner = link if name.startswith(LINK) else table
        plain = name.removeprefix(LINK)
        if owner is None or plain not in owner.c:
            if isinstance(found.declaration, Paged) and found.declaration.among:
                continue
            raise DeclarationError(found.owner, found.name, f"{owner} has no column {name!r}")
        if getattr(owner.c[plain], "nullable", False):
            raise DeclarationError(found.owner, found.name, f"column {name!r} of a keyset must not be nullable")
    linked = {f"{LINK}{each.key}" for each in link.primary_key} if link is not None else set()
    if not linked & set(names) and not any(unique <= set(names) for unique in _unique_keys(table)):
        raise DeclarationError(found.owner, found.name, f"the order {order} is not unique")


def _unique_keys(table: FromClause) -> Iterator[set[str]]:
    yield {each.key for each in table.primary_key} or {""}
    yield from ({each.key} for each in table.c if getattr(each, "unique", False))


def arguments_with_names(found: PlannedField) -> Iterator[tuple[str, GraphQLArgument, str]]:
    """Yield each argument of a field: its GraphQL name, its definition and its parameter."""
    for name, argument in found.field.args.items():
        yield name, argument, found.argument_names[name]
