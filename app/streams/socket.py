"""A WebSocket as uvicorn's protocol class: read by ``websockets``, written directly, without a task or a queue."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import Protocol, Side, State
from websockets.server import ServerProtocol

from app.edge.exchange import exchange_of
from app.edge.passage import header_lines
from app.streams.conversation import PROTOCOL, Conversation
from app.streams.frames import PING, text_frame, whole_frames

if TYPE_CHECKING:
    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from app.edge.answers import RefusedError
    from app.edge.exchange import Exchange
    from app.streams.host import Host
    from domain.errors import RequestError
    from schema.context import Context

MAX_MESSAGE: Final = 64 * 1024
CLOSE_WAIT_S: Final = 5.0
"""For the other side to answer our close."""
PING_S: Final = 20.0
"""Silence after which the client is asked whether it is still there; as long again, and it is not."""
SLOW_S: Final = 30.0
"""How long a client may take nothing of what it is sent."""
_REASON_BYTES: Final = 123
"""The most that a close frame takes (RFC 6455, 5.5)."""
_HELD_BYTES: Final = 64 * 1024
"""Written but not taken by the system, beyond which nothing more is sent."""
_HEAD_END: Final = b"\r\n\r\n"
"""Frames come behind it, which a protocol that has not said yes must not see."""
_NOTHING: Final[dict[bytes, bytes]] = {}
WRONG_PROTOCOL: Final = 4406
TOO_SLOW: Final = 1013
RECONNECT: Final = 1012


class StreamSocket(asyncio.Protocol):
    """One WebSocket. Its ``host`` is that of all sockets of a server."""

    __slots__ = (
        "_begun",
        "_connections",
        "_conversation",
        "_exchange",
        "_heard_at",
        "_is_open",
        "_loop",
        "_parts",
        "_paused_at",
        "_protocol",
        "_started",
        "_transport",
        "close_code",
        "is_paused",
    )
    host: Host

    def __init__(
        self,
        config: Config,  # noqa: ARG002 - whatever uvicorn hands over
        server_state: ServerState,
        app_state: dict[str, Any],  # noqa: ARG002
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Take what uvicorn hands over."""
        self._connections = server_state.connections
        self._loop = _loop or asyncio.get_running_loop()
        self._protocol: Protocol | None = ServerProtocol(max_size=MAX_MESSAGE, logger=self.host.logger)
        """Shakes hands, reads what has arrived, and closes; there is none in between, for it takes 2 kB."""
        self._begun = b""
        """The beginning of a frame."""
        self._conversation: Conversation | None = None
        self._exchange: Exchange | None = None
        self._parts: list[bytes] | None = None
        """Of a message that is under way."""
        self._started = time.perf_counter()
        self._heard_at = self._loop.time()
        self._paused_at = 0.0
        self._is_open = False
        """Whether neither side has begun to close."""
        self.is_paused = False
        """Whether the client does not take what it was sent."""
        self.close_code: int | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Wait for the handshake, which has arrived already."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(_HELD_BYTES)
        self._connections.add(self)  # type: ignore[arg-type]  # uvicorn calls its ``shutdown``, no more

    def data_received(self, data: bytes) -> None:
        """Act on what has arrived."""
        self._heard_at = self._loop.time()
        if self._conversation is None:
            head, end, data = data.partition(_HEAD_END)
            self._read(head + end)
            if self._conversation is None:
                return
        data = self._begun + data
        whole = whole_frames(data, MAX_MESSAGE) if self._is_open else len(data)
        self._begun = data[whole:]
        if whole:
            self._read(data[:whole])

    def eof_received(self) -> None:
        """End the connection."""
        self._is_open = False
        self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - as asyncio calls it
        """Leave all that was followed."""
        self._connections.discard(self)
        self._is_open = False
        if self._conversation:
            self._conversation.ended()
            self.host.left(self)
            received = self._protocol and self._protocol.close_rcvd
            self._log(101, self.close_code or (received.code if received else CloseCode.ABNORMAL_CLOSURE))

    def pause_writing(self) -> None:
        """Send nothing more, and read nothing that would have to be answered."""
        self.is_paused = True
        self._paused_at = self._loop.time()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on where each subscription stands."""
        self.is_paused = False
        self._transport.resume_reading()
        if self._conversation:
            self._conversation.catch_up()

    @property
    def context(self) -> Context:
        """Who it is."""
        assert self._conversation, "a guest's handshake is over"
        return self._conversation.context

    def expire(self, refusal: RequestError) -> None:
        """Say that the viewer may see no more, and close."""
        if self._conversation:
            self._conversation.expire(refusal)

    def shutdown(self) -> None:
        """Ask the client to come back: this server stops."""
        self.close(RECONNECT, "Reconnect")

    def send(self, *parts: bytes) -> None:
        """Send a text, UTF-8, in parts."""
        if self._is_open:
            self._transport.write(text_frame(*parts))

    def close(self, code: int, reason: str) -> None:
        """Close the connection, if it is not about to."""
        if self._is_open:
            self._is_open = False
            self.close_code = code
            said = reason.encode("utf-8", "replace")[:_REASON_BYTES].decode("utf-8", "ignore")
            self._protocol = protocol = self._protocol or self._reader()
            protocol.send_close(code, said)
            self._flush(protocol)
            self._transport.resume_reading()  # the answer, even where nothing else was to be read
            self._loop.call_later(CLOSE_WAIT_S, self._transport.abort)
        elif self._conversation is None:
            self._transport.close()

    def hold(self) -> None:
        """Read nothing more for now."""
        self._transport.pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if not self.is_paused:
            self._transport.resume_reading()

    def tend(self, now: float) -> None:
        """Ask a silent client whether it is there; close where it is not, or takes nothing.

        Args:
            now: ``loop.time()``.
        """
        if self._conversation:
            self._conversation.tend()
        if self.is_paused:
            if now - self._paused_at > SLOW_S and self._is_open:
                self.close(TOO_SLOW, "Too slow: come back with your last cursor")
            elif now - self._paused_at > SLOW_S and self.close_code is None:  # it sent what is no frame, and is closing
                self._transport.abort()
        elif now - self._heard_at > 2 * PING_S:
            self._transport.abort()
        elif now - self._heard_at > PING_S and self._is_open:
            self._transport.write(PING)

    def _read(self, data: bytes) -> None:
        """Act on the handshake, or on whole frames."""
        self._protocol = protocol = self._protocol or self._reader()
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Request):
                self._shake_hands(event)
            elif isinstance(event, Frame):
                self._take(event)
        self._flush(protocol)
        if self._is_open:
            self._is_open = protocol.state is State.OPEN
            if self._is_open and protocol.current_size is None:  # no message is under way
                self._protocol = None

    def _reader(self) -> Protocol:
        return Protocol(Side.SERVER, state=State.OPEN, max_size=MAX_MESSAGE, logger=self.host.logger)

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self.close(4400, "WebSocket message type must be text")
        if frame.opcode not in {Opcode.TEXT, Opcode.CONT} or self.close_code is not None:
            return
        if frame.data:
            self._parts = self._parts or []
            self._parts.append(bytes(frame.data))
        if frame.fin and self._conversation:
            message, self._parts = b"".join(self._parts or ()), None
            try:
                text = message.decode()
            except UnicodeDecodeError:
                self.close(CloseCode.INVALID_DATA, "not UTF-8")
            else:
                self._conversation.receive(text)

    def _shake_hands(self, request: Request) -> None:
        scope = self._scope(request)
        self._exchange = exchange_of(scope)
        refusal = self.host.edge.admit(scope)
        if refusal:
            self._refuse(refusal)
            return
        assert isinstance(self._protocol, ServerProtocol), "there is one handshake"
        response = self._protocol.accept(request)
        response.headers["X-Request-Id"] = self._exchange.request_id
        offered = self._exchange.field(b"sec-websocket-protocol")
        is_ours = PROTOCOL in [each.strip() for each in offered.decode("latin-1").split(",")]
        if is_ours:
            response.headers["Sec-WebSocket-Protocol"] = PROTOCOL
        self._protocol.send_response(response)
        if self._protocol.state is not State.OPEN:
            self._log(response.status_code, None)
            return
        self._forget_handshake(self._protocol)
        self._is_open = True
        self._conversation = Conversation(self, self.host, self.host.context(scope))
        self._exchange.fields = _NOTHING
        self.host.entered(self)
        self.host.edge.socket_opened()
        if not is_ours:
            self.close(WRONG_PROTOCOL, "Subprotocol not acceptable")

    def _forget_handshake(self, protocol: Protocol) -> None:
        """Send its answer, and forget all that was said."""
        self._flush(protocol)
        protocol.parser.close()  # it holds the protocol that holds it
        self._protocol = None

    def _scope(self, request: Request) -> dict[str, Any]:
        path, _, query = request.path.partition("?")
        client = self._transport.get_extra_info("peername")
        return {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "scheme": "ws",
            "headers": [
                (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in request.headers.raw_items()
            ],
            "client": client[:2] if isinstance(client, tuple) else None,
        }

    def _refuse(self, refusal: RefusedError) -> None:
        response = refusal.response()
        response.headers["connection"] = "close"
        head = STATUS_LINE[refusal.status] + header_lines(response.raw_headers)
        self._transport.write(head + b"\r\n" + bytes(response.body))
        self._transport.close()
        self._log(refusal.status, None)

    def _flush(self, protocol: Protocol) -> None:
        """Send what a protocol wants to say; the end of it means that the connection ends."""
        for data in protocol.data_to_send():
            if data:
                self._transport.write(data)
            else:
                self._transport.close()

    def _log(self, status: int, close_code: int | None) -> None:
        assert self._exchange, "logged after the handshake"
        self.host.edge.socket_ended("/graphql", self._exchange, (status, close_code), self._started)


def stream_socket(host: Host) -> type[StreamSocket]:
    """Return the class for ``uvicorn.Config(ws=…)``; uvicorn makes the instances."""
    return type("StreamSocket", (StreamSocket,), {"host": host, "__slots__": ()})
