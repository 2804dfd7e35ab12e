"""A proxy that breaks the first stream which passes through it, in the middle of an event."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FlakyProxy:
    """Stands between a client and the API; breaks the first stream, and swallows the event that it was carrying."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.broken = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        api_reader, api_writer = await asyncio.open_connection("127.0.0.1", self.port)
        async with asyncio.TaskGroup() as directions:
            directions.create_task(self._carry(reader, api_writer))
            directions.create_task(self._carry(api_reader, writer))

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(65_536):
                if not self.broken and b"GenerationProgress" in chunk and b"GenerationSnapshot" not in chunk:
                    self.broken += 1
                    break
                writer.write(chunk)
                await writer.drain()
        except ConnectionError:
            pass  # the other end has left
        finally:
            writer.close()


@asynccontextmanager
async def flaky(url: str) -> AsyncIterator[tuple[str, FlakyProxy]]:
    """Give the URL of a proxy before the API that ``url`` names."""
    proxy = FlakyProxy(int(url.rpartition(":")[2]))
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", proxy
