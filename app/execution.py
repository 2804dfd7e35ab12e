"""Execution of one operation, from a well-formed request to the bytes of its answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
import structlog
from graphql import FieldNode, GraphQLError, OperationType, get_operation_ast
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType as Kind

from app.edge.answers import RefusedError
from app.edge.negotiation import STREAM_PATH
from db.session import AWAY, LOST
from domain.errors import NOT_NOW, PersistedQueryNotFound, PersistedQueryNotSupported, RequestError
from planner import Abandoned, noting
from schema.rates import charge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from strawberry import Schema
    from strawberry.types import ExecutionResult

    from app.documents import Documents
    from app.edge.requests import GraphQLRequest
    from app.metrics import Metrics
    from planner import Operation, Planner
    from schema.context import Context
    from schema.documents import DocumentReader

ASK_FOR_A_STREAM: Final = (
    "A subscription is answered as a stream: over a WebSocket (graphql-transport-ws), as server-sent events at "
    f"{STREAM_PATH}, or with `Accept: multipart/mixed;subscriptionSpec=1.0`."
)
PERSONAL: Final = "rateLimit"
"""The one field that differs between strangers: each address has its own."""

logger = structlog.stdlib.get_logger(__name__)


@dataclass(slots=True)
class Answer:
    """What one operation was answered with."""

    body: bytes
    """JSON of the whole GraphQL response."""
    is_refused: bool = False
    """A request error, in the specification's words: the operation was not executed, and there is no ``data``."""
    is_cacheable: bool = False
    """A query, answered without errors: the same for everybody who is not signed in, for a moment."""
    retry_after: int | None = None
    """Seconds after which an operation may be asked for again that was refused as too costly for now."""


@dataclass(frozen=True, slots=True)
class Graph:
    """The schema with what reads its documents and plans its queries."""

    schema: Schema
    reader: DocumentReader
    planner: Planner


class Executor:
    """Executes queries and mutations: planned queries by their plans, all else by graphql-core."""

    def __init__(self, graph: Graph, documents: Documents, metrics: Metrics, *, shows_plans: bool = False) -> None:
        """Execute the operations that ``documents`` finds for requests.

        Args:
            graph: what is executed.
            documents: finds the document that a request means.
            metrics: where planned operations are counted; Strawberry's extensions count the others.
            shows_plans: whether answers carry the statements that they took, as ``extensions.plan``.
        """
        self.schema = graph.schema
        self.documents = documents
        self._reader = graph.reader
        self._lane = graph.planner.lane
        self._metrics = metrics
        self._shows_plans = shows_plans

    def is_shared(self, query: str, operation_name: str | None) -> bool:
        """Return whether an operation is a query that all strangers are answered alike: one answer serves several."""
        try:
            operation = get_operation_ast(self._reader.parse(query), operation_name)
        except GraphQLError:
            return False
        return operation is not None and operation.operation is OperationType.QUERY and PERSONAL not in query

    def _has_one_field(self, query: str, operation_name: str | None) -> bool:
        """Return whether an operation that was executed asks for one thing: of several, the first may be done."""
        operation = get_operation_ast(self._reader.parse(query), operation_name)
        selections = operation.selection_set.selections if operation else ()
        return [type(each) for each in selections] == [FieldNode]

    async def execute(self, request: GraphQLRequest, context: Context, allowed: set[Kind]) -> Answer:
        """Execute one operation for the viewer of ``context``, whose session is looked up with it, or first.

        Raises:
            RefusedError: the document is not known here, or the operation is not of a kind in ``allowed``.
            AWAY: PostgreSQL can not be reached.
        """
        query = await resolve(self.documents, request)
        if not self._shows_plans:
            return await self._execute(query, request, context, allowed)
        with noting() as statements:
            answer = await self._execute(query, request, context, allowed)
        return _with_plan(answer, [statement for statement, _ in statements])

    async def _execute(self, query: str, request: GraphQLRequest, context: Context, allowed: set[Kind]) -> Answer:
        variables = request.variables or {}
        is_signed_in = context.claims is not None
        planned = None
        if Kind.QUERY in allowed:
            planned = self._lane.find(query, request.operation_name, variables, self._reader.seen, guarded=is_signed_in)
        if planned and (answer := await self._by_plan(*planned, context)):
            return answer
        await context.confirm_session()
        try:
            result = await self.schema.execute(
                query,
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
        lost = _lost(result)
        if lost and self._has_one_field(query, request.operation_name):
            raise lost
        return _answer(result, is_cacheable=self.is_shared(query, request.operation_name))

    async def _by_plan(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> Answer | None:
        """Return the answer of a planned query; None where graphql-core is to tell what is wrong with it."""
        refusal = charge(context, operation.weight.cost)
        if refusal:
            self._metrics.operation_ended("query", "refused")
            return _refused([refusal])
        try:
            body = await self._lane.answer(operation, variables, context)
        except AWAY:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the same query is replayed and tells it
            if not isinstance(error, Abandoned | RequestError | GraphQLError):
                logger.warning("plan left", reason=type(error).__name__)
            context.is_charged = True
            return None
        self._metrics.operation_ended("query", "ok")
        return Answer(body, is_cacheable=True)


async def resolve(documents: Documents, request: GraphQLRequest) -> str:
    """Return the document that a request means.

    Raises:
        RefusedError: there is none; the two refusals that Apollo's clients act on are no failures of HTTP.
    """
    try:
        return await documents.resolve(request.query, request.extensions)
    except RequestError as error:
        status = 200 if isinstance(error, PersistedQueryNotFound | PersistedQueryNotSupported) else 400
        raise RefusedError(status, str(error), error.code) from error


def refused_answer(message: str, code: str = "BAD_USER_INPUT") -> Answer:
    """Return the answer to an operation that can not be executed."""
    return _refused([GraphQLError(message, extensions={"code": code})])


def kind_refusal(kind: Kind) -> RefusedError:
    """Return the refusal of an operation that the method or the medium of its request does not allow."""
    if kind is Kind.SUBSCRIPTION:
        return RefusedError(400, ASK_FOR_A_STREAM)
    return RefusedError(405, f"A {kind.value} is sent by POST.", headers={"allow": "POST"})


def away_refusal() -> RefusedError:
    """Return the refusal of a request while PostgreSQL can not be reached."""
    return RefusedError(503, NOT_NOW, "INTERNAL", headers={"retry-after": "1"})


def encode(answer: object) -> bytes:
    """Write an answer as JSON; what a client sent that is no text comes back escaped."""
    try:
        return orjson.dumps(answer)
    except TypeError:
        return json.dumps(answer).encode()


def _answer(result: ExecutionResult, *, is_cacheable: bool) -> Answer:
    errors = result.errors or ()
    # field errors have a path (https://spec.graphql.org/draft/#sec-Errors); an answer without `data` has none
    if errors and result.data is None and all(error.path is None for error in errors):
        return _refused(errors, result.extensions)
    parts: dict[str, object] = {"errors": [error.formatted for error in errors]} if errors else {}
    parts["data"] = result.data
    if result.extensions:
        parts["extensions"] = result.extensions
    return Answer(encode(parts), is_cacheable=is_cacheable and not errors)


def _lost(result: ExecutionResult) -> Exception | None:
    """Return what tells that PostgreSQL was lost, if that is why there are no data."""
    causes = [error.original_error for error in result.errors or ()]
    return next((cause for cause in causes if result.data is None and isinstance(cause, LOST)), None)


def _refused(errors: Sequence[GraphQLError], extensions: Mapping[str, Any] | None = None) -> Answer:
    waits = [wait for error in errors if (wait := (error.extensions or {}).get("retryAfterSeconds")) is not None]
    parts: dict[str, object] = {"errors": [error.formatted for error in errors]}
    if extensions:
        parts["extensions"] = extensions
    return Answer(encode(parts), is_refused=True, retry_after=max(waits, default=None))


def _with_plan(answer: Answer, statements: Sequence[str]) -> Answer:
    parts = orjson.loads(answer.body)
    parts.setdefault("extensions", {})["plan"] = list(statements)
    answer.body = encode(parts)
    return answer
