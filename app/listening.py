"""The port that the API listens on: whether it is free before the start, and whether the API answers after it."""

from __future__ import annotations

import asyncio
import errno
import socket


class PortUnavailable(Exception):
    """The port can not be listened on; the message says why and what to do."""


def ensure_port_is_free(host: str, port: int) -> None:
    """Check that a server could listen on ``host:port`` now; port 0 always can.

    Raises:
        PortUnavailable: Another program listens there, or we may not.
    """
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
                probe.listen(1)
            except OSError as error:
                raise PortUnavailable(_explain(host, port, error)) from error


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use by another program. Choose another: make run PORT={port + 1}"
    if error.errno == errno.EACCES:
        return f"This account may not listen on port {port}. Choose one above 1023: make run PORT=8000"
    return f"{host}:{port} can not be listened on: {error.strerror}. Set HOST and PORT."


async def answers(host: str, port: int, path: str) -> bool:
    """Whether an HTTP server at ``host:port`` answers a GET of ``path`` with status 200 within two seconds."""
    try:
        async with asyncio.timeout(2):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
                status = await reader.readline()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
    return status.split(b" ")[1:2] == [b"200"]
