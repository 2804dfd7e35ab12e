"""WebSockets whose every byte is ours: clients that break the protocol, or do nothing at all."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from typing import cast

FIN, TEXT, CONTINUED, CLOSE, PING, PONG = 0x80, 0x1, 0x0, 0x8, 0x9, 0xA
INIT = b'{"type":"connection_init"}'


def frame(content: bytes, head: int = FIN | TEXT, *, is_masked: bool = True) -> bytes:
    """Return a frame as a client sends it, masked with zeros (RFC 6455, 5.2)."""
    size = len(content)
    mask = 0x80 if is_masked else 0
    if size < 126:
        length = bytes((mask | size,))
    elif size < 1 << 16:
        length = bytes((mask | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((mask | 127,)) + size.to_bytes(8, "big")
    return bytes((head,)) + length + (b"\0\0\0\0" if is_masked else b"") + content


class RawSocket:
    """A WebSocket whose every byte is ours."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def receive(self) -> tuple[int, bytes]:
        """Return opcode and content of the next frame."""
        head, size = await self.reader.readexactly(2)
        assert not size & 0x80, "a server does not mask"
        assert head & 0x70 == 0
        if size == 126:
            size = int.from_bytes(await self.reader.readexactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self.reader.readexactly(8), "big")
        return head & 0x0F, await self.reader.readexactly(size)

    def take_nothing(self) -> None:
        """Read nothing more: what the system does not hold waits at the server."""
        cast("asyncio.Transport", self.writer.transport).pause_reading()

    async def close_code(self) -> int:
        """Return the code with which the server closes."""
        async with asyncio.timeout(10):
            while True:
                opcode, content = await self.receive()
                if opcode == CLOSE:
                    return int.from_bytes(content[:2], "big")


async def raw(
    url: str, path: str = "/graphql", *, behind: bytes = b"", receive_bytes: int = 0, **headers: str
) -> tuple[int, RawSocket]:
    """Shake hands with the server at ``url``; return the status of its answer too.

    What comes ``behind`` the handshake is sent together with it. The system keeps at most about ``receive_bytes`` that
    have not been read, if given.
    """
    host, _, port = url.removeprefix("http://").partition(":")
    connection = socket.socket()
    if receive_bytes:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
    connection.setblocking(False)
    await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=connection)
    fields = {
        "Host": f"{host}:{port}", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(),
        "Sec-WebSocket-Protocol": "graphql-transport-ws",
    }  # fmt: skip
    lines = "".join(f"{name}: {value}\r\n" for name, value in (fields | headers).items())
    writer.write(f"GET {path} HTTP/1.1\r\n{lines}\r\n".encode() + behind)
    head = await reader.readuntil(b"\r\n\r\n")
    return int(head.split()[1]), RawSocket(reader, writer)
