"""The database that feeds are measured on: a copy of the one of ``benchmarks.reads`` with uncommon readers added."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from benchmarks.reads import data
from db import migrate

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME: Final = "feeds"
_STATEMENTS: Final = (Path(data.__file__).with_name("data.sql"), Path(__file__).with_name("data.sql"))


@contextmanager
def serving() -> Iterator[str]:
    """Serve the database, which is made first where it is missing or of older statements; yields its URL."""
    with data.serving(data.home()) as server:
        url = make_url(server.url).set(database=NAME).render_as_string(hide_password=False)
        if _told(server.url) != _digest():
            _make(server.url, url)
        migrate.upgrade(url)
        yield url


def person(name: str) -> UUID:
    """Return the key of one of those that ``data.sql`` adds."""
    digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
    return UUID(f"01900000-0000-7{digest[:3]}-8{digest[3:6]}-{digest[6:18]}")


def _digest() -> str:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in _STATEMENTS))
    return f"feeds {digest.hexdigest()}"


def _told(server_url: str) -> str | None:
    with psycopg.connect(server_url) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [NAME]
        ).fetchone()
    return found[0] if found else None


def _make(server_url: str, url: str) -> None:
    print("Making feeds of uncommon readers: a minute or two, once ...", flush=True)
    with psycopg.connect(server_url, autocommit=True, dbname="postgres") as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {NAME} TEMPLATE easel".encode())
    migrate.upgrade(url)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(_STATEMENTS[-1].read_bytes())
        connection.execute("VACUUM (ANALYZE, FREEZE)")
        connection.execute(f"COMMENT ON DATABASE {NAME} IS '{_digest()}'".encode())
