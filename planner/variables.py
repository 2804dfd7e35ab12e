"""Variables of an operation: checked in the short way where they are simple, and told apart by what shapes a plan."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    type_from_ast,
    visit,
)
from graphql.execution.values import get_variable_values

from planner.errors import Abandoned, abandon
from planner.formats import INT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping

    from graphql import DocumentNode, GraphQLSchema, Node

    from planner.catalog import PlannedField


def _text(value: Any) -> Any:
    return value if value.__class__ is str else abandon()


def _integer(value: Any) -> Any:
    return value if value.__class__ is int and INT_LIMITS[0] <= value <= INT_LIMITS[1] else abandon()


def _number(value: Any) -> Any:
    return value if value.__class__ in {int, float} and isfinite(value) else abandon()


def _boolean(value: Any) -> Any:
    return value if value.__class__ is bool else abandon()


_SHORT: dict[str, Callable[[Any], Any]] = {
    "String": _text,
    "ID": _text,
    "Int": _integer,
    "Float": _number,
    "Boolean": _boolean,
}


class Variables:
    """The variables that one operation declares."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) -> None:
        """Look at the declarations; the document is valid for the schema."""
        self._schema = schema
        self._nodes = operation.variable_definitions or ()
        self.has_lists = any(_holds_list(type_from_ast(schema, node.type)) for node in self._nodes)
        """Whether values can be lists, or objects with lists: how long these are is no part of the shape."""
        fragments = [each for each in document.definitions if isinstance(each, FragmentDefinitionNode)]
        self._shapes = Shapes(schema, operation, fragments)
        pages = _page_variables(document)
        self._simple: list[tuple[str, bool, Callable[[Any], Any], bool]] | None = []
        for node in self._nodes:
            type_: Any = type_from_ast(schema, node.type)
            name, inner = node.variable.name.value, get_nullable_type(type_)
            check = _short_check(inner)
            if check is None or node.default_value is not None:
                self._simple = None
                break
            is_shape = isinstance(inner, GraphQLEnumType) or inner.name == "Boolean" or name in pages
            self._simple.append((name, isinstance(type_, GraphQLNonNull), check, is_shape))

    def read(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable]:
        """Return the coerced variables and the shape of them: what a plan is compiled for.

        Raises:
            Abandoned: they are not as declared; graphql-core says how.
        """
        if self._simple is None:
            return self._read_at_length(given)
        coerced: dict[str, Any] = {}
        shape: list[Hashable] = []
        for name, is_required, check, is_shape in self._simple:
            value = given.get(name)
            if value is not None:
                coerced[name] = value = check(value)
            elif is_required:
                raise Abandoned
            elif name in given:
                coerced[name] = None
            shape.append(value if is_shape else value is None)
        return coerced, tuple(shape)

    def _read_at_length(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], Hashable]:
        try:
            found = get_variable_values(self._schema, self._nodes, dict(given), max_errors=1)
        except GraphQLError as error:
            raise Abandoned from error
        if isinstance(found, list):
            raise Abandoned
        coerced = found.coerced
        return coerced, self._shapes.of(coerced)


def _short_check(type_: Any) -> Callable[[Any], Any] | None:
    if isinstance(type_, GraphQLEnumType):
        known = {name: type_.coerce_input_value(name) for name in type_.values}
        return lambda value: known[value] if value.__class__ is str and value in known else abandon()
    if not isinstance(type_, GraphQLScalarType):
        return None
    if type_.name in _SHORT:
        return _SHORT[type_.name]
    return type_.coerce_input_value


def _holds_list(type_: Any) -> bool:
    inner = get_nullable_type(type_)
    return isinstance(inner, GraphQLList | GraphQLInputObjectType)


def shape_of(value: Any, type_: Any, *, is_page: bool = False) -> Hashable:
    """Return what of a value decides about the statement: words as they are, of all else whether it is there."""
    inner = get_nullable_type(type_)
    if value is None:
        return None
    if is_page or isinstance(inner, GraphQLEnumType) or getattr(inner, "name", "") == "Boolean":
        return value  # type: ignore[no-any-return]  # a word or a number
    if isinstance(inner, GraphQLInputObjectType):
        return tuple((name, shape_of(value.get(name), each.type)) for name, each in inner.fields.items())
    return isinstance(inner, GraphQLList) or True


def shape_of_given(found: PlannedField, given: Mapping[str, Any]) -> Hashable:
    """Return the shape of arguments that a field is given besides those of a document."""
    return tuple((name, shape_of(value, found.field.args[name].type)) for name, value in given.items())


class _Pages(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        for each in node.arguments or ():
            if each.name.value == "first" and isinstance(each.value, VariableNode):
                self.names.add(each.value.name.value)


def _page_variables(*nodes: Node) -> frozenset[str]:
    found = _Pages()
    for node in nodes:
        visit(node, found)
    return frozenset(found.names)


class Shapes:
    """Tells what of the variables of one operation decides about its statements."""

    def __init__(
        self, schema: GraphQLSchema, operation: OperationDefinitionNode, fragments: Iterable[FragmentDefinitionNode]
    ) -> None:
        """Look through a valid operation once."""
        pages = _page_variables(operation, *fragments)
        names = {each.variable.name.value: each.type for each in operation.variable_definitions or ()}
        self._variables = [(name, type_from_ast(schema, type_), name in pages) for name, type_ in names.items()]

    def of(self, coerced: Mapping[str, Any]) -> Hashable:
        """Return the shape of coerced variables."""
        return tuple(
            (name, name in coerced, shape_of(coerced.get(name), type_, is_page=is_page))
            for name, type_, is_page in self._variables
        )
