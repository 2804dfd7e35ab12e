"""Reading documents: parsed, validated, limited and measured once, and remembered while they are in use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    Source,
    TokenKind,
    get_operation_ast,
    parse,
    specified_rules,
    validate,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule
from strawberry.types.execution import ParseOptions, StreamExecutionResult
from strawberry.types.graphql import OperationType

from schema.cost import Measured, measure, page_variables, sizes_of
from schema.limits import DocumentLimits, cost_error, refusal_of
from schema.merging import merging_within
from schema.once import OncePerRequest
from schema.remembered import Remembered

RULES: Final = (
    *(rule for rule in specified_rules if rule is not OverlappingFieldsCanBeMergedRule),
    MaybeNullValidationRule,
    OneOfInputValidationRule,
    OncePerRequest,
)
"""The rules that Strawberry itself validates by, and ours; ``merging_within`` takes the place of the one left out."""
NAME_NEEDED: Final = "A document with several operations needs an operationName."
SHAPES: Final = 64
"""Combinations of page sizes whose cost is remembered for one document."""

Charge = Callable[[Any, int], GraphQLError | None]
"""Takes the context of an operation and its cost; returns why it may not run now, None where it may."""


@dataclass(slots=True)
class _Read:
    document: DocumentNode
    errors: tuple[GraphQLError, ...] | None = None
    sizing: dict[str | None, tuple[str, ...]] = field(default_factory=dict)
    """The variables that the cost depends on, by operation."""
    measured: dict[tuple[object, ...], Measured] = field(default_factory=dict)


class DocumentReader:
    """Parses and validates the documents of one schema within limits, remembering those in use.

    One reader serves a whole process. What it remembers is bounded by characters of text, because a parsed document
    takes up to 300 bytes for each. A document that was read once has little room, so that a flood of new ones can not
    displace those that are read again and again.
    """

    def __init__(
        self,
        limits: DocumentLimits | None = None,
        charge: Charge | None = None,
        remembered_characters: int = 128 * 1024,
        new_characters: int = 40_000,
    ) -> None:
        """Make an empty reader.

        Args:
            limits: what one document may hold.
            charge: asked before an operation runs.
            remembered_characters: room for documents that were read more than once; 128 Ki are 40 MB at most.
            new_characters: room for the others; 40,000 are 12 MB at most.
        """
        self.limits = limits or DocumentLimits()
        self.charge = charge
        self.parse_options: dict[str, Any] = {
            "max_source_length": self.limits.characters,
            "max_lexical_tokens": self.limits.tokens,
            "max_comments": self.limits.tokens,
        }
        self._rules = (*RULES, merging_within(self.limits.comparisons))
        self._known = Remembered[_Read](remembered_characters)
        self._new = Remembered[_Read](new_characters)

    @property
    def characters(self) -> int:
        """Characters of all documents that are remembered now."""
        return self._known.characters + self._new.characters

    def extension(self) -> SchemaExtension:
        """Make the extension of one operation: ``strawberry.Schema(…, extensions=[reader.extension])``.

        It takes the place of Strawberry's ParserCache, ValidationCache, MaxTokensLimiter and query limiters.
        """
        return LimitedDocuments(self)

    def parse(self, text: str) -> DocumentNode:
        """Return the parsed document.

        Raises:
            GraphQLError: it is no GraphQL (code BAD_USER_INPUT) or too long (code COST_LIMIT).
        """
        read = self._known.get(text)
        if read is None:
            read = self._new.pop(text)
            if read is not None:
                self._known.put(text, read, len(text))
            else:
                read = _Read(self._parse(text))
                self._new.put(text, read, len(text))
        return read.document

    def validate(self, schema: GraphQLSchema, text: str) -> list[GraphQLError]:
        """Return what is wrong with the document, at most ``limits.errors`` of it; each error carries a code.

        Raises:
            GraphQLError: as ``parse`` does.
        """
        read = self._read(text)
        if read.errors is None:
            refusal = refusal_of(read.document, self.limits)
            read.errors = (refusal,) if refusal else self._check(schema, read.document)
        return list(read.errors)

    def measure(
        self, schema: GraphQLSchema, text: str, operation_name: str | None, variables: Mapping[str, Any]
    ) -> Measured:
        """Return the cost of an operation of a valid document, measured once for equal page sizes.

        Raises:
            GraphQLError: it is more than the limits allow (code COST_LIMIT, with cost and limit), a page size is not
                served, or the document has no such operation (code BAD_USER_INPUT).
        """
        read = self._read(text)
        operation = _operation_of(read.document, operation_name)
        if operation_name not in read.sizing:
            read.sizing[operation_name] = page_variables(read.document, operation)
        shape = (operation_name, *sizes_of(read.sizing[operation_name], variables))
        if shape not in read.measured:
            measured = measure(schema, read.document, operation, variables)
            for name in ("nodes", "cost"):
                count, limit = getattr(measured, name), getattr(self.limits, name)
                if count > limit:
                    raise cost_error(name, limit, count, operation)
            if len(read.measured) == SHAPES:
                read.measured.clear()
            read.measured[shape] = measured
        return read.measured[shape]

    def _check(self, schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
        # graphql-core adds one error to say that it stopped
        errors = validate(schema, document, self._rules, max_errors=self.limits.errors - 1)
        for error in errors:
            error.extensions = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
        return tuple(errors)

    def _read(self, text: str) -> _Read:
        read = self._known.get(text) or self._new.get(text)
        if read is None:
            read = _Read(self._parse(text))
            self._new.put(text, read, len(text))
        return read

    def _parse(self, text: str) -> DocumentNode:
        if len(text) > self.limits.characters:
            raise cost_error("characters", self.limits.characters, len(text))
        try:
            return parse(text, **self.parse_options)
        except GraphQLError as error:
            if _has_more_tokens(text, self.limits.tokens):
                raise cost_error("tokens", self.limits.tokens) from error
            error.extensions = {"code": "BAD_USER_INPUT"}
            raise


def _operation_of(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operation = get_operation_ast(document, name)
    if operation is None:
        message = f"The document has no operation named {name!r}." if name else NAME_NEEDED
        raise GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})
    return operation


def _has_more_tokens(text: str, limit: int) -> bool:
    def tokens() -> Iterator[None]:
        lexer = Lexer(Source(text))
        while lexer.advance().kind is not TokenKind.EOF:
            yield

    try:
        return sum(1 for _ in islice(tokens(), limit + 1)) > limit
    except GraphQLError:
        return False


class LimitedDocuments(SchemaExtension):
    """Reads each operation's document through a ``DocumentReader``, tells its cost, and cuts the errors of answers."""

    def __init__(self, reader: DocumentReader) -> None:
        """Serve one operation."""
        super().__init__()
        self.reader = reader
        self._cost: int | None = None

    def on_operation(self) -> Iterator[None]:
        """Cut the errors of an answer that is not streamed."""
        yield
        self._cut_errors(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Cut the errors of one event."""
        self._cut_errors(result)
        yield

    def get_results(self) -> dict[str, Any]:
        """Return ``extensions.cost`` of an answer that is not streamed: the same for each answer of one shape."""
        if self._cost is None or self.execution_context.operation_type is OperationType.SUBSCRIPTION:
            return {}
        return {"cost": {"requested": self._cost, "limit": self.reader.limits.cost}}

    def on_parse(self) -> Iterator[None]:
        """Hand the parsed document over.

        A refusal is not raised here: in a subscription that would end the whole socket. Strawberry parses the same
        text again, within the same limits, and answers with its own error, which is then given our words.
        """
        context = self.execution_context
        context.parse_options = cast("ParseOptions", self.reader.parse_options)
        refusal: GraphQLError | None = None
        try:
            context.graphql_document = self.reader.parse(context.query or "")
        except GraphQLError as error:
            refusal = error
        yield
        for raised in context.pre_execution_errors or ():
            if refusal:
                raised.message, raised.extensions = refusal.message, refusal.extensions

    def on_validate(self) -> Iterator[None]:
        """Validate, measure and charge; what is refused here does not run.

        Several operations without a name to choose by are refused, where Strawberry runs the first.
        """
        context = self.execution_context
        errors = self.reader.validate(context.schema._schema, context.query or "")  # noqa: SLF001 - no public name
        try:
            context.pre_execution_errors = errors or self._charge()
        except GraphQLError as refusal:
            context.pre_execution_errors = [refusal]
        yield

    def _charge(self) -> list[GraphQLError]:
        context, reader = self.execution_context, self.reader
        name = context._provided_operation_name  # noqa: SLF001 - `operation_name` is the first one's where none was sent
        measured = reader.measure(context.schema._schema, context.query or "", name, context.variables or {})  # noqa: SLF001
        self._cost = measured.cost
        refusal = reader.charge and reader.charge(context.context, measured.cost)
        return [refusal] if refusal else []

    def _cut_errors(self, result: object) -> None:
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = errors[: self.reader.limits.errors]  # type: ignore[attr-defined]
