"""What is known of one request while it passes the edge: its id, and for the log who asked for which operation."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bound_contextvars

_KEY = "easel.exchange"
_SANE_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


@dataclass(slots=True)
class Exchange:
    """One request and its answer. The view may fill in what it learns; all of it goes to the access log."""

    request_id: str
    operation: str | None = None
    """Name of the GraphQL operation, a GraphQL Name."""
    user: str | None = None
    """Id of the signed-in user."""


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange of a request or socket, made when it is first asked for."""
    exchange = scope.get(_KEY)
    if not isinstance(exchange, Exchange):
        sent = Headers(scope=scope).get("x-request-id", "")
        exchange = scope[_KEY] = Exchange(sent if _SANE_ID.fullmatch(sent) else uuid.uuid4().hex)
    return exchange


class RequestIds:
    """Takes a sane ``X-Request-Id`` or makes one, binds it to the logs and tells it in the answer."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of ``app``."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        request_id = exchange_of(scope).request_id

        async def tell(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.accept", "websocket.http.response.start"}:
                message.setdefault("headers", [])
                MutableHeaders(scope=message)["x-request-id"] = request_id
            await send(message)

        with bound_contextvars(request_id=request_id):
            await self.app(scope, receive, tell)
