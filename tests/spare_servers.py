"""Servers that no running Easel uses, so that a test may break them, or be the only one to work on what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import redis

from app.embedded.folders import throwaway_home
from app.embedded.postgres import start_postgres
from app.embedded.valkey import start_valkey
from db import migrate
from stored import empty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from app.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def spare_home() -> Iterator[Path]:
    with throwaway_home() as folder:
        yield folder


@pytest.fixture(scope="session")
def spare_postgres(spare_home: Path) -> Iterator[EmbeddedServer]:
    """Run PostgreSQL with the newest schema. Who stops it starts it again, from the main thread."""
    server = start_postgres(spare_home, fsync=False)
    migrate.upgrade(server.url)
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
