"""Bounds for a request's head, which uvicorn does not set: size and number of headers, and time to arrive."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle
from dataclasses import dataclass
from typing import Any, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.edge.answers import CLOSE, RefusedError
from app.edge.exchange import Exchange

LINE_OVERHEAD = 4
"""Bytes of a header line besides name and value."""


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """The most that a head may hold; the address counts as a part of it."""

    bytes: int = 16 * 1024
    headers: int = 100

    def check(self, scope: Scope, exchange: Exchange) -> None:
        """Check the head of a request or socket.

        Raises:
            RefusedError: 431.
        """
        headers, fields = scope["headers"], exchange.fields
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"]) + len(headers) * LINE_OVERHEAD
        if len(fields) == len(headers):
            size += sum(map(len, fields)) + sum(map(len, fields.values()))
        else:
            size += sum(len(name) + len(value) for name, value in headers)
        if size > self.bytes or len(headers) > self.headers:
            raise _too_large(self.bytes)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also ends a head that comes too slowly or never ends, and unread bodies.

    A silent connection is closed, a late or endless head is answered 408 or 431 first.
    """

    head_seconds = 10.0
    head_bytes = 16 * 1024

    def __init__(self, *args: Any, **keywords: Any) -> None:  # noqa: ANN401 - whatever uvicorn hands over
        """Take what uvicorn hands over."""
        super().__init__(*args, **keywords)
        self._is_in_head = True
        self._head_arrived = 0
        self._head_timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for the first head."""
        super().connection_made(cast("Any", transport))
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head that did not arrive at once, as long and as large as it may be."""
        if self._is_in_head:
            self._head_arrived += len(data)
        super().data_received(data)
        if self._is_in_head and self._head_arrived:
            self._start_timer()
            if self._head_arrived > self.head_bytes:
                self._refuse(_too_large(self.head_bytes))

    def on_headers_complete(self) -> None:
        """End the wait."""
        self._is_in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Expect the next head, for which time runs from its first byte on."""
        super().on_message_complete()
        self._is_in_head = True
        self._head_arrived = 0

    def on_response_complete(self) -> None:
        """Close where a part of the body was never read: uvicorn would read it all, however much is promised."""
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            self.transport.close()

    def _start_timer(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._head_is_late)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            return  # the answer before it still goes out; uvicorn's keep-alive time ends the connection after that
        message = f"The head of the request did not arrive within {self.head_seconds:g} s."
        self._refuse(RefusedError(408, message, "TIMEOUT", headers=CLOSE))

    def _refuse(self, refusal: RefusedError) -> None:
        if self.transport.is_closing():
            return
        if self._head_arrived:
            response = refusal.response()
            lines = b"".join(b"%b: %b\r\n" % header for header in response.raw_headers)
            self.transport.write(STATUS_LINE[response.status_code] + lines + b"\r\n" + response.body)
        self.transport.close()


def guarded_protocol(head_seconds: float, head_bytes: int) -> type[GuardedProtocol]:
    """Return the class for ``uvicorn.Config(http=…)``; uvicorn makes the instances, so the numbers are its own."""
    return type("GuardedProtocol", (GuardedProtocol,), {"head_seconds": head_seconds, "head_bytes": head_bytes})


def _too_large(max_bytes: int) -> RefusedError:
    return RefusedError(431, f"The head of the request is too large: allowed {max_bytes:,} bytes.", headers=CLOSE)
