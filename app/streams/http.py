"""Streams over HTTP: graphql-sse in distinct connections mode, and Apollo's multipart subscriptions.

Follows https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md and
https://www.apollographql.com/docs/graphos/routing/operations/subscriptions/multipart-protocol.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

from strawberry.types.graphql import OperationType

from app.edge.exchange import exchange_of
from app.edge.negotiation import Medium, medium_for
from app.edge.requests import graphql_request
from app.execution import away_refusal, encode
from app.streams.conversation import error_of
from db.session import AWAY
from domain import watching
from domain.streams import COMPLETED
from domain.watching import Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.types import Receive, Scope, Send

    from app.edge.requests import GraphQLRequest
    from app.streams.cohorts import Member, Step
    from app.streams.host import Host
    from domain.errors import RequestError
    from schema.context import Context

HELD_BYTES: Final = 64 * 1024
"""Written but not taken by the client, beyond which nothing more is sent."""
_HEADERS: Final = (
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_BOUNDARY: Final = b"graphql"


class Format(Protocol):
    """How a stream is written."""

    content_type: bytes
    heartbeat: bytes
    heartbeat_s: float
    beginning: bytes
    """Sent first of all."""
    ending: bytes
    """Sent last, where the operation has ended."""

    def next(self, payload: bytes, cursor: str | None) -> bytes:
        """Return one response, JSON, as it is sent; ``cursor`` is where it stands in its stream."""


class ServerSentEvents:
    """graphql-sse. Each event has its cursor as ``id``, which a client sends back as ``Last-Event-ID``."""

    content_type = b"text/event-stream"
    heartbeat = b": ping\r\n\r\n"
    heartbeat_s = 15.0
    beginning = b""
    ending = b"event: complete\r\ndata: \r\n\r\n"

    def next(self, payload: bytes, cursor: str | None) -> bytes:
        """Return one event; its data, JSON, has no line breaks."""
        place = b"id: %b\r\n" % cursor.encode() if cursor else b""
        return b"event: next\r\n%bdata: %b\r\n\r\n" % (place, payload)


class Multipart:
    """``multipart/mixed;subscriptionSpec=1.0``, framed as RFC 2046 asks.

    Each part is followed by the next delimiter at once, so that a client need not wait for the next event to see this
    one; the last delimiter is then completed instead of being written anew. The first heartbeat, which comes before
    the first delimiter, is a preamble to strict readers and an empty message to Apollo's.
    """

    content_type = b"multipart/mixed;boundary=%b;subscriptionSpec=1.0" % _BOUNDARY
    heartbeat_s = 5.0
    ending = b"--\r\n"

    def __init__(self) -> None:
        """Write the parts that never change."""
        self.heartbeat = self._part(b"{}")
        self.beginning = self.heartbeat

    def next(self, payload: bytes, _cursor: str | None) -> bytes:
        """Return one part."""
        return self._part(b'{"payload":%b}' % payload)

    @staticmethod
    def _part(content: bytes) -> bytes:
        head = b"\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(content)
        return head + content + b"\r\n--%b" % _BOUNDARY


_FORMATS: Final[Mapping[Medium, Format]] = {Medium.EVENTS: ServerSentEvents(), Medium.MULTIPART: Multipart()}
_ALLOWED: Final = {
    (Medium.EVENTS, "POST"): frozenset(OperationType),
    (Medium.EVENTS, "GET"): frozenset({OperationType.QUERY, OperationType.SUBSCRIPTION}),
    (Medium.MULTIPART, "POST"): frozenset({OperationType.SUBSCRIPTION}),
    (Medium.MULTIPART, "GET"): frozenset({OperationType.SUBSCRIPTION}),
}


class HttpListener:
    """The one operation of a stream: what it is answered with waits here until the client takes it."""

    def __init__(self, form: Format, context: Context, resume_after: str | None) -> None:
        """Write in ``form`` for the viewer of ``context``."""
        self.context = context
        self.member: Member | None = None
        self.resume_after = resume_after
        self.is_over = False
        self._format = form
        self._chunks: list[bytes] = [form.beginning] if form.beginning else []
        self._size = 0
        self._changed = asyncio.Event()

    @property
    def is_paused(self) -> bool:
        """Whether the client takes nothing more for now."""
        return self._size > HELD_BYTES

    def next(self, payload: bytes, step: Step | None) -> None:
        """Send one response."""
        member, cursor = self.member, None
        if step and member:
            is_last = step.is_last if isinstance(step, Snapshot) else step.kind == COMPLETED
            cursor = watching.cursor_of(member.cohort.topic.stream, step.position, is_last=is_last)
        self._put(self._format.next(payload, cursor))

    def fail(self, errors: Sequence[Mapping[str, Any]]) -> None:
        """Say why the operation is not executed, as a response; nothing follows."""
        self._put(self._format.next(encode({"data": None, "errors": errors}), None))
        self.end()

    def end(self) -> None:
        """Say that nothing will follow."""
        self._put(self._format.ending)
        self.is_over = True

    def expire(self, refusal: RequestError) -> None:
        """Say that the viewer may see no more, and end."""
        if not self.is_over:
            self.fail([error_of(refusal.code, str(refusal))])
            self.leave()

    def tend(self, now: float) -> None:
        """Do nothing: the server itself ends connections of which the client takes nothing."""

    def shutdown(self) -> None:
        """End without a word: the client comes back, and goes on where it was."""
        self.is_over = True
        self._changed.set()
        self.leave()

    def leave(self) -> None:
        """Follow nothing any more."""
        if self.member:
            self.member.leave()

    async def take(self) -> bytes:
        """Return what has to be sent; a heartbeat where nothing has for a while, nothing at the end."""
        if not self._chunks and not self.is_over:
            try:
                async with asyncio.timeout(self._format.heartbeat_s):
                    await self._changed.wait()
            except TimeoutError:
                return self._format.heartbeat
        self._changed.clear()
        chunks, self._chunks, self._size = self._chunks, [], 0
        return b"".join(chunks)

    def _put(self, chunk: bytes) -> None:
        if not self.is_over:
            self._chunks.append(chunk)
            self._size += len(chunk)
            self._changed.set()


class HttpStreams:
    """Answers requests to the GraphQL paths whose client asks for a stream."""

    def __init__(self, host: Host) -> None:
        """Let ``host`` look after the streams."""
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            RefusedError: it can not be answered, in a way that HTTP has a status for.
        """
        exchange, request = exchange_of(scope), graphql_request(scope)
        medium = medium_for(scope["path"], exchange.field(b"accept"))
        assert medium, "checked by the caller"
        context = self._host.context(scope)
        try:
            await self._host.sign_in(context)
        except AWAY as error:
            raise away_refusal() from error
        if context.claims is None:
            exchange.user = None
        last = exchange.field(b"last-event-id").decode("latin-1") or None
        listener = HttpListener(_FORMATS[medium], context, last)
        form = _FORMATS[medium]
        headers = [(b"content-type", form.content_type), *_HEADERS]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        self._host.entered(listener)
        try:
            async with asyncio.TaskGroup() as together:
                leaving = together.create_task(_leave_with_client(receive, listener))
                running = together.create_task(self._run(request, listener, _ALLOWED[medium, scope["method"]]))
                await self._send_all(listener, send)
                leaving.cancel()
                running.cancel()
        finally:
            self._host.left(listener)
            listener.leave()

    async def _run(self, request: GraphQLRequest, listener: HttpListener, allowed: frozenset[OperationType]) -> None:
        await self._host.operations.run(request, listener.context, listener, allowed)

    async def _send_all(self, listener: HttpListener, send: Send) -> None:
        while True:
            chunk = await listener.take()
            if chunk:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
                if listener.member:
                    listener.member.catch_up(self._host.log)
            elif listener.is_over:
                break
        await send({"type": "http.response.body", "body": b""})


async def _leave_with_client(receive: Receive, listener: HttpListener) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    listener.shutdown()
