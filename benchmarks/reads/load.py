"""A closed loop of HTTP requests over keep-alive connections, as cheap for its own core as Python can be.

Each connection sends its next request when the answer to its last one is complete. Answers are checked for their
status and the beginning of their body; what they say is compared elsewhere.
"""

from __future__ import annotations

import re
import select
import socket
import statistics
import time
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CHUNK: Final = 1 << 18
PATIENCE_S: Final = 30
_BEGIN: Final = b'{"data"'
_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_ENCODING: Final = re.compile(rb"(?i)\r\ncontent-encoding:")


class UnexpectedAnswerError(Exception):
    """The server answered something else than what is measured."""


@dataclass(frozen=True, slots=True)
class Load:
    """What to send, where, and for how long."""

    port: int
    requests: Sequence[bytes]
    seconds: float
    connections: int = 16
    status: bytes = b"200"
    """Status of every answer. A body that is not compressed begins with ``{"data"``."""
    spins: bool = False
    """Whether to look for answers all the time instead of sleeping until they come: to wake a sleeper costs the one
    who sends, and on virtual machines that is most of what a kept answer costs. For loads that leave databases alone.
    """


@dataclass(slots=True)
class Outcome:
    """What a load came to."""

    count: int
    seconds: float
    p50_ms: float
    p99_ms: float


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    begun: float = 0.0
    received: bytearray = field(default_factory=bytearray)
    expected: int = 0
    """Bytes of the whole answer; 0 until its head is there."""


def run(load: Load) -> Outcome:
    """Put the load on the server of this machine, and wait for the last answers.

    Raises:
        UnexpectedAnswerError: another status, a closed connection, or an answer without data.
    """
    poll = select.epoll()
    requests = cycle(load.requests)
    connections = {each.socket.fileno(): each for each in (_connected(load.port) for _ in range(load.connections))}
    for number, connection in connections.items():
        poll.register(number, select.EPOLLIN)
        _send(connection, next(requests))
    begun = time.perf_counter()
    latencies = _exchange(load, poll, connections, requests, begun + load.seconds)
    seconds = time.perf_counter() - begun
    for connection in connections.values():
        connection.socket.close()
    poll.close()
    percentiles = statistics.quantiles(latencies, n=100, method="inclusive")
    return Outcome(len(latencies), seconds, percentiles[49] * 1e3, percentiles[98] * 1e3)


def ask(port: int, request: bytes) -> tuple[bytes, bytes]:
    """Send one request and return head and body of its answer.

    Raises:
        UnexpectedAnswerError: as ``run``.
    """
    connection = _connected(port)
    with connection.socket:
        _send(connection, request)
        while not _is_whole(connection, b"200"):
            pass
    head, _, body = bytes(connection.received).partition(b"\r\n\r\n")
    return head, body


def _connected(port: int) -> _Connection:
    link = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _Connection(link)


def _exchange(
    load: Load, poll: select.epoll, connections: dict[int, _Connection], requests: Iterator[bytes], end: float
) -> list[float]:
    """Return how many seconds each answer took."""
    latencies: list[float] = []
    busy = len(connections)
    clock = time.perf_counter
    while busy:
        ready = poll.poll(0) if load.spins else poll.poll(PATIENCE_S)
        if load.spins and not ready and clock() < end + PATIENCE_S:
            continue
        if not ready:
            raise UnexpectedAnswerError(f"nothing for {PATIENCE_S} s")
        for number, _ in ready:
            connection = connections[number]
            if not _is_whole(connection, load.status):
                continue
            now = clock()
            latencies.append(now - connection.begun)
            if now < end:
                _send(connection, next(requests))
            else:
                busy -= 1
    return latencies


def _send(connection: _Connection, request: bytes) -> None:
    connection.begun = time.perf_counter()
    connection.expected = 0
    connection.received.clear()
    connection.socket.sendall(request)


def _is_whole(connection: _Connection, status: bytes) -> bool:
    """Receive what is there; whether the answer is complete now."""
    chunk = connection.socket.recv(CHUNK)
    if not chunk:
        raise UnexpectedAnswerError("the server closed a connection")
    connection.received += chunk
    if not connection.expected:
        head = connection.received.find(b"\r\n\r\n")
        if head < 0:
            return False
        connection.expected = head + 4 + _checked_length(connection.received, head, status)
    return len(connection.received) >= connection.expected


def _checked_length(received: bytearray, head: int, status: bytes) -> int:
    """Return the length of the body that follows the head."""
    found = _LENGTH.search(received, 0, head)
    length = int(found[1]) if found else 0
    begin = received[head + 4 : head + 4 + len(_BEGIN)]
    begins_well = _BEGIN.startswith(begin) or _ENCODING.search(received, 0, head)
    if received[9:12] != status or not begins_well:
        raise UnexpectedAnswerError(bytes(received[:2000]).decode(errors="replace"))
    return length
