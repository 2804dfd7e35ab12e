"""Fields that a request may ask for only once, so that guesses can not be packed together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from graphql import FieldNode, FragmentSpreadNode, GraphQLError, OperationDefinitionNode, SelectionSetNode
from graphql.validation import ValidationRule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from graphql import ValidationContext

ONCE: Final = frozenset({"signInWithPassword"})


class OncePerRequest(ValidationRule):
    """Refuses an operation that runs one of ``ONCE`` twice under different names.

    Equal names are one field, whose arguments must then be equal too (GraphQL, "Field Selection Merging").
    """

    context: ValidationContext

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> None:  # noqa: ANN401
        """Look at the root fields of one operation, wherever they are written."""
        answered_as: dict[str, set[str]] = {name: set() for name in ONCE}
        for field in self._root_fields(node.selection_set):
            if field.name.value in ONCE:
                answered_as[field.name.value].add((field.alias or field.name).value)
        for name, answers in answered_as.items():
            if len(answers) > 1:
                self.report_error(GraphQLError(f"`{name}` may stand only once in a request.", node))

    def _root_fields(self, root: SelectionSetNode) -> Iterator[FieldNode]:
        selection_sets, seen = [root], set[str]()
        while selection_sets:
            for selection in selection_sets.pop().selections:
                if isinstance(selection, FieldNode):
                    yield selection
                elif isinstance(selection, FragmentSpreadNode):
                    fragment = self.context.get_fragment(selection.name.value)
                    if fragment and selection.name.value not in seen:
                        seen.add(selection.name.value)
                        selection_sets.append(fragment.selection_set)
                else:
                    selection_sets.append(selection.selection_set)  # type: ignore[attr-defined]  # inline fragment
