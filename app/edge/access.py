"""The access log and the HTTP measures: one line and one count for each request and socket."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass, field

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.exchange import exchange_of
from app.metrics import Metrics

CLIENT_GONE = 499
"""Status told for a client that left before it was answered, as nginx does."""
QUIET = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked every few seconds by machines: logged at DEBUG."""
_STREAMS = ("text/event-stream", "multipart/")
_PATH_CHARACTERS = 200

logger = structlog.stdlib.get_logger("easel.access")


@dataclass(slots=True)
class _Passage:
    started: float = field(default_factory=time.perf_counter)
    status: int | None = None
    size: int = 0
    is_stream: bool = False
    is_open: bool = False
    close_code: int | None = None

    def seconds(self) -> float:
        return time.perf_counter() - self.started


class AccessLog:
    """Logs method, path, status, time, size, operation and user; never a query string, a header or a body."""

    def __init__(self, app: ASGIApp, metrics: Metrics, routes: Collection[str]) -> None:
        """Stand in front of ``app``.

        Args:
            app: What answers.
            metrics: Where requests and sockets are counted.
            routes: Paths that are counted by name; one that ends with "/" stands for all below it. Any other path
                is counted as "other", because labels must stay few.
        """
        self.app = app
        self.metrics = metrics
        self.exact = frozenset(routes)
        self.prefixes = tuple(route for route in routes if route.endswith("/"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        path, method, passage = scope["path"], scope["method"], _Passage()

        async def watch(message: Message) -> None:
            if message["type"] == "http.response.start":
                passage.status = int(message["status"])
                content_type = Headers(raw=message.get("headers", [])).get("content-type", "")
                passage.is_stream = content_type.startswith(_STREAMS)
            elif message["type"] == "http.response.body":
                passage.size += len(message.get("body", b""))
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception:
            passage.status = passage.status or 500
            raise
        finally:
            seconds, status = passage.seconds(), passage.status or CLIENT_GONE
            self.metrics.request_ended(self._route(path), method, status, None if passage.is_stream else seconds)
            self._log("request", scope, method=method, status=status, ms=_ms(seconds), bytes=passage.size)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        passage = _Passage()

        async def watch(message: Message) -> None:
            if message["type"] == "websocket.accept":
                passage.is_open = True
                self.metrics.websocket_opened()
            elif message["type"] == "websocket.close":
                passage.close_code = message.get("code", 1000)
            elif message["type"] == "websocket.http.response.start":
                passage.status = message["status"]
            await send(message)

        async def listen() -> Message:
            message = await receive()
            if message["type"] == "websocket.disconnect" and passage.close_code is None:
                passage.close_code = message.get("code", 1005)
            return message

        try:
            await self.app(scope, listen, watch)
        finally:
            if passage.is_open:
                self.metrics.websocket_closed()
            status = 101 if passage.is_open else passage.status or 403
            self._log("websocket", scope, status=status, ms=_ms(passage.seconds()), close_code=passage.close_code)

    def _route(self, path: str) -> str:
        if path in self.exact:
            return path
        return next((prefix for prefix in self.prefixes if path.startswith(prefix)), "other")

    def _log(self, event: str, scope: Scope, **facts: object) -> None:
        path, exchange = scope["path"], exchange_of(scope)
        log = logger.debug if path in QUIET else logger.info
        log(event, path=_printable(path[:_PATH_CHARACTERS]), operation=exchange.operation, user=exchange.user, **facts)


def _printable(text: str) -> str:
    """Return ``text`` as a terminal may show it: a path can say escape sequences and NUL."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 2)
