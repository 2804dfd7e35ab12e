"""How many objects an answer can hold at most, told from the document and its page sizes before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    VariableNode,
    get_named_type,
    is_composite_type,
)

from planner.pages import DEFAULT_PAGE, MAXIMUM_PAGE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, GraphQLSchema, SelectionNode, SelectionSetNode, ValueNode

_PAGE_SIZE: Final = "first"


def count_nodes(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> int:
    """Return the most objects that an operation can be answered with.

    A field of an object type counts one and what is below it; a field with ``first`` counts that many times what is
    below it. Each fragment is counted once, wherever it is spread, so the time is linear in the document.

    Args:
        schema: the schema that ``document`` is valid for; its fragments spread in no circle.
        document: the document.
        operation: the operation of the document that is to run.
        variables: as they were sent, not yet checked.
    """
    defaults = {each.variable.name.value: each.default_value for each in operation.variable_definitions or ()}
    root = schema.get_root_type(operation.operation)
    assert root, "a valid operation has a root"
    return _Count(schema, document, defaults, variables).below(operation.selection_set, root)


class _Count:
    """One count, with the fragments counted so far."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        defaults: Mapping[str, ValueNode | None],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._defaults = defaults
        self._variables = variables
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }
        self._counted: dict[str, int] = {}

    def below(self, selection_set: SelectionSetNode, parent: GraphQLCompositeType) -> int:
        return sum(self._selection(selection, parent) for selection in selection_set.selections)

    def _selection(self, selection: SelectionNode, parent: GraphQLCompositeType) -> int:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent)
        if isinstance(selection, FragmentSpreadNode):
            return self._fragment(selection.name.value)
        assert isinstance(selection, InlineFragmentNode)
        on = selection.type_condition
        return self.below(selection.selection_set, self._type(on.name.value) if on else parent)

    def _fragment(self, name: str) -> int:
        if name not in self._counted:
            fragment = self._fragments[name]
            self._counted[name] = self.below(fragment.selection_set, self._type(fragment.type_condition.name.value))
        return self._counted[name]

    def _field(self, node: FieldNode, parent: GraphQLCompositeType) -> int:
        field = self._schema.get_field(parent, node.name.value)
        if field is None or node.selection_set is None or node.name.value.startswith("__"):
            return 0
        named = get_named_type(field.type)
        assert is_composite_type(named), "only objects have selections"
        below = self.below(node.selection_set, named)
        return 1 + below * self._page(node) if _PAGE_SIZE in field.args else 1 + below

    def _page(self, node: FieldNode) -> int:
        given = next((each.value for each in node.arguments or () if each.name.value == _PAGE_SIZE), None)
        if isinstance(given, VariableNode):
            name = given.name.value
            if name in self._variables:
                return _within(self._variables[name])
            given = self._defaults.get(name)
        return _within(int(given.value) if isinstance(given, IntValueNode) else None)

    def _type(self, name: str) -> GraphQLCompositeType:
        found = self._schema.get_type(name)
        assert is_composite_type(found), "a valid fragment is on an object, interface or union"
        return found


def _within(size: object) -> int:
    """Return a page size as it will be served; what is no size is refused later."""
    return min(max(size, 0), MAXIMUM_PAGE) if isinstance(size, int) else DEFAULT_PAGE
