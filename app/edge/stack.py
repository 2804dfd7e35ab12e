"""The edge as one: every middleware in its place around the application."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app.edge.access import AccessLog
from app.edge.answers import CLOSE
from app.edge.deadline import AnswerDeadline
from app.edge.exchange import RequestIds
from app.edge.heads import HeadLimits
from app.edge.rates import Identify, RequestRateLimit, RequestRates
from app.edge.requests import RequestLimits, StrictRequests
from app.metrics import Metrics
from domain.ports import Throttle

SECURITY_HEADERS = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
PREFLIGHT_SECONDS = 7_200
"""The longest that Chromium remembers a preflight."""


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """What the edge is told; every number is a default of the limits that the documentation promises."""

    graphql_paths: tuple[str, ...] = ("/graphql", "/graphql/stream")
    routes: tuple[str, ...] = (
        "/graphql",
        "/graphql/stream",
        "/graphiql",
        "/graphiql/",
        "/media/",
        "/healthz",
        "/readyz",
        "/metrics",
    )
    """Paths that the measures tell apart; one with "/" at its end stands for all below it."""
    origins: tuple[str, ...] = ()
    """Web origins that may use the graph from a browser; "*" for any. Tokens are sent as headers, never cookies."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses and networks whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    request: RequestLimits = field(default_factory=RequestLimits)
    rates: RequestRates = field(default_factory=RequestRates)
    answer_seconds: float = 10.0
    head_bytes: int = 16 * 1024
    head_headers: int = 100


def edge(app: ASGIApp, options: EdgeOptions, throttle: Throttle, identify: Identify, metrics: Metrics) -> ASGIApp:
    """Return ``app`` behind the whole edge.

    From the outside in: the client's true address, request id, access log and measures, security headers, bodies that
    nobody reads, size of the head, CORS (so that a browser may read every refusal below), rates (before a body is
    read), the strict reading of the request, and the deadline for its answer.
    """
    paths = frozenset(options.graphql_paths)
    inner: ASGIApp = AnswerDeadline(app, paths, options.answer_seconds)
    inner = StrictRequests(inner, paths, options.request)
    inner = RequestRateLimit(inner, throttle, identify, paths, options.rates)
    inner = PathCORS(inner, paths, options.origins)
    inner = HeadLimits(inner, options.head_bytes, options.head_headers)
    inner = UnreadBodies(inner)
    inner = ResponseHeaders(inner, SECURITY_HEADERS)
    inner = AccessLog(inner, metrics, options.routes)
    inner = RequestIds(inner)
    if options.trusted_proxies:
        inner = ProxyHeadersMiddleware(inner, list(options.trusted_proxies))  # type: ignore[arg-type, assignment]
    return inner


class UnreadBodies:
    """Announces that the connection closes where an answer comes before the body was read, so that none is reused.

    ``GuardedProtocol`` closes it: a client that was not told would send its next request into nothing.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand in front of ``app``."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not _has_body(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        is_unread = True

        async def listen() -> Message:
            nonlocal is_unread
            message = await receive()
            is_unread = is_unread and message.get("more_body", False)
            return message

        async def announce(message: Message) -> None:
            if message["type"] == "http.response.start" and is_unread:
                message.setdefault("headers", [])
                MutableHeaders(scope=message).update(CLOSE)
            await send(message)

        await self.app(scope, listen, announce)


def _has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class PathCORS:
    """Starlette's CORS for some paths; routes elsewhere have rules of their own."""

    def __init__(self, app: ASGIApp, paths: Collection[str], origins: Collection[str]) -> None:
        """Stand in front of ``app``."""
        self.app = app
        self.paths = frozenset(paths)
        self.shared = CORSMiddleware(
            app,
            allow_origins=tuple(origins),
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=("X-Request-Id", "Retry-After"),
            max_age=PREFLIGHT_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        app = self.shared if scope.get("path") in self.paths else self.app
        await app(scope, receive, send)


class ResponseHeaders:
    """Adds headers to every answer that does not set them itself."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        """Stand in front of ``app``."""
        self.app = app
        self.headers = dict(headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", [])
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, add)
