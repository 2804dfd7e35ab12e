"""One socket on its way through the edge: counted, logged and told its id, as requests are."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Receive, Send

from app.edge.exchange import Exchange
from app.metrics import Metrics

_BEGINNINGS = frozenset({"websocket.accept", "websocket.http.response.start"})


class SocketPassage:
    """Wraps the two sides of one WebSocket."""

    def __init__(self, exchange: Exchange, metrics: Metrics, receive: Receive, send: Send) -> None:
        """Begin, with the handshake not answered."""
        self._receive = receive
        self._send = send
        self._exchange = exchange
        self._metrics = metrics
        self._is_open = False
        self._refusal: int | None = None
        self.close_code: int | None = None

    @property
    def status(self) -> int:
        """HTTP status of the handshake."""
        return 101 if self._is_open else self._refusal or 403

    async def receive(self) -> Message:
        """Receive as ASGI has it."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect" and self.close_code is None:
            self.close_code = message.get("code", 1005)
        return message

    async def send(self, message: Message) -> None:
        """Send as ASGI has it."""
        kind = message["type"]
        if kind in _BEGINNINGS:
            message.setdefault("headers", [])
            MutableHeaders(scope=message)["x-request-id"] = self._exchange.request_id
        if kind == "websocket.accept":
            self._is_open = True
            self._metrics.websocket_opened()
        elif kind == "websocket.close":
            self.close_code = message.get("code", 1000)
        elif kind == "websocket.http.response.start":
            self._refusal = message["status"]
        await self._send(message)

    def end(self) -> None:
        """Count the socket no more."""
        if self._is_open:
            self._metrics.websocket_closed()
