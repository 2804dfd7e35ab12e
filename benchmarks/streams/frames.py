"""WebSocket (RFC 6455) as a client needs it that shall cost little: zero masks, whole messages, no extensions."""

from __future__ import annotations

import base64
import os
from typing import Final

TEXT: Final = 1
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10
_MASK: Final = bytes(4)


def upgrade(port: int) -> bytes:
    """Return the request that opens a graphql-transport-ws connection to ``/graphql``."""
    return "\r\n".join(
        [
            "GET /graphql HTTP/1.1",
            f"Host: 127.0.0.1:{port}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Protocol: graphql-transport-ws",
            "\r\n",
        ]
    ).encode()


def frame(payload: bytes, opcode: int = TEXT) -> bytes:
    """Return a frame of up to 64 kB as clients send it: masked, here with zeros, which leave it as it is."""
    size = len(payload)
    head = bytes((0x80 | opcode, 0x80 | size)) if size < 126 else bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big")
    return head + _MASK + payload


def split(data: bytes) -> tuple[list[tuple[int, bytes]], bytes]:
    """Return the opcodes and payloads of a server's whole frames, and what is left of an unfinished one."""
    found: list[tuple[int, bytes]] = []
    at, size = 0, len(data)
    while size - at >= 2:
        length, begin = data[at + 1], at + 2
        if length == 126:
            length, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
        elif length == 127:
            length, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
        if begin + length > size:
            break
        found.append((data[at] & 15, data[begin : begin + length]))
        at = begin + length
    return found, data[at:]
