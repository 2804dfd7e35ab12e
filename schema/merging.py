"""The rule that fields of one name can be merged, with a bound on the work that a document can make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import OverlappingFieldsCanBeMergedRule
from graphql.validation.validate import ValidationAbortedError

from schema.limits import cost_error

if TYPE_CHECKING:
    from graphql.validation import ValidationContext, ValidationRule


def merging_within(comparisons: int) -> type[ValidationRule]:
    """Return graphql-core's rule, which gives up after so many ``comparisons`` and refuses the document.

    Comparing each field with each other of its name takes time in the square of their number; the documents of front
    ends take a few dozen comparisons, of up to 4 µs each.
    """

    class FieldsMerge(OverlappingFieldsCanBeMergedRule):
        """The specification's verdict, or none at all."""

        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = comparisons

        def enter_selection_set(self, *place: Any) -> None:  # noqa: ANN401 - as graphql-core hands it to any visitor
            """Look for conflicts within one selection set.

            Raises:
                ValidationAbortedError: with the code COST_LIMIT.
            """
            try:
                super().enter_selection_set(*place)
            except ValidationAbortedError:
                refusal = cost_error("comparisons", comparisons)
                raise ValidationAbortedError(refusal.message, extensions=refusal.extensions) from None

    return FieldsMerge
