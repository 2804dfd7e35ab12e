"""What one GraphQL document may ask for, counted before anything runs, and the extension that holds it to that."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from graphlib import CycleError, TopologicalSorter
from itertools import islice
from typing import Any, cast

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    Lexer,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    SelectionSetNode,
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

from schema.nodes import count_nodes
from schema.once import OncePerRequest

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule, OncePerRequest)
"""The rules that Strawberry itself validates by, and ours."""
INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})
COUNT_CEILING = 1_000_000
"""Where counting stops: fragments that double would otherwise be told with hundreds of digits."""


@dataclass(frozen=True, slots=True)
class DocumentLimits:
    """The most that one document may hold; fragments count wherever they are spread.

    Introspection is exempt from ``depth``, because the query of every code generator is 13 levels and more; it is held
    by bounds of its own, which no generator comes near.
    """

    characters: int = 20_000
    tokens: int = 2_000
    depth: int = 12
    """Levels of fields; the fields of the operation are level 1."""
    aliases: int = 30
    root_fields: int = 20
    directives: int = 20
    introspection_fields: int = 2
    """``__schema`` and ``__type`` in one operation."""
    introspection_depth: int = 20
    """Levels from ``__schema`` or ``__type`` on."""
    introspection_aliases: int = 0
    """Aliases below ``__schema`` and ``__type``: each would print the schema once more."""
    nodes: int = 10_000
    """Objects in one answer at most, by the page sizes that are asked for."""
    errors: int = 5
    """Errors in one answer."""


@dataclass(slots=True)
class Counts:
    """What a definition holds, each name as in ``DocumentLimits``."""

    depth: int = 0
    aliases: int = 0
    root_fields: int = 0
    directives: int = 0
    introspection_fields: int = 0
    introspection_depth: int = 0
    introspection_aliases: int = 0
    reach: int = 0
    """Levels of fields with introspection followed; not limited itself."""


COUNTED = tuple(item.name for item in fields(Counts) if item.name != "reach")


@dataclass(frozen=True, slots=True)
class _Spread:
    fragment: str
    depth: int
    """Fields above the spread."""
    introspection: int
    """Fields above the spread from ``__schema`` or ``__type`` on; 0 outside of introspection."""


@dataclass(slots=True)
class _Own:
    """A definition's own part: fragments are listed, not followed."""

    definition: ExecutableDefinitionNode
    counts: Counts = field(default_factory=Counts)
    spreads: list[_Spread] = field(default_factory=list)


def refusal_of(document: DocumentNode, limits: DocumentLimits) -> GraphQLError | None:
    """Return what the document has too much of, or None where it is within the limits.

    Takes time linear in the size of the document: each definition is walked once, and each fragment's counts are
    added where it is spread. A circle of fragments is refused.
    """
    owns = [_walk(node) for node in document.definitions if isinstance(node, ExecutableDefinitionNode)]
    fragments = {own.definition.name.value: own for own in owns if isinstance(own.definition, FragmentDefinitionNode)}
    spread_by = {
        name: {spread.fragment for spread in own.spreads} & fragments.keys() for name, own in fragments.items()
    }
    try:
        order = tuple(TopologicalSorter(spread_by).static_order())
    except CycleError as error:
        names = " > ".join(reversed(error.args[1]))
        return GraphQLError(f"Fragments spread each other in a circle: {names}.", extensions={"code": "BAD_USER_INPUT"})
    totals: dict[str, Counts] = {}
    for name in order:
        _add_spreads(fragments[name], totals)
        totals[name] = fragments[name].counts
    spread = {spread.fragment for own in owns for spread in own.spreads}
    for own in owns:
        if isinstance(own.definition, OperationDefinitionNode):
            _add_spreads(own, totals)
        elif own.definition.name and own.definition.name.value in spread:
            continue  # counted where it is spread; alone it may be a part of introspection
        for name in COUNTED:
            count, limit = getattr(own.counts, name), getattr(limits, name)
            if count > limit:
                return cost_error(name, limit, count, own.definition)
    return None


def cost_error(
    measure: str, limit: int, count: int | None = None, node: ExecutableDefinitionNode | None = None
) -> GraphQLError:
    """Return the error for a document with more of ``measure`` than ``limit``; ``count`` where it was counted."""
    words = measure.replace("_", " ")
    found = "more" if count is None else f"{count:,}{' or more' if count == COUNT_CEILING else ''}"
    extensions = {"code": "COST_LIMIT", "measure": measure, "limit": limit}
    if count is not None:
        extensions["count"] = count
    return GraphQLError(f"The document is too costly: {words} {found}, allowed {limit:,}.", node, extensions=extensions)


def _walk(definition: ExecutableDefinitionNode) -> _Own:
    own = _Own(definition)
    counts = own.counts
    variables = definition.variable_definitions or ()
    counts.directives = len(definition.directives or ())
    counts.directives += sum([len(variable.directives or ()) for variable in variables])
    stack: list[tuple[SelectionSetNode, int, int]] = [(definition.selection_set, 0, 0)]
    while stack:
        selection_set, depth, introspection = stack.pop()
        for selection in selection_set.selections:
            counts.directives += len(selection.directives or ())
            if isinstance(selection, FragmentSpreadNode):
                own.spreads.append(_Spread(selection.name.value, depth, introspection))
            elif isinstance(selection, FieldNode):
                below = _count_field(counts, selection, depth + 1, introspection)
                if selection.selection_set:
                    stack.append((selection.selection_set, depth + 1, below))
            else:
                stack.append((selection.selection_set, depth, introspection))  # type: ignore[attr-defined]
    return own


def _count_field(counts: Counts, node: FieldNode, depth: int, introspection: int) -> int:
    """Count one field at ``depth``; returns how many levels of introspection lie above its own selections."""
    counts.reach = max(counts.reach, depth)
    counts.root_fields += depth == 1
    counts.aliases += node.alias is not None
    if introspection:
        counts.introspection_depth = max(counts.introspection_depth, introspection + 1)
        counts.introspection_aliases += node.alias is not None
        return introspection + 1
    counts.depth = max(counts.depth, depth)
    if node.name.value not in INTROSPECTION_FIELDS:
        return 0
    counts.introspection_fields += 1
    counts.introspection_depth = max(counts.introspection_depth, 1)
    return 1


def _add_spreads(own: _Own, totals: dict[str, Counts]) -> None:
    for spread in own.spreads:
        if spread.fragment in totals:
            _add(own.counts, spread, totals[spread.fragment])


def _add(counts: Counts, spread: _Spread, inner: Counts) -> None:
    counts.reach = min(max(counts.reach, spread.depth + inner.reach), COUNT_CEILING)
    counts.aliases = min(counts.aliases + inner.aliases, COUNT_CEILING)
    counts.directives = min(counts.directives + inner.directives, COUNT_CEILING)
    if spread.depth == 0:
        counts.root_fields = min(counts.root_fields + inner.root_fields, COUNT_CEILING)
    if spread.introspection:
        counts.introspection_depth = max(counts.introspection_depth, spread.introspection + inner.reach)
        counts.introspection_aliases = min(counts.introspection_aliases + inner.aliases, COUNT_CEILING)
        return
    counts.depth = max(counts.depth, spread.depth + inner.depth)
    counts.introspection_depth = max(counts.introspection_depth, inner.introspection_depth)
    counts.introspection_fields = min(counts.introspection_fields + inner.introspection_fields, COUNT_CEILING)
    counts.introspection_aliases = min(counts.introspection_aliases + inner.introspection_aliases, COUNT_CEILING)


@dataclass(slots=True)
class _Read:
    document: DocumentNode
    errors: tuple[GraphQLError, ...] | None = None


class DocumentReader:
    """Parses and validates the documents of one schema within limits, remembering those read lately.

    One reader serves a whole process. What it remembers is bounded by characters of text, because a parsed document
    takes up to 300 bytes for each.
    """

    def __init__(
        self, limits: DocumentLimits | None = None, remembered_characters: int = 256 * 1024, *, is_open: bool = True
    ) -> None:
        """Make an empty reader.

        Args:
            limits: The most that one document may hold.
            remembered_characters: 256 Ki are at most about 75 MB, usually a tenth of that.
            is_open: Whether clients may read the schema, and are told names similar to those that are not there.
        """
        self.is_open = is_open
        self._rules = RULES if is_open else (*RULES, NoSchemaIntrospectionCustomRule)
        self.limits = limits or DocumentLimits()
        self.parse_options: dict[str, Any] = {
            "max_source_length": self.limits.characters,
            "max_lexical_tokens": self.limits.tokens,
            "max_comments": self.limits.tokens,
        }
        self.remembered_characters = remembered_characters
        self._reads: OrderedDict[str, _Read] = OrderedDict()
        self._characters = 0

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
        return self._read(text).document

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

    def _check(self, schema: GraphQLSchema, document: DocumentNode) -> tuple[GraphQLError, ...]:
        # graphql-core adds one error to say that it stopped
        errors = validate(
            schema, document, self._rules, max_errors=self.limits.errors - 1, hide_suggestions=not self.is_open
        )
        for error in errors:
            error.extensions = {"code": "BAD_USER_INPUT", **(error.extensions or {})}
        return tuple(errors)

    def _read(self, text: str) -> _Read:
        read = self._reads.get(text)
        if read is None:
            read = self._reads[text] = _Read(self._parse(text))
            self._characters += len(text)
            while self._characters > self.remembered_characters:
                self._characters -= len(self._reads.popitem(last=False)[0])
        else:
            self._reads.move_to_end(text)
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
    """Reads each operation's document through a ``DocumentReader`` and cuts the errors of its answers."""

    def __init__(self, reader: DocumentReader) -> None:
        """Serve one operation."""
        super().__init__()
        self.reader = reader

    def on_operation(self) -> Iterator[None]:
        """Cut the errors of an answer that is not streamed."""
        yield
        self._cut_errors(self.execution_context.result)

    def on_stream_result(self, result: StreamExecutionResult) -> Iterator[None]:
        """Cut the errors of one event."""
        self._cut_errors(result)
        yield

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
        """Validate; several operations without a name to choose by are refused, where Strawberry runs the first."""
        context = self.execution_context
        errors = self.reader.validate(context.schema._schema, context.query or "")  # noqa: SLF001 - no public name
        if not errors and context._provided_operation_name is None and self._has_operations():  # noqa: SLF001 - as above
            message = "A document with several operations needs an operationName."
            errors = [GraphQLError(message, extensions={"code": "BAD_USER_INPUT"})]
        context.pre_execution_errors = errors or self._too_many_nodes()
        yield

    def _too_many_nodes(self) -> list[GraphQLError]:
        context, limit = self.execution_context, self.reader.limits.nodes
        document, name = context.graphql_document, context._provided_operation_name  # noqa: SLF001 - as above
        operation = get_operation_ast(document, name) if document else None
        if document is None or operation is None:
            return []
        count = count_nodes(context.schema._schema, document, operation, context.variables or {})  # noqa: SLF001 - as above
        return [cost_error("nodes", limit, min(count, COUNT_CEILING), operation)] if count > limit else []

    def _has_operations(self) -> bool:
        document = self.execution_context.graphql_document
        definitions = document.definitions if document else ()
        return sum(isinstance(definition, OperationDefinitionNode) for definition in definitions) > 1

    def _cut_errors(self, result: object) -> None:
        errors = getattr(result, "errors", None)
        if errors:
            result.errors = errors[: self.reader.limits.errors]  # type: ignore[attr-defined]
