"""The graph over HTTP and WebSocket: who is asking, in which language, over which protocol."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import orjson
from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import Request
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET

from app.edge.answers import RefusedError
from app.edge.exchange import exchange_of
from app.edge.rates import RequestRates, client_network, rate_refusal
from app.edge.requests import RequestLimits, graphql_request
from app.edge.strict_json import parse_json
from app.multipart import MultipartStream
from app.socket import SocketHandler, Sockets
from db.session import AWAY
from domain.errors import PersistedQueryNotFound, PersistedQueryNotSupported, RequestError, Unauthenticated
from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cross_web import AsyncHTTPRequestAdapter
    from graphql import GraphQLError
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket
    from strawberry import Schema
    from strawberry.http import GraphQLRequestProtocol
    from strawberry.types import ExecutionResult
    from strawberry.types.unset import UnsetType

    from app.documents import Documents
    from domain.messages import Language
    from domain.tokens import Claims
    from schema.context import Services

PROTOCOLS: Final = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL)
INIT_WAIT: Final = timedelta(seconds=3)
SUBSCRIPTIONS_PER_SOCKET: Final = 50
SOCKETS_PER_USER: Final = 10
TRY_AGAIN_LATER: Final = 1013
"""Close code after which clients connect again."""
STREAM_PATH: Final = "/graphql/stream"
ASK_FOR_A_STREAM: Final = (
    "A subscription is answered as a stream: over a WebSocket (graphql-transport-ws), as server-sent events at "
    f"{STREAM_PATH}, or with `Accept: multipart/mixed;subscriptionSpec=1.0`."
)


class _RequestAdapter(StarletteRequestAdapter):
    """Strawberry's reading of a request, with the scope that the edge has written to."""

    @property
    def scope(self) -> Scope:
        return self._request.scope


class GraphQLView(GraphQL[Context, None]):
    """Strawberry's view with Easel's context, protocols and encoding."""

    request_adapter_class = _RequestAdapter
    graphql_transport_ws_handler_class = SocketHandler
    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: SSETransport,
        MULTIPART_SUBSCRIPTION_PROTOCOL: MultipartStream,
    }

    def __init__(
        self,
        schema: Schema,
        services: Services,
        origins: Sequence[str],
        documents: Documents,
        rates: RequestRates | None = None,
    ) -> None:
        """Serve ``schema`` with ``services`` in every resolver's reach; sockets may come from ``origins``."""
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=PROTOCOLS,
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
            allowed_origins=origins,
        )
        self._services = services
        self.documents = documents
        self._rates = rates or RequestRates()
        self.sockets = Sockets(SOCKETS_PER_USER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket; refusals have the shape of a GraphQL answer."""
        if scope["type"] == "websocket":
            try:
                await super().__call__(scope, receive, send)
            except AWAY:
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "Try again later"})
            return
        try:
            response = await self.run(Request(scope, receive))
        except RefusedError as refusal:
            response = refusal.response()
        except HTTPException as error:
            response = RefusedError(error.status_code, error.reason).response()
        except AWAY:
            message = "This can not be answered now. Try again later."
            response = RefusedError(503, message, "INTERNAL", headers={"retry-after": "1"}).response()
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """Return who is asking; a token that is not good is remembered, and told where it matters."""
        context = Context(
            services=self._services,
            language=language_of(request.headers.get("accept-language", "")),
            address=str(client_network(request.scope) or ""),
            user_agent=request.headers.get("user-agent", ""),
        )
        authorization = request.headers.get("authorization")
        if authorization is not None:
            await self._authenticate(context, authorization)
        exchange_of(request.scope).user = str(context.claims.user_id) if context.claims else None
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Take the token of ``connection_init``; a bad one, or a socket too many, closes the connection with 4403."""
        parameters = {str(name).lower(): value for name, value in (context.connection_params or {}).items()}
        if (authorization := parameters.get("authorization")) is not None:
            await self._authenticate(context, str(authorization))
        if context.refusal or not self.sockets.enter(context):
            raise ConnectionRejectionError
        nothing: UnsetType = UNSET
        return nothing

    def should_render_graphql_ide(self, request: object) -> bool:  # noqa: ARG002 - a GET may name its document by hash
        """Tell that no page is served here: GraphiQL has a path of its own."""
        return False

    async def parse_http_body(self, request: AsyncHTTPRequestAdapter) -> GraphQLRequestData:
        """Return the operation that the edge has read."""
        assert isinstance(request, _RequestAdapter)
        read = graphql_request(request.scope)
        assert read, "the edge lets nothing else through"
        try:
            query = await self.documents.resolve(read.query, read.extensions)
        except RequestError as refusal:
            raise document_refusal(refusal) from refusal
        protocol = protocol_of(request.scope["path"], request.headers.get("accept", ""))
        return GraphQLRequestData(query, read.variables, read.operation_name, read.extensions, protocol)

    async def execute_single(
        self,
        request: Request,  # noqa: ARG002 - as above
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Context,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Answer a query or mutation at once; a subscription needs one of the protocols for streams."""
        allowed = OperationType.from_http(request_adapter.method) - {OperationType.SUBSCRIPTION}
        try:
            result = await self.schema.execute(
                request_data.query,
                root_value=root_value,
                variable_values=request_data.variables,
                context_value=context,
                operation_name=request_data.operation_name,
                allowed_operation_types=allowed,
                operation_extensions=request_data.extensions,
            )
        except CannotGetOperationTypeError as error:
            raise HTTPException(400, error.as_http_error_reason()) from error
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise HTTPException(400, ASK_FOR_A_STREAM) from error
            raise HTTPException(400, error.as_http_error_reason(request_adapter.method)) from error
        if result.data is None and (wait := wait_of(result.errors)) is not None:
            sub_response.status_code = 429
            sub_response.headers["retry-after"] = str(wait)
        return result

    def rate_refusal(self, context: Context) -> RefusedError | None:
        """Count an operation on a socket like a request; return its refusal where it is one too many."""
        user = str(context.claims.user_id) if context.claims else None
        return rate_refusal(self._services.throttle, self._rates, user, context.address)

    def decode_json(self, data: str | bytes) -> object:
        """Read a message of a socket, as strictly as the body of a request."""
        try:
            return parse_json(str(data), "message", RequestLimits().nesting)
        except RefusedError as refusal:
            raise json.JSONDecodeError(str(refusal), "", 0) from refusal

    def encode_json(self, data: object) -> str:
        """Write an answer; what a client sent that is no text comes back escaped."""
        try:
            return orjson.dumps(data).decode()
        except TypeError:
            return json.dumps(data)

    async def _authenticate(self, context: Context, authorization: str) -> None:
        try:
            context.claims, context.refusal = self._claims(authorization), None
            await context.require_live_session()
        except Unauthenticated as refusal:
            context.refuse(refusal)

    def _claims(self, authorization: str) -> Claims:
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("Send the token as “Bearer …”.")
        return self._services.tokens.verify(token.strip())


def document_refusal(error: RequestError) -> RefusedError:
    """Return why there is no document to run; the two answers that Apollo's clients act on are no failures of HTTP."""
    status = 200 if isinstance(error, PersistedQueryNotFound | PersistedQueryNotSupported) else 400
    return RefusedError(status, str(error), error.code)


def wait_of(errors: Sequence[GraphQLError] | None) -> int | None:
    """Return after how many seconds an operation may be asked for again that was refused as too costly for now."""
    waits = [wait for error in errors or () if (wait := (error.extensions or {}).get("retryAfterSeconds")) is not None]
    return max(waits, default=None)


def protocol_of(path: str, accept: str) -> GraphQLRequestProtocol:
    """Return how an answer is to be sent.

    Streams have a path of their own. On the common one they are chosen only by clients that prefer them: many name
    ``text/event-stream`` among all that they can read.
    """
    if path == STREAM_PATH:
        return "sse"
    preferred = max(_ranges(accept), key=lambda entry: entry[1], default=("", 0.0))[0]
    if preferred.startswith("text/event-stream"):
        return "sse"
    if preferred.startswith("multipart/mixed") and "subscriptionspec=1.0" in preferred.replace('"', ""):
        return "multipart-subscription"
    return "http"


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return the media ranges of an ``Accept`` header with their weights (RFC 9110, 12.5.1), in order."""
    ranges = []
    for entry in accept.lower().split(","):
        weight = 1.0
        for parameter in entry.split(";")[1:]:
            name, _, value = parameter.strip().partition("=")
            if name == "q":
                with suppress(ValueError):
                    weight = float(value)
        ranges.append((entry.strip().replace(" ", ""), weight))
    return ranges


def language_of(accept_language: str) -> Language:
    """Return which of our languages an ``Accept-Language`` header prefers; English where it names none of them."""
    ranges = [(entry.partition(";")[0].partition("-")[0], weight) for entry, weight in _ranges(accept_language)]
    ours = [(language, weight) for language, weight in ranges if language in {"ko", "en", "*"} and weight > 0]
    return "ko" if max(ours, key=lambda entry: entry[1], default=("en", 0.0))[0] == "ko" else "en"
