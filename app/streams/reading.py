"""Reads documents for subscriptions, and lets graphql-core answer what the planner leaves to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, OperationType, get_operation_ast

from app.execution import encode
from planner import Abandoned
from resolvers.graph import treated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graphql import DocumentNode, ExecutionResult
    from graphql.execution import Executor as Core

    from app.edge.requests import GraphQLRequest
    from app.execution import Graph
    from planner import EventWriter
    from schema.context import Context


class SubscriptionReader:
    """Reads the subscriptions of one graph."""

    def __init__(self, graph: Graph) -> None:
        """Read for ``graph``."""
        self._graph = graph
        self._schema = graph.schema._schema  # noqa: SLF001 - no public name

    def document(self, text: str, name: str | None) -> DocumentNode | None:
        """Return the document of a subscription, None for that of anything else, and of what is none."""
        try:
            document = self._graph.reader.parse(text)
        except GraphQLError:
            return None
        operation = get_operation_ast(document, name)
        return document if operation and operation.operation is OperationType.SUBSCRIPTION else None

    def refusals(self, text: str, request: GraphQLRequest, context: Context) -> list[GraphQLError]:
        """Return why a subscription may not be executed; where nothing is wrong, what it costs is charged."""
        reader = self._graph.reader
        errors = reader.validate(self._schema, text)
        if errors:
            return errors
        try:
            cost = reader.measure(self._schema, text, request.operation_name, request.variables or {}).cost
        except GraphQLError as refusal:
            return [refusal]
        charged = reader.charge(context, cost) if reader.charge else None
        return [charged] if charged else []

    def core(
        self, document: DocumentNode, name: str | None, variables: Mapping[str, Any] | None, context: Context
    ) -> Core[Context] | list[GraphQLError]:
        """Return what executes an operation as graphql-core does, or what is wrong with its variables."""
        schema = self._graph.schema
        return schema.execution_context_class.build(
            self._schema,
            document,
            context_value=context,
            raw_variable_values=dict(variables or {}),
            operation_name=name,
            **schema._get_custom_context_kwargs(),  # noqa: SLF001 - as Strawberry builds its own
        )

    def writer(
        self, text: str, document: DocumentNode, name: str | None, variables: Mapping[str, Any]
    ) -> EventWriter | None:
        """Return the planner's writer of a subscription's events, None where graphql-core is to write them."""
        try:
            return self._graph.planner.events.writer(text, document, name, variables)
        except Abandoned:
            return None

    def response(self, result: ExecutionResult) -> bytes:
        """Return a result as JSON, with errors as the graph tells them."""
        parts: dict[str, object] = {}
        if result.errors:
            errors = result.errors[: self._graph.reader.limits.errors]
            parts["errors"] = [treated(error).formatted for error in errors]
        return encode(parts | {"data": result.data})
