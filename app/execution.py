"""Execution of one operation, from a well-formed request to the bytes of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import orjson
from graphql import GraphQLError, OperationType, get_operation_ast
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType as Kind

from app.edge.answers import RefusedError
from app.edge.negotiation import STREAM_PATH

if TYPE_CHECKING:
    from strawberry import Schema
    from strawberry.types import ExecutionResult

    from app.edge.requests import GraphQLRequest
    from schema.context import Context
    from schema.limits import DocumentReader

ASK_FOR_A_STREAM: Final = (
    "A subscription is answered as a stream: over a WebSocket (graphql-transport-ws), as server-sent events at "
    f"{STREAM_PATH}, or with `Accept: multipart/mixed;subscriptionSpec=1.0`."
)


@dataclass(slots=True)
class Answer:
    """What one operation was answered with."""

    body: bytes
    """JSON of the whole GraphQL response."""
    is_refused: bool = False
    """A request error, in the specification's words: the operation was not executed, and there is no ``data``."""
    is_cacheable: bool = False
    """A query, answered without errors: the same for everybody who is not signed in, for a moment."""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    """What the HTTP answer carries beyond the headers of every answer."""


class Executor:
    """Executes queries and mutations."""

    def __init__(self, schema: Schema, reader: DocumentReader) -> None:
        """Execute with ``schema``, whose documents ``reader`` reads and remembers."""
        self._schema = schema
        self._reader = reader

    def is_query(self, request: GraphQLRequest) -> bool:
        """Return whether the request asks for a query, so that it may be executed once for several who ask it."""
        try:
            operation = get_operation_ast(self._reader.parse(request.query), request.operation_name)
        except GraphQLError:
            return False
        return operation is not None and operation.operation is OperationType.QUERY

    async def execute(self, request: GraphQLRequest, context: Context, allowed: set[Kind]) -> Answer:
        """Execute one operation for the viewer of ``context``, whose session is looked up first.

        Raises:
            RefusedError: the operation is not of a kind in ``allowed``.
            AWAY: PostgreSQL can not be reached.
        """
        await context.confirm_session()
        try:
            result = await self._schema.execute(
                request.query,
                variable_values=request.variables,
                context_value=context,
                operation_name=request.operation_name,
                allowed_operation_types=allowed,
                operation_extensions=request.extensions,
            )
        except CannotGetOperationTypeError as error:
            return refused_answer(error.as_http_error_reason())
        except InvalidOperationTypeError as error:
            raise kind_refusal(error.operation_type) from error
        return _answer(result, is_cacheable=self.is_query(request))


def refused_answer(message: str, code: str = "BAD_USER_INPUT") -> Answer:
    """Return the answer to an operation that can not be executed."""
    return Answer(encode({"errors": [{"message": message, "extensions": {"code": code}}]}), is_refused=True)


def kind_refusal(kind: Kind) -> RefusedError:
    """Return the refusal of an operation that the method or the medium of its request does not allow."""
    if kind is Kind.SUBSCRIPTION:
        return RefusedError(400, ASK_FOR_A_STREAM)
    return RefusedError(405, f"A {kind.value} is sent by POST.", headers={"allow": "POST"})


def away_refusal() -> RefusedError:
    """Return the refusal of a request while PostgreSQL can not be reached."""
    message = "This can not be answered now. Try again later."
    return RefusedError(503, message, "INTERNAL", headers={"retry-after": "1"})


def encode(answer: object) -> bytes:
    """Write an answer as JSON; what a client sent that is no text comes back escaped."""
    try:
        return orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer).encode()


def _answer(result: ExecutionResult, *, is_cacheable: bool) -> Answer:
    errors = result.errors or ()
    # field errors have a path (https://spec.graphql.org/draft/#sec-Errors); an answer without `data` has none
    is_refused = bool(errors) and result.data is None and all(error.path is None for error in errors)
    parts: dict[str, object] = {}
    if errors:
        parts["errors"] = [error.formatted for error in errors]
    if not is_refused:
        parts["data"] = result.data
    if result.extensions:
        parts["extensions"] = result.extensions
    return Answer(encode(parts), is_refused, is_cacheable and not errors)
