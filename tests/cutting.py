"""A proxy before the API whose connections a test cuts: when it says so, or by what they carry."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Final

from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    Passes = Callable[[bytes], bool]

_RESET: Final = struct.pack("ii", 1, 0)
"""SO_LINGER: closing throws away what is on its way and resets the connection."""


class Wire:
    """One connection through the proxy; it ends, in good order, before the first chunk that does not pass."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter, passes: Passes) -> None:
        self._ends = client, server
        self._passes = passes
        self._is_doomed = False

    def cut(self) -> None:
        """Reset both ends now."""
        for end in self._ends:
            with suppress(OSError):  # it is closed already
                end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            end.transport.abort()

    def cut_in_the_middle(self) -> None:
        """Let half of what the server says next pass, and reset both ends then."""
        self._is_doomed = True

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hand on what one side says, to its end."""
        try:
            while (chunk := await reader.read(65_536)) and self._passes(chunk):
                if self._is_doomed and writer is self._ends[0]:
                    writer.write(chunk[: len(chunk) // 2])
                    await writer.drain()
                    self.cut()
                    return
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass  # an end has left
        finally:
            writer.close()


class CuttingProxy:
    """Stands between clients and the API; ``wires`` are the connections that are open."""

    def __init__(self, port: int, passes: Passes) -> None:
        self.port = port
        self.passes = passes
        self.wires: dict[Wire, None] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection; end it at once where the API is away."""
        try:
            api_reader, api_writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.close()
            return
        wire = Wire(writer, api_writer, self.passes)
        self.wires[wire] = None
        try:
            async with asyncio.TaskGroup() as directions:
                directions.create_task(wire.carry(reader, api_writer))
                directions.create_task(wire.carry(api_reader, writer))
        finally:
            del self.wires[wire]


class FirstEvent:
    """Lets everything pass but the first event of progress: the stream breaks that carries it."""

    def __init__(self) -> None:
        self.broken = 0

    def passes(self, chunk: bytes) -> bool:
        is_lost = not self.broken and b"GenerationProgress" in chunk and b"GenerationSnapshot" not in chunk
        self.broken += is_lost
        return not is_lost


@asynccontextmanager
async def cuttable(url: str, passes: Passes = bool) -> AsyncIterator[tuple[str, CuttingProxy]]:
    """Give the URL of a proxy before the API that ``url`` names."""
    proxy = CuttingProxy(int(url.rpartition(":")[2]), passes)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0, backlog=2_048) as server:
        try:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", proxy
        finally:
            for wire in tuple(proxy.wires):
                wire.cut()
            await until(lambda: not proxy.wires)


@asynccontextmanager
async def flaky(url: str) -> AsyncIterator[tuple[str, FirstEvent]]:
    """Give the URL of a proxy that breaks the first stream, and swallows the event that it was carrying."""
    event = FirstEvent()
    async with cuttable(url, event.passes) as (proxied, _):
        yield proxied, event
