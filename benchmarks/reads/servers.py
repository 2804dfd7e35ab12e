"""The servers that are measured: each a process of its own on the server's core, over the same database."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.settings import Settings
from benchmarks.reads.cpu import starting_on
from conftest import Process, free_port, install
from domain.tokens import AccessTokens

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from contextlib import ExitStack
    from pathlib import Path

    from benchmarks.reads.requests import Asker

PUBLIC_URL: Final = "https://easel.example"
"""Where pictures are said to be, by every server."""
_UNLIMITED: Final = "1000000000"
_ENVIRONMENT: Final = {
    "PUBLIC_URL": PUBLIC_URL,
    "REQUESTS_PER_USER": _UNLIMITED,
    "REQUESTS_PER_ADDRESS": _UNLIMITED,
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, and the headers by which it knows who asks."""

    port: int
    pid: int
    sign_in: Callable[[Asker], Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """What all servers stand on."""

    folder: Path
    database_url: str
    redis_url: str
    cores: Collection[int]
    ending: ExitStack
    """Ends what was started."""

    def easel(self) -> Server:
        """Start Easel's API as ``make run`` does."""
        return self._start("easel", "app", "api")

    def plain(self) -> Server:
        """Start Easel's schema behind Strawberry's own view."""
        return self._start("plain", "benchmarks.reads.plain")

    def floor(self) -> Server:
        """Start the floor."""
        server = self._start("floor", "benchmarks.reads.floor")
        return Server(server.port, server.pid, lambda asker: {"x-viewer": str(asker.user_id)})

    def _start(self, name: str, *module: str) -> Server:
        settings = install(self.folder, self.database_url, self.redis_url).environment | _ENVIRONMENT
        return self.start(name, (sys.executable, "-m", *module), settings)

    def start(self, name: str, argv: tuple[str, ...], environment: Mapping[str, str]) -> Server:
        """Start a program that listens on PORT and knows viewers by their tokens; wait until it does."""
        port = free_port()
        process = Process(name, argv, {**environment, "PORT": str(port)}, self.folder / f"{name}.log")
        with starting_on(self.cores):
            process.start()
        self.ending.callback(process.stop)
        assert process.popen
        asyncio.run(_listening(port, process))
        return Server(port, process.popen.pid, self._bearer())

    def _bearer(self) -> Callable[[Asker], Mapping[str, str]]:
        settings = Settings(easel_home=self.folder, public_url=PUBLIC_URL)
        tokens = AccessTokens(settings.token_key_pems(), settings.base_url, timedelta(days=1))
        return lambda asker: {"authorization": f"Bearer {tokens.issue(asker.user_id, asker.session_id).text}"}


async def _listening(port: int, process: Process) -> None:
    assert process.popen
    async with asyncio.timeout(60):
        while process.popen.poll() is None:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                return
    raise RuntimeError(f"{process.name} ended:\n{process.log.read_text()}")
