"""The servers that are measured: each a process of its own on the server's core, over the same database."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.settings import Settings
from benchmarks.reads.cpu import starting_on
from conftest import Process, free_port, install
from domain.tokens import AccessTokens

if TYPE_CHECKING:
    from collections.abc import Collection
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
    "OPERATION_COST": _UNLIMITED,
    "COST_BUCKET": _UNLIMITED,
    "COST_REFILL": _UNLIMITED,
    "ANSWER_CACHE_MS": "1000",
    "INTROSPECTION": "true",
    "LOG_LEVEL": "WARNING",
}


SignIn = Callable[["Asker"], Mapping[str, str]]
"""Returns the headers by which a server knows who asks."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    port: int
    pid: int
    sign_in: SignIn


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
        return self._start("easel", _bearer(self.folder), "app", "api")

    def batched(self) -> Server:
        """Start Easel's API with two fields as batch functions."""
        return self._start("batched", _bearer(self.folder), "benchmarks.reads.batched")

    def plain(self) -> Server:
        """Start Easel's schema behind Strawberry's own view."""
        return self._start("plain", _bearer(self.folder), "benchmarks.reads.plain")

    def floor(self) -> Server:
        """Start the floor."""
        return self._start("floor", by_header, "benchmarks.reads.floor")

    def _start(self, name: str, sign_in: SignIn, *module: str) -> Server:
        settings = install(self.folder, self.database_url, self.redis_url).environment | _ENVIRONMENT
        return self.start(name, (sys.executable, "-m", *module), settings, sign_in)

    def start(self, name: str, argv: tuple[str, ...], environment: Mapping[str, str], sign_in: SignIn) -> Server:
        """Start a program on the servers' cores that listens on PORT; return when it does."""
        port = free_port()
        process = Process(name, argv, {**environment, "PORT": str(port)}, self.folder / f"{name}.log")
        with starting_on(self.cores):
            process.start()
        self.ending.callback(process.stop)
        assert process.popen
        asyncio.run(_listening(port, process))
        return Server(port, process.popen.pid, sign_in)


def by_header(asker: Asker) -> Mapping[str, str]:
    """Return the header by which servers that check nothing know who asks."""
    return {"x-viewer": str(asker.user_id)}


def _bearer(folder: Path) -> SignIn:
    settings = Settings(easel_home=folder, public_url=PUBLIC_URL)
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
