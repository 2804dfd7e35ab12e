"""The edge as one: what every request passes on its way to the application, and in which order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send
from structlog.contextvars import bind_contextvars, reset_contextvars

from app.delivery import Delivery
from app.edge.access import AccessLog, Journal, StructuredJournal
from app.edge.answers import RefusedError
from app.edge.deadline import Deadline
from app.edge.exchange import PASSAGE_KEY, WRITE_KEY, Exchange, exchange_of
from app.edge.heads import HeadLimits, too_large
from app.edge.passage import Passage, WholeAnswer
from app.edge.proxies import TrustedProxies
from app.edge.rates import Identify, RequestCounts
from app.edge.requests import BodyReader, RequestLimits, check_body_type, is_plain_json, replay
from app.edge.sharing import Sharing
from app.metrics import Metrics
from domain.errors import FAILED

SWITCHING: Final = 101
"""Status of a handshake that succeeded."""

logger = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class EdgeOptions:
    """What the edge is told; every number is a default of the limits that the documentation promises."""

    graphql_paths: tuple[str, ...] = ("/graphql", "/graphql/stream")
    socket_paths: tuple[str, ...] = ("/graphql",)
    routes: tuple[str, ...] = (
        "/graphql",
        "/graphql/stream",
        "/graphiql",
        "/graphiql/",
        "/deposits/",
        "/media/",
        "/styles/",
        "/a/",
        "/u/",
        "/s/",
        "/oembed",
        "/feeds/",
        "/sitemap.xml",
        "/sitemaps/",
        "/robots.txt",
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
    head: HeadLimits = field(default_factory=HeadLimits)
    answer_seconds: float = 10.0
    journal: Journal = field(default_factory=StructuredJournal)


@dataclass(frozen=True, slots=True)
class Guarded:
    """What stands behind the edge."""

    app: ASGIApp
    graphql: ASGIApp
    """Answers HTTP requests to the GraphQL paths, whose body was read and is in their ``Exchange``."""
    kept: Callable[[Scope, Exchange], Delivery | None] = lambda _scope, _exchange: None
    """Returns an answer for somebody who is not signed in that is there already."""


class Edge:
    """One pass for every request, whose head is read once and whose two sides are wrapped once.

    From the outside in: the client's true address, request id, access log and measures, headers of the answer
    (security, the request's id, the announced end of a connection whose body was not read), size of the head. A
    request to the graph goes on to CORS (so that a browser may read every refusal below), rates (before a body is
    read), type and size of the body, and the deadline for its answer; a socket to its rate.
    """

    def __init__(
        self, guarded: Guarded, options: EdgeOptions, counts: RequestCounts, identify: Identify, metrics: Metrics
    ) -> None:
        """Stand in front of what is guarded."""
        self._proxies = TrustedProxies(options.trusted_proxies) if options.trusted_proxies else None
        self._app = guarded.app
        self._graphql = guarded.graphql
        self._kept = guarded.kept
        self._paths = frozenset(options.graphql_paths)
        self._socket_paths = frozenset(options.socket_paths)
        self._head = options.head
        self._counts = counts
        self._identify = identify
        self._sharing = Sharing(options.origins)
        self._bodies = BodyReader(options.request)
        self._deadline = Deadline(options.answer_seconds)
        self._log = AccessLog(metrics, options.routes, options.journal)
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request. Sockets are let in by ``admit``: they have a protocol class of their own."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._proxies:
            self._proxies.restore(scope, exchange_of(scope))
        await self._request(scope, receive, send)

    def admit(self, scope: Scope) -> RefusedError | None:
        """Count a socket that asks to be opened; return why it is not."""
        exchange = exchange_of(scope)
        if self._proxies:
            self._proxies.restore(scope, exchange)
        if not self._head.hold(scope, exchange):
            return too_large(self._head.bytes)
        if scope["path"] not in self._socket_paths:
            return RefusedError(404, "There is nothing here.", "NOT_FOUND")
        if not self._sharing.may_connect(exchange):
            return RefusedError(403, "Pages of this origin may not connect.", "FORBIDDEN")
        return self._counts.refusal(scope, self._identify(scope))

    def socket_opened(self) -> None:
        """Count a socket that was opened."""
        self._metrics.websocket_opened()

    def socket_ended(self, path: str, exchange: Exchange, end: tuple[int, int | None], started: float) -> None:
        """Tell of a socket that was closed, or refused.

        Args:
            path: as the scope has it.
            exchange: what is known of it.
            end: status of the handshake, and the code it was closed with.
            started: ``time.perf_counter()`` at its beginning.
        """
        if end[0] == SWITCHING:
            self._metrics.websocket_closed()
        self._log.socket_ended(path, exchange, *end, started)

    def at_once(self, scope: Scope) -> WholeAnswer | None:
        """Return the answer to a request, where it is there already.

        Whatever is not plain, allowed and known passes on to ``__call__``, where it is answered or refused.
        """
        try:
            return self._kept_answer(scope)
        except Exception:
            logger.exception("kept answers can not be looked through")
            return None

    def _kept_answer(self, scope: Scope) -> WholeAnswer | None:
        started, exchange, method = time.perf_counter(), exchange_of(scope), scope["method"]
        if scope["path"] not in self._paths or b"authorization" in exchange.fields:
            return None
        body = self._bodies.whole(scope)
        is_sound = method == "GET" or (method == "POST" and is_plain_json(exchange.fields) and body is not None)
        if not is_sound or not self._head.hold(scope, exchange):
            return None
        exchange.body = body or b""
        if self._proxies:
            self._proxies.restore(scope, exchange)
        delivery = self._kept(scope, exchange)
        if delivery is None or self._counts.refusal(scope, None):
            return None
        self._metrics.operation_ended("query", "ok")
        own = b"x-request-id: %b\r\n" % exchange.request_id.encode()
        head = delivery.head + self._sharing.lines(exchange) + own
        self._log.request_ended(scope["path"], method, exchange, (delivery.status, len(delivery.body), False), started)
        return delivery.status, head, delivery.body

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, path, method = time.perf_counter(), scope["path"], scope["method"]
        exchange = exchange_of(scope)
        passage = scope[PASSAGE_KEY] = Passage(exchange, receive, send, scope.pop(WRITE_KEY, None))
        tokens = bind_contextvars(request_id=exchange.request_id)
        try:
            if path in self._paths:
                passage.sharing = self._sharing.headers(exchange)
                self._head.check(scope, exchange)
                await self._ask_graph(scope, passage)
            else:
                self._head.check(scope, exchange)
                await self._app(scope, passage.receive, passage.send)
        except RefusedError as refusal:
            await refusal.answer(scope, receive, passage.send)
        except ClientDisconnect:
            pass
        except Exception:
            passage.status = passage.status or 500
            raise
        finally:
            answer = (passage.status, passage.size, passage.is_stream)
            self._log.request_ended(path, method, exchange, answer, started)
            reset_contextvars(**tokens)
            del scope[PASSAGE_KEY]  # which leads back to the scope

    async def _ask_graph(self, scope: Scope, passage: Passage) -> None:
        exchange, method = passage.exchange, scope["method"]
        if method == "OPTIONS" and (preflight := self._sharing.preflight(exchange)):
            await preflight(scope, passage.receive, passage.send)
            return
        self._count(scope)
        if method == "POST":
            check_body_type(exchange.fields)
            body = self._bodies.whole(scope)
            passage.is_unread = body is None
            exchange.body = await self._bodies.read(exchange.fields, passage.receive) if body is None else body
        elif method != "GET":
            raise RefusedError(405, "Ask by GET or POST.", headers={"allow": "GET, POST"})
        await self._answer(scope, passage)

    def _count(self, scope: Scope) -> None:
        exchange = exchange_of(scope)
        exchange.user = self._identify(scope)
        if refusal := self._counts.refusal(scope, exchange.user):
            raise refusal

    async def _answer(self, scope: Scope, passage: Passage) -> None:
        """Let the graph answer within the deadline.

        A plain answer begins when it is complete; a stream that has begun is left alone. Cancelling makes psycopg
        cancel the statement in PostgreSQL and roll back, unless others share the transaction. The client does not wait
        for that: where PostgreSQL hangs, psycopg gives up only after another ten seconds.
        """
        late: asyncio.Task[None] | None = None

        def refuse() -> None:
            nonlocal late
            passage.is_over = True
            message = f"The request took longer than {self._deadline.seconds:g} s."
            refusal = RefusedError(504, message, "TIMEOUT")
            late = asyncio.create_task(refusal.answer(scope, passage.receive, passage.deliver))

        watch = self._deadline.watch(refuse)
        passage.on_begin = watch.stop
        is_read = scope["method"] == "POST" and self._bodies.whole(scope) is None
        receive = replay(passage.exchange.body, passage.receive) if is_read else passage.receive
        try:
            with watch:
                await self._graphql(scope, receive, passage.send)
        except (RefusedError, ClientDisconnect):
            raise
        except Exception as error:  # noqa: BLE001 - whatever broke, the client is told in the graph's own form
            if not watch.is_late:
                _note(error, passage)
        finally:
            if late:
                await late


def _note(error: Exception, passage: Passage) -> None:
    """Note what broke.

    Raises:
        RefusedError: 500, where nothing has been answered yet; else the error itself.
    """
    if passage.status:
        raise error
    logger.error("request failed", exc_info=error)
    raise RefusedError(500, FAILED, "INTERNAL") from error
