"""One request on its way through the edge: what its answer is given to carry, and what is seen of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from starlette.types import Message, Receive, Send

from app.edge.exchange import Exchange

Header = tuple[bytes, bytes]
WholeAnswer = tuple[int, bytes, bytes]
"""Status, header lines and body."""
Write = Callable[[WholeAnswer], bool]
"""Writes a whole answer; returns whether it could."""
SECURITY_HEADERS: Final = ((b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer"))
"""Carried by every answer that does not set them itself."""
_SET: Final = frozenset(name for name, _ in SECURITY_HEADERS)
_CLOSE: Final = (b"connection", b"close")
_STREAMS: Final = (b"text/event-stream", b"multipart/")


class Passage:
    """Wraps the two sides of one HTTP exchange, each once.

    An answer that comes before the body was read announces that the connection closes: ``GuardedProtocol`` closes it,
    and a client that was not told would send its next request into nothing.
    """

    __slots__ = (
        "_receive",
        "_send",
        "_write",
        "exchange",
        "is_over",
        "is_stream",
        "is_unread",
        "on_begin",
        "sharing",
        "size",
        "status",
    )

    def __init__(self, exchange: Exchange, receive: Receive, send: Send, write: Write | None = None) -> None:
        """Begin, with nothing answered; ``write`` is there where the server takes whole answers."""
        self._receive = receive
        self._send = send
        self._write = write
        self.exchange = exchange
        self.sharing: tuple[Header, ...] = ()
        """What the answer carries for a page of another origin."""
        self.is_unread = has_body(exchange.fields)
        self.on_begin: Callable[[], None] | None = None
        """Called as the answer begins."""
        self.status = 0
        """Of the answer, 0 before it began."""
        self.size = 0
        """Bytes of the answer's body."""
        self.is_stream = False
        self.is_over = False
        """Whether what the application still sends comes too late."""

    async def receive(self) -> Message:
        """Receive as ASGI has it."""
        message = await self._receive()
        if self.is_unread and not message.get("more_body", False):
            self.is_unread = False
        return message

    def whole(self, status: int, head: bytes, body: bytes) -> bool:
        """Send an answer in one go; False where it has to be sent as ASGI has it.

        Args:
            status: of the answer.
            head: its header lines, without those that every answer carries.
            body: all of it.
        """
        if self._write is None or self.is_over or self.status or self.is_unread:
            return False
        own = b"x-request-id: %b\r\n" % self.exchange.request_id.encode()
        head += header_lines(SECURITY_HEADERS + self.sharing) + own
        if not self._write((status, head, body)):
            return False
        if self.on_begin:
            self.on_begin()
            self.on_begin = None
        self.status, self.size = status, len(body)
        return True

    async def send(self, message: Message) -> None:
        """Send as ASGI has it, or drop what comes too late."""
        if not self.is_over:
            await self.deliver(message)

    async def deliver(self, message: Message) -> None:
        """Send in any case."""
        if message["type"] == "http.response.start":
            self._begin(message)
        else:
            self.size += len(message.get("body", b""))
        await self._send(message)

    def _begin(self, message: Message) -> None:
        headers: list[Header] = list(message.get("headers", ()))
        names = dict(headers)
        if self.on_begin:
            self.on_begin()
            self.on_begin = None
        self.status = message["status"]
        self.is_stream = names.get(b"content-type", b"").startswith(_STREAMS)
        if _SET.isdisjoint(names):
            headers += SECURITY_HEADERS
        else:
            headers += [header for header in SECURITY_HEADERS if header[0] not in names]
        headers += self.sharing
        headers.append((b"x-request-id", self.exchange.request_id.encode()))
        if self.is_unread and b"connection" not in names:
            headers.append(_CLOSE)
        message["headers"] = headers


def header_lines(headers: Iterable[Header]) -> bytes:
    """Return headers as HTTP/1.1 writes them."""
    return b"".join([b"%b: %b\r\n" % header for header in headers])


def has_body(fields: Mapping[bytes, bytes]) -> bool:
    """Return whether a request with these headers brings a body."""
    return fields.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in fields
