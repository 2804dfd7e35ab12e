"""The servers that are measured: each a process of its own on the servers' core, over the same stores."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.settings import Settings
from benchmarks import ROOT
from benchmarks.cpu import starting_on
from conftest import Process, free_port, install
from domain.tokens import AccessTokens

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from contextlib import ExitStack
    from pathlib import Path

PUBLIC_URL: Final = "https://easel.example"
"""Where pictures are said to be, by every server."""
_UNLIMITED: Final = "1000000000"
_ENVIRONMENT: Final = {
    "PUBLIC_URL": PUBLIC_URL,
    "REQUESTS_PER_USER": _UNLIMITED,
    "DAILY_IMAGES": _UNLIMITED,
    "REQUESTS_PER_ADDRESS": _UNLIMITED,
    "OPERATION_COST": _UNLIMITED,
    "COST_BUCKET": _UNLIMITED,
    "COST_REFILL": _UNLIMITED,
    "ANSWER_CACHE_MS": "1000",
    "INTROSPECTION": "true",
    "LOG_LEVEL": "WARNING",
}
_PEERS: Final = ROOT / "benchmarks" / "peers"
_MODULES: Final = _PEERS / "node_modules"


@dataclass(frozen=True, slots=True)
class Program:
    """A running server."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Place:
    """What all servers stand on."""

    folder: Path
    database_url: str
    redis_url: str
    cores: Collection[int]
    """Cores of the servers."""
    ending: ExitStack
    """Ends what was started."""

    def start_module(self, name: str, *module: str) -> Program:
        """Start a Python module with the settings of Easel, rates raised so that nothing is refused."""
        settings = install(self.folder, self.database_url, self.redis_url).environment | _ENVIRONMENT
        return self._start(name, (sys.executable, "-m", *module), settings)

    def start_peer(self, name: str) -> Program:
        """Start ``benchmarks/peers/NAME.js`` on the Node that its packages bring along; ``npm ci`` installs them."""
        installed, locked = _MODULES / ".package-lock.json", _PEERS / "package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
            subprocess.run(["npm", "ci"], cwd=_PEERS, check=True)
        environment = {
            "PATH": os.environ["PATH"],
            "NODE_ENV": "production",
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "PUBLIC_URL": PUBLIC_URL,
        }
        return self._start(name, (str(_MODULES / "node" / "bin" / "node"), str(_PEERS / f"{name}.js")), environment)

    def tokens(self) -> AccessTokens:
        """Return what issues access tokens that Easel accepts here for a day."""
        settings = Settings(easel_home=self.folder, public_url=PUBLIC_URL)
        return AccessTokens(settings.token_key_pems(), settings.base_url, timedelta(days=1))

    def _start(self, name: str, argv: tuple[str, ...], environment: Mapping[str, str]) -> Program:
        """Start a program that listens on PORT; return when it does."""
        port = free_port()
        process = Process(name, argv, {**environment, "PORT": str(port)}, self.folder / f"{name}.log")
        with starting_on(self.cores):
            process.start()
        self.ending.callback(process.stop)
        assert process.popen
        asyncio.run(_listening(port, process))
        return Program(port, process.popen.pid)


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
