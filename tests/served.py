"""The API's host in the test's own process: what it keeps of its streams can be seen, and their clock is the test's."""

from __future__ import annotations

import asyncio
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import uvicorn

from app.asgi import create_host
from app.edge.protocol import guarded_protocol
from app.settings import Settings
from app.streams.socket import StreamSocket, stream_socket
from graph_client import GraphClient
from waiting import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from app.streams.host import Host


class Clock:
    """The running loop, by a clock that a test sets."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ahead = 0.0
        """Seconds."""

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the loop has
        return getattr(self._loop, name)

    def time(self) -> float:
        return self._loop.time() + self.ahead


@dataclass
class Served:
    """A host that serves, as the API does; no worker and no relay is there."""

    host: Host
    url: str
    clock: Clock

    async def signed_up(self) -> GraphClient:
        """Return a client that is signed in as a new user."""
        client = GraphClient(self.url)
        await client.sign_up("ann")
        return client

    def sockets(self) -> list[StreamSocket]:
        return [guest for guest in self.host._guests if isinstance(guest, StreamSocket)]

    def tend(self, seconds: float) -> None:
        """Look after all sockets, when so many seconds have passed."""
        self.clock.ahead += seconds
        for guest in self.sockets():
            guest.tend(self.clock.time())


@asynccontextmanager
async def running(config: uvicorn.Config, listener: socket.socket) -> AsyncIterator[None]:
    """Run uvicorn in this loop, on a socket that listens already."""
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await until(lambda: server.started or serving.done())
        assert server.started
        yield
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def served(
    database_url: str, redis_url: str, folder: Path, *, send_bytes: int = 0, slow_s: float = 60.0
) -> AsyncIterator[Served]:
    """Serve on a port of its own.

    The system takes at most about ``send_bytes`` to be sent on each connection, if given; a request's client may take
    nothing of its answer for ``slow_s``.
    """
    listener = socket.create_server(("127.0.0.1", 0))
    if send_bytes:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_bytes)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(easel_home=folder, database_url=database_url, redis_url=redis_url, public_url=url)
    host, clock = create_host(settings), Clock()
    plain = stream_socket(host)

    def clocked(config: Any, server_state: Any, app_state: Any) -> StreamSocket:  # noqa: ANN401 - uvicorn's
        return plain(config, server_state, app_state, cast("asyncio.AbstractEventLoop", clock))

    config = uvicorn.Config(
        host.edge, http=guarded_protocol(60, 16 * 1024, slow_seconds=slow_s), ws=cast("Any", clocked), log_config=None,
        access_log=False, timeout_graceful_shutdown=1,
    )  # fmt: skip
    async with running(config, listener):
        yield Served(host, url, clock)
