"""What all tests stand on: real servers started once, an empty database for each test, and Easel's own processes."""

from __future__ import annotations

import asyncio
import gc
import os
import resource
import signal
import socket
import subprocess
import sys
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import redis
import structlog
from anyio import open_file  # noqa: F401 - pytest rewrites anyio as it loads, for which CPython 3.11 bears one thread

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from app.embedded.valkey import start_valkey
from app.listening import answers
from audit import check_ledger
from db import migrate
from graph_client import GraphClient
from nursery import Nursery, nurseries
from states import forbid_other_moves
from stored import disconnect, empty, sql
from waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer
    from nursery import Forked

ROOT = Path(__file__).parent.parent
EASEL = (sys.executable, "-m", "app")
OPEN_FILES = 8_192
pytest_plugins = ("depth", "engine_fixtures", "spare_servers", "workshop", "publishing_client", "fragile")


def pytest_collection_finish() -> None:
    """Keep the collector from looking through some million objects of modules and tests again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _many_files() -> None:
    """Let this process, and those that it starts, open sockets by the thousand, where the system lets them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY:
        most = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, most), hard))


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Write tracebacks that are logged as Python does: where rich is installed, structlog takes seconds for each."""
    *others, _ = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])


@pytest.fixture(scope="session", autouse=True)
def _nursery() -> Iterator[None]:
    """Fork Easel's processes from one that has loaded their modules."""
    nurseries.append(Nursery())
    yield
    nurseries.pop().close()


@pytest.fixture(scope="session", autouse=True)
def _kept_connections() -> Iterator[None]:
    """Close at the end the connections that tests took up again and again."""
    yield
    disconnect()


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Return the folder of servers, keys and pictures."""
    with throwaway_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def postgres(home: Path) -> Iterator[EmbeddedServer]:
    """Run PostgreSQL with the newest schema, and no moves but told ones."""
    server = start_postgres(home, fsync=False)
    migrate.upgrade(server.url)
    forbid_other_moves(server.url)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey(home: Path) -> Iterator[EmbeddedServer]:
    """Run Valkey."""
    server = start_valkey(home)
    yield server
    server.stop()


@pytest.fixture
def database_url(postgres: EmbeddedServer) -> str:
    """Return the URL of a database whose tables are empty, but for the workers: those of the shared one go on."""
    empty(postgres.url, but_for=("workers",))
    return postgres.url


@pytest.fixture
def redis_url(valkey: EmbeddedServer) -> str:
    """Return the URL of a Valkey that holds nothing."""
    with redis.Redis.from_url(valkey.url) as client:
        client.flushall()
    return valkey.url


def free_port() -> int:
    """Return a port below the ephemeral range that nobody listens on; runs side by side rarely try the same."""
    for port in range(20_000 + uuid.uuid4().int % 10_000, 32_768):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
    raise RuntimeError("no port is free")


@dataclass
class Process:
    """One of Easel's processes."""

    name: str
    argv: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    popen: subprocess.Popen[bytes] | Forked | None = field(default=None, init=False)

    def start(self) -> Process:
        """Start it; what it says goes to the log."""
        with self.log.open("ab") as log:
            if self.argv[: len(EASEL)] == EASEL and nurseries:
                words, file = self.argv[len(EASEL) :], log.fileno()
                self.popen = nurseries[-1].start(words, self.environment, file, file)
            else:
                options: dict[str, Any] = {"env": self.environment, "cwd": ROOT, "start_new_session": True}
                self.popen = subprocess.Popen(self.argv, stdout=log, stderr=log, **options)
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.popen
        self.popen.send_signal(number)

    def stop(self) -> int:
        """End it in good order; return its status."""
        assert self.popen
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(10)

    def kill(self) -> None:
        """Kill it as a power cut would."""
        assert self.popen
        self.popen.kill()
        self.popen.wait(10)


@dataclass
class Installation:
    """All of Easel's processes over the test servers, each of which a test may stop, kill and start again."""

    url: str
    environment: dict[str, str]
    folder: Path
    processes: dict[str, Process] = field(default_factory=dict)

    def start(self, *names: str, **environment: str) -> None:
        """Start processes by the name of their command."""
        for name in names:
            settings = self.environment | environment
            self.processes[name] = Process(name, (*EASEL, name), settings, self.folder / f"{name}.log").start()

    @contextmanager
    def running(self, *names: str) -> Iterator[Installation]:
        """Run processes by the name of their command to the end of the context, from when the API answers."""
        try:
            known = self._workers()
            self.start(*names)
            asyncio.run(self.answering())
            if "worker" in names:
                asyncio.run(until(lambda: self._workers() - known))
            yield self
        finally:
            self.stop()

    def client(self, token: str | None = None, language: str = "en") -> GraphClient:
        """Return a client of the API."""
        return GraphClient(self.url, token, language)

    def stop(self) -> None:
        """End all processes that still run."""
        for process in self.processes.values():
            if process.popen and process.popen.poll() is None:
                process.stop()

    async def answering(self) -> None:
        """Wait until the API answers."""
        port = int(self.url.rpartition(":")[2])
        async with asyncio.timeout(90):
            while not await answers("127.0.0.1", port, "/readyz"):  # noqa: ASYNC110 - another process, it sets no event
                await asyncio.sleep(0.05)

    def _workers(self) -> set[tuple[uuid.UUID]]:
        return set(sql(self.environment["DATABASE_URL"], "SELECT id FROM workers"))

    async def signed_up(self, handle: str | None = None, language: str = "en") -> GraphClient:
        """Return a client that is signed in as a new user."""
        client = self.client(language=language)
        await client.sign_up(handle or f"u{uuid.uuid4().hex[:12]}")
        await self._told()
        return client

    async def _told(self) -> None:
        """Wait, where a relay runs, until it has said all: from then on the outbox is as full as the test makes it."""
        relay, url = self.processes.get("relay"), self.environment["DATABASE_URL"]
        if relay and relay.popen and relay.popen.poll() is None:
            await until(lambda: not sql(url, "SELECT id FROM outbox LIMIT 1"))


def install(folder: Path, database_url: str, redis_url: str, **settings: str) -> Installation:
    """Return an installation of which nothing runs yet; its data is in ``folder``."""
    port = free_port()
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = inherited | {
        "ENGINE": "sandbox",
        "EASEL_HOME": str(folder),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PORT": str(port),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "LEASE_S": "3",
        "DAILY_IMAGES": "1000000",
        "REQUESTS_PER_USER": "1000000",
        "REQUESTS_PER_ADDRESS": "1000000",
        "COST_BUCKET": "1000000000",
        "ANSWER_CACHE_MS": "0",
    }
    return Installation(f"http://127.0.0.1:{port}", environment | settings, folder)


@pytest.fixture(scope="session")
def shared_installation(
    tmp_path_factory: pytest.TempPathFactory, postgres: EmbeddedServer, valkey: EmbeddedServer
) -> Iterator[Installation]:
    """Run all processes once for the tests that break none of them."""
    installation = install(tmp_path_factory.mktemp("shared"), postgres.url, valkey.url)
    with installation.running("api", "worker", "relay", "sweeper"):
        yield installation


@pytest.fixture
def easel(shared_installation: Installation, database_url: str, redis_url: str) -> Iterator[Installation]:  # noqa: ARG001
    """Return a running Easel that nobody has used yet; whatever the test does with it, the ledger stays true."""
    yield shared_installation
    check_ledger(database_url)
