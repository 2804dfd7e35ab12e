"""What an operation can cost at most, told from its document and its page sizes before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLNamedType,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

from planner.pages import DEFAULT_PAGE, MAXIMUM_PAGE
from schema.list_bounds import LIST_BOUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from graphql import DocumentNode, GraphQLSchema, SelectionNode, SelectionSetNode, ValueNode

    from schema.list_bounds import Bound

COUNT_CEILING: Final = 1_000_000
"""Where counting stops: fragments that double would otherwise be told with hundreds of digits."""
PAGE_ARGUMENTS: Final = ("first", "last")
FREE: Final = frozenset({"edges", "pageInfo"})
"""Fields of a connection that cost nothing themselves: they only hold its items together."""
PRICES: Final[Mapping[tuple[str, str], int]] = {
    ("Search", "artworks"): 100,
    ("Search", "facets"): 100,
    ("Search", "users"): 20,
    ("Search", "tags"): 20,
}
"""By type and field, what looking costs besides what is found: a search looks at a thousand artworks to tell of one."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What an operation can be answered with at most, up to ``COUNT_CEILING``."""

    nodes: int
    """Objects in the answer, those of connections and edges too."""
    cost: int
    """An object is 1, a connection its page size times what is selected of an item, a search more; 1 at least."""


def measure(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    bounds: Mapping[tuple[str, str], Bound] = LIST_BOUNDS,
) -> Measured:
    """Return what ``operation`` can cost at most; ``@skip`` and ``@include`` are not looked at.

    Each fragment is measured once, wherever it is spread, so the time is linear in the document.

    Args:
        schema: the schema that ``document`` is valid for; its fragments spread in no circle.
        document: the document.
        operation: the operation of the document that is to run.
        variables: as they were sent, not yet checked.
        bounds: how long lists can be that are no pages, by type and field; one item where nothing is said.

    Raises:
        GraphQLError: a page has a size that is not served (code BAD_USER_INPUT).
    """
    defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
    root = schema.get_root_type(operation.operation)
    assert root, "a valid operation has a root"
    nodes, cost = _Walk(schema, document, _Sizes(defaults, variables), bounds).below(operation.selection_set, root)
    return Measured(nodes, max(1, cost))


def page_variables(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    bounds: Mapping[tuple[str, str], Bound] = LIST_BOUNDS,
) -> tuple[str, ...]:
    """Return the names of the variables that ``measure`` can depend on, in the order of their definition."""
    sizing = {*PAGE_ARGUMENTS, *(bound for bound in bounds.values() if isinstance(bound, str))}
    used = {
        argument.value.name.value
        for field in _fields(document)
        for argument in field.arguments or ()
        if argument.name.value in sizing and isinstance(argument.value, VariableNode)
    }
    names = (each.variable.name.value for each in operation.variable_definitions or ())
    return tuple(name for name in names if name in used)


def sizes_of(names: tuple[str, ...], variables: Mapping[str, Any]) -> tuple[int | str | None, ...]:
    """Return what ``measure`` sees of the variables called ``names``: equal sizes measure alike.

    A variable that was not sent is ``""``, because its default counts then.
    """
    return tuple([_size(variables[name]) if name in variables else "" for name in names])


def _fields(document: DocumentNode) -> Iterator[FieldNode]:
    stack = [each.selection_set for each in document.definitions if hasattr(each, "selection_set")]
    while stack:
        for selection in stack.pop().selections:
            if isinstance(selection, FieldNode):
                yield selection
            inner = getattr(selection, "selection_set", None)
            if inner:
                stack.append(inner)


def _size(value: object) -> int | None:
    """Return how many items a value of JSON asks for; None for what asks for nothing, or is refused later."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, float):  # an Int may be written as 1e2
        return int(value) if value.is_integer() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


class _Sizes:
    """The sizes that arguments ask for."""

    def __init__(self, defaults: Mapping[str, ValueNode | None], variables: Mapping[str, Any]) -> None:
        self._defaults = defaults
        self._variables = variables

    def page(self, node: FieldNode, field: GraphQLField) -> int:
        """Return the page size of a connection or a list with ``first``.

        Raises:
            GraphQLError: it is not served.
        """
        asked = {name: size for name in PAGE_ARGUMENTS if (size := self._asked(node, name)) is not None}
        if len(asked) > 1:
            raise _refusal("`first` and `last` exclude each other.", node)
        for name, size in asked.items():
            if not 1 <= size <= MAXIMUM_PAGE:
                raise _refusal(f"`{name}` must be 1 to {MAXIMUM_PAGE}; it is {size}.", node)
            return size
        declared = (field.args[name].default_value for name in PAGE_ARGUMENTS if name in field.args)
        return next((size for size in declared if isinstance(size, int)), DEFAULT_PAGE)

    def length(self, node: FieldNode, name: str) -> int:
        """Return how many values the list argument ``name`` holds; one value alone is a list of it."""
        asked = self._asked(node, name)
        return 1 if asked is None else asked

    def _asked(self, node: FieldNode, name: str) -> int | None:
        value = next((each.value for each in node.arguments or () if each.name.value == name), None)
        if isinstance(value, VariableNode):
            if value.name.value in self._variables:
                return _size(self._variables[value.name.value])
            value = self._defaults.get(value.name.value)
        if isinstance(value, ListValueNode):
            return len(value.values)
        return int(value.value) if isinstance(value, IntValueNode) else None


def _refusal(message: str, node: FieldNode) -> GraphQLError:
    return GraphQLError(message, node, extensions={"code": "BAD_USER_INPUT"})


class _Walk:
    """One walk over an operation, with the fragments measured so far; a measure is (nodes, cost)."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        sizes: _Sizes,
        bounds: Mapping[tuple[str, str], Bound],
    ) -> None:
        self._schema = schema
        self._sizes = sizes
        self._bounds = bounds
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._measured: dict[str, tuple[int, int]] = {}

    def below(self, selection_set: SelectionSetNode, parent: GraphQLCompositeType) -> tuple[int, int]:
        nodes = cost = 0
        for selection in selection_set.selections:
            more_nodes, more_cost = self._selection(selection, parent)
            nodes, cost = nodes + more_nodes, cost + more_cost
        return min(nodes, COUNT_CEILING), min(cost, COUNT_CEILING)

    def _selection(self, selection: SelectionNode, parent: GraphQLCompositeType) -> tuple[int, int]:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        assert isinstance(selection, InlineFragmentNode)
        on = selection.type_condition
        return self.below(selection.selection_set, self._type(on.name.value) if on else parent)

    def _fragment(self, name: str) -> tuple[int, int]:
        if name not in self._measured:
            fragment = self._fragments[name]
            self._measured[name] = self.below(fragment.selection_set, self._type(fragment.type_condition.name.value))
        return self._measured[name]

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> tuple[int, int]:
        name = node.name.value
        field = self._schema.get_field(parent, name)
        if field is None or node.selection_set is None or name.startswith("__"):
            return 0, 0
        named = get_named_type(field.type)
        assert is_composite_type(named), "only objects have selections"
        nodes, cost = self._sized(node, field, parent, self.below(node.selection_set, named))
        return nodes, cost + PRICES.get((parent.name, name), 0)

    def _sized(
        self, node: FieldNode, field: GraphQLField, parent: GraphQLCompositeType, item: tuple[int, int]
    ) -> tuple[int, int]:
        """Return the measure of a field, given that of one of its items."""
        (nodes, cost), named = item, get_named_type(field.type)
        if _is_connection(named) or any(argument in field.args for argument in PAGE_ARGUMENTS):
            size = self._sizes.page(node, field)
            if _is_connection(named):
                return 1 + size * nodes, max(1, size * cost)
        elif _is_connection(parent):  # the page size is counted above
            return 1 + nodes, cost if node.name.value in FREE else 1 + cost
        else:
            size = self._length(node, field, parent)
        return size * (1 + nodes), size * (1 + cost)

    def _length(self, node: FieldNode, field: GraphQLField, parent: GraphQLCompositeType) -> int:
        if not is_list_type(get_nullable_type(field.type)):
            return 1
        bound = self._bounds.get((parent.name, node.name.value), 1)
        return self._sizes.length(node, bound) if isinstance(bound, str) else bound

    def _type(self, name: str) -> GraphQLCompositeType:
        found = self._schema.get_type(name)
        assert is_composite_type(found), "a valid fragment is on an object, interface or union"
        return found


def _is_connection(kind: GraphQLNamedType) -> bool:
    """Tell whether a type is a page of a list, as Relay's specification has it: by its name."""
    return kind.name.endswith("Connection")
