"""An Easel over servers of its own, of which a test may break anything."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from audit import check_rows
from conftest import install
from workshop import workshop

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from app.embedded.server import EmbeddedServer
    from conftest import Installation
    from workshop import Workshop

PROCESSES = ("api", "worker", "relay", "sweeper")


@pytest.fixture(scope="module")
def whole(
    tmp_path_factory: pytest.TempPathFactory, spare_postgres: EmbeddedServer, spare_valkey: EmbeddedServer
) -> Iterator[Installation]:
    installation = install(tmp_path_factory.mktemp("whole"), spare_postgres.url, spare_valkey.url)
    try:
        yield installation
    finally:
        installation.stop()


@pytest.fixture
async def fragile(whole: Installation, spare_database_url: str, spare_redis_url: str) -> AsyncIterator[Installation]:
    """Return an Easel of which a test may break anything; what the one before broke is whole again."""
    assert spare_database_url
    assert spare_redis_url
    shutil.rmtree(whole.folder / "media", ignore_errors=True)
    for name in PROCESSES:
        if not is_running(whole, name):
            whole.start(name)
    await whole.answering()
    yield whole
    check_rows(spare_database_url)


@pytest.fixture
async def inside(fragile: Installation) -> AsyncIterator[Workshop]:
    """Open the data of that Easel from within the test, for small pictures and a look at what is there."""
    environment = fragile.environment
    async with workshop(environment["DATABASE_URL"], environment["REDIS_URL"], fragile.folder) as opened:
        yield opened


def is_running(installation: Installation, name: str) -> bool:
    process = installation.processes.get(name)
    return process is not None and process.popen is not None and process.popen.poll() is None
