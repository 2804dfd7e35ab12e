"""One client of many: follows a stream over graphql-transport-ws and checks that it has neither gap nor repeat.

Messages are searched, not parsed, where they tell the event that is published; all others are read as JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from benchmarks.streams import clock
from benchmarks.streams.frames import CLOSE, PING, PONG, frame, split, upgrade

if TYPE_CHECKING:
    from benchmarks.streams.operations import Operation, Seat

_KEY: Final = "3c5a1e0e-6d0b-4a4e-9d4c-0b6a1f2e7d88"
"""Id of the one operation of a socket, as long as those of graphql-ws."""
_CURSOR: Final = re.compile(rb'"cursor": ?"([^"]+)"')
_FATAL: Final = re.compile(r"44\d\d ")
"""Close codes of graphql-transport-ws."""
_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing throws away what is on its way and resets the connection."""


class RefusedError(Exception):
    """The server closed the connection with a code after which clients do not come back."""


@dataclass(slots=True)
class Tally:
    """What all clients together have seen."""

    received: int = 0
    lost: int = 0
    """Events that were skipped, and streams that started over where they should have gone on."""
    doubled: int = 0
    samples: list[int] = field(default_factory=list)
    """Microseconds from publishing to receipt, while they are wanted."""
    is_sampling: bool = False
    troubles: list[str] = field(default_factory=list)
    """What no client should ever see, in words."""


@dataclass(frozen=True, slots=True)
class Show:
    """What all clients watch, and where."""

    port: int
    operation: Operation
    origin: int | None
    """Sequence before the first event; None where a snapshot tells it."""


class Client:
    """One client: its place in its stream outlives its sockets."""

    __slots__ = ("_began", "_latest", "last", "seat", "show", "socket", "tally")

    def __init__(self, show: Show, seat: Seat, tally: Tally) -> None:
        """Watch what the seat says."""
        self.show = show
        self.seat = seat
        self.tally = tally
        self.last = show.origin
        self.socket: Socket | None = None
        self._latest = b""
        self._began: asyncio.Future[None] | None = None

    async def come(self) -> None:
        """Connect, go on behind the last event that arrived, and return when the stream has begun.

        Raises:
            ConnectionError: it did not come about; it may the next time.
            RefusedError: it will not.
        """
        loop = asyncio.get_running_loop()
        self._began = loop.create_future()
        await loop.create_connection(lambda: Socket(self), "127.0.0.1", self.show.port)
        await self._began

    def cut(self) -> None:
        """Reset the connection."""
        if self.socket:
            self.socket.reset()

    def subscribed(self) -> None:
        """Note that the server knows what is watched."""
        if self.show.origin is not None:
            self._begin()

    def take(self, sequence: int, microseconds: int, message: bytes) -> None:
        """Take an event."""
        tally = self.tally
        tally.received += 1
        if tally.is_sampling:
            tally.samples.append(microseconds)
        assert self.last is not None, "a snapshot comes first"
        missed = sequence - self.last - 1
        if missed < 0:
            tally.doubled += 1
            return
        tally.lost += missed
        self.last = sequence
        self._latest = message

    def start_at(self, sequence: int, *, resumed: bool, message: bytes) -> None:
        """Take a snapshot: the beginning, or where the stream goes on."""
        if self.last is not None:
            self.tally.lost += max(sequence - self.last, 0 if resumed else 1)
        self.last = sequence if self.last is None or not resumed else max(sequence, self.last)
        self._latest = message
        self._begin()

    def part(self, socket: Socket, reason: str) -> None:
        """Note that a socket is closed."""
        if socket is not self.socket:
            return
        self.socket = None
        if self._began and not self._began.done():
            self._began.set_exception(RefusedError(reason) if _FATAL.match(reason) else ConnectionResetError(reason))
        else:
            self.trouble(f"closed: {reason}")

    def trouble(self, what: str) -> None:
        """Note what should not be."""
        self.tally.troubles.append(what[:300])

    def subscription(self) -> bytes:
        """Return the message that subscribes, behind the last event."""
        operation, variables = self.show.operation, dict(self.seat.variables)
        if cursor := _CURSOR.search(self._latest):
            variables["after"] = cursor[1].decode()
        payload = {"operationName": operation.name, "query": operation.document, "variables": variables}
        return _message("subscribe", id=_KEY, payload=payload)

    def _begin(self) -> None:
        if self._began and not self._began.done():
            self._began.set_result(None)


class Socket(asyncio.Protocol):
    """One connection of a client."""

    __slots__ = ("_client", "_event", "_is_open", "_rest", "_said", "_transport")

    def __init__(self, client: Client) -> None:
        """Speak for ``client``."""
        self._client = client
        self._event = re.compile(client.show.operation.event).search
        self._is_open = False
        self._rest = b""
        self._said = "without a word"
        client.socket = self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the protocol."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's says nothing of its kind
        self._transport.write(upgrade(self._client.show.port))

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the client."""
        self._client.part(self, f"{exc}" if exc else self._said)

    def data_received(self, data: bytes) -> None:
        """Take whatever whole messages there are."""
        now = clock.stamp()
        if not self._is_open:
            head, end, data = (self._rest + data).partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            self._open(head)
        elif self._rest:
            data = self._rest + data
        messages, self._rest = split(data)
        for opcode, message in messages:
            if found := self._event(message):
                self._client.take(int(found[1]), clock.microseconds(int(found[2]), now), message)
            else:
                self._hear(opcode, message)

    def reset(self) -> None:
        """Break the connection off, as a dead network does."""
        self._client.socket = None
        self._transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self._transport.abort()

    def _open(self, head: bytes) -> None:
        self._is_open, self._rest = True, b""
        if not head.startswith(b"HTTP/1.1 101"):
            self._said = head.decode(errors="replace")
            self._transport.close()
            return
        authorization = self._client.seat.authorization
        payload = {"authorization": authorization} if authorization else {}
        self._transport.write(frame(_message("connection_init", payload=payload)))

    def _hear(self, opcode: int, message: bytes) -> None:
        if opcode == PING:
            self._transport.write(frame(message, PONG))
        elif opcode == CLOSE:
            self._said = f"{int.from_bytes(message[:2], 'big')} {message[2:].decode()}"
            self._transport.close()
        elif opcode != PONG:
            self._understand(json.loads(message), message)

    def _understand(self, said: dict[str, Any], message: bytes) -> None:
        kind, payload = said["type"], said.get("payload")
        if kind == "connection_ack":
            self._transport.write(frame(self._client.subscription()))
            self._client.subscribed()
        elif kind == "ping":
            self._transport.write(frame(_message("pong")))
        elif kind == "next" and isinstance(payload, dict) and "errors" not in payload:
            (told,) = payload["data"].values()
            self._client.start_at(told["sequence"], resumed=told.get("resumed", True), message=message)
        elif kind != "pong":
            self._client.trouble(message.decode())
            self._transport.close()


def _message(kind: str, **parts: object) -> bytes:
    return json.dumps({"type": kind, **parts}, separators=(",", ":")).encode()
