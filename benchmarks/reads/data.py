"""The database that reads are measured on: made once by ``data.sql``, kept, and served with a server's settings.

``python -m benchmarks.reads.data`` serves it until Ctrl-C and prints its URL.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg

from app.embedded.postgres import prepare_postgres
from db import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.embedded.server import EmbeddedServer

SETTINGS: Final = {
    "shared_buffers": "512MB",
    "effective_cache_size": "1GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "jit": "off",
}
"""What the server is given beside the settings of ``make run``, as a production server of this size would be."""
_STATEMENTS: Final = Path(__file__).with_name("data.sql")


def home() -> Path:
    """Return the folder that keeps the database between runs: ``EASEL_BENCH_HOME``, or one of the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(os.environ.get("EASEL_BENCH_HOME") or cache / "easel" / "reads").absolute()


@contextmanager
def serving(folder: Path, *, remake: bool = False) -> Iterator[EmbeddedServer]:
    """Run PostgreSQL over the data, which are made first where they are missing or of an older ``data.sql``.

    A server that runs on them already is joined and left running.
    """
    server = prepare_postgres(folder)
    options = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
    server.program = replace(server.program, argv=(*server.program.argv, *options))
    server.start()
    try:
        if remake or not _is_made(server.url):
            _make(server.url)
        migrate.upgrade(server.url)
        yield server
    finally:
        server.stop()


def _digest() -> str:
    return f"reads {hashlib.sha256(_STATEMENTS.read_bytes()).hexdigest()}"


def _is_made(url: str) -> bool:
    with psycopg.connect(url) as connection:
        told = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
    return told == (_digest(),)


def _make(url: str) -> None:
    print(f"Making {_STATEMENTS.name}: some minutes, once ...", flush=True)
    with psycopg.connect(url, autocommit=True, dbname="postgres") as connection:
        connection.execute("DROP DATABASE IF EXISTS easel WITH (FORCE)")
        connection.execute("CREATE DATABASE easel")
    migrate.upgrade(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_STATEMENTS.read_bytes())
        connection.execute("VACUUM (ANALYZE, FREEZE)")
        connection.execute("CHECKPOINT")
        connection.execute(f"COMMENT ON DATABASE easel IS '{_digest()}'".encode())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--remake", action="store_true", help="make the rows anew")
    with serving(home(), remake=parser.parse_args().remake) as server:
        print(server.url, flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
