"""The graph in streams and over WebSockets, as Strawberry serves them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from cross_web import HTTPException, StarletteRequestAdapter
from starlette.requests import Request
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http import GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport, SSETransport
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.types.unset import UNSET

from app.edge.answers import RefusedError
from app.edge.exchange import exchange_of
from app.edge.negotiation import Medium, medium_for
from app.edge.requests import NESTING, graphql_request
from app.edge.strict_json import parse_json
from app.execution import away_refusal, encode, resolve
from app.identity import new_context
from app.multipart import MultipartStream
from app.socket import SocketHandler, Sockets
from db.session import AWAY
from domain.errors import Unauthenticated
from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cross_web import AsyncHTTPRequestAdapter
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send
    from starlette.websockets import WebSocket
    from strawberry.http import GraphQLRequestProtocol
    from strawberry.types.unset import UnsetType

    from app.edge.rates import RequestCounts
    from app.execution import Executor
    from app.identity import Identity
    from schema.context import Services

PROTOCOLS: Final = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL)
INIT_WAIT: Final = timedelta(seconds=3)
SUBSCRIPTIONS_PER_SOCKET: Final = 50
SOCKETS_PER_USER: Final = 10
TRY_AGAIN_LATER: Final = 1013
"""Close code after which clients connect again."""


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
        self, executor: Executor, services: Services, identity: Identity, counts: RequestCounts, origins: Sequence[str]
    ) -> None:
        """Serve what ``executor`` executes to streams and sockets; these may come from ``origins``."""
        super().__init__(
            executor.schema,
            graphql_ide=None,
            subscription_protocols=PROTOCOLS,
            connection_init_wait_timeout=INIT_WAIT,
            max_subscriptions_per_connection=SUBSCRIPTIONS_PER_SOCKET,
            allowed_origins=origins,
        )
        self.documents = executor.documents
        self._services = services
        self._identity = identity
        self._counts = counts
        self.sockets = Sockets(SOCKETS_PER_USER)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one stream or socket.

        Raises:
            RefusedError: the stream can not begin.
        """
        if scope["type"] == "websocket":
            try:
                await super().__call__(scope, receive, send)
            except AWAY:
                await send({"type": "websocket.close", "code": TRY_AGAIN_LATER, "reason": "Try again later"})
            return
        try:
            response = await self.run(Request(scope, receive))
        except HTTPException as error:
            raise RefusedError(error.status_code, error.reason) from error
        except AWAY as error:
            raise away_refusal() from error
        await response(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:  # noqa: ARG002
        """Return who is asking; a token that is not good is remembered, and told where it matters."""
        self._identity(request.scope)
        context = new_context(self._services, request.scope)
        await context.confirm_session()
        if context.claims is None:
            exchange_of(request.scope).user = None
        return context

    async def on_ws_connect(self, context: Context) -> UnsetType:
        """Take the token of ``connection_init``; a bad one, or a socket too many, closes the connection with 4403."""
        parameters = {str(name).lower(): value for name, value in (context.connection_params or {}).items()}
        if (authorization := parameters.get("authorization")) is not None:
            try:
                context.claims, context.refusal = self._identity.claims(str(authorization)), None
            except Unauthenticated as refusal:
                context.refuse(refusal)
            await context.confirm_session()
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
        query = await resolve(self.documents, read)
        medium = medium_for(request.scope["path"], exchange_of(request.scope).field(b"accept"))
        protocol: GraphQLRequestProtocol = "sse" if medium is Medium.EVENTS else "multipart-subscription"
        return GraphQLRequestData(query, read.variables, read.operation_name, read.extensions, protocol)

    def rate_refusal(self, context: Context) -> RefusedError | None:
        """Count an operation on a socket like a request; return its refusal where it is one too many."""
        user = context.viewer_key
        return self._counts.operation_refusal(user, context.address)

    def decode_json(self, data: str | bytes) -> object:
        """Read a message of a socket, as strictly as the body of a request."""
        try:
            return parse_json(str(data), "message", NESTING)
        except RefusedError as refusal:
            raise json.JSONDecodeError(str(refusal), "", 0) from refusal

    def encode_json(self, data: object) -> str:
        """Write an answer; what a client sent that is no text comes back escaped."""
        return encode(data).decode()
