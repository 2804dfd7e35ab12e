"""What the database holds: counted, read and changed by tests that can not do so through the graph."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from select import select
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg

from db.outbox import FIRST_LOCK

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from uuid import UUID

_kept: Final[defaultdict[str, list[psycopg.Connection]]] = defaultdict(list)
"""Connections to take up again, by URL: a new one reads the catalogue anew, which costs more than most statements."""


@contextmanager
def connected(database_url: str) -> Iterator[psycopg.Connection]:
    """Lend a connection that commits each statement; settings are as they were when it is lent again."""
    kept, connection = _kept[database_url], None
    while kept and connection is None:
        connection = kept.pop()
        if select([connection], [], [], 0)[0]:  # an idle server says nothing but that it ends
            connection.close()
            connection = None
    connection = connection or psycopg.connect(database_url, autocommit=True)
    try:
        yield connection
        connection.execute("RESET ALL")
    except BaseException:
        connection.close()
        raise
    kept.append(connection)


def disconnect() -> None:
    """Close what is kept."""
    for kept in _kept.values():
        while kept:
            kept.pop().close()


_SWEPT: Final = frozenset(
    {
        *("line_counts", "tastes", "recommendation_lists", "recommendations", "tag_hours", "trending_tags"),
        *("search_pending", "search_terms", "search_documents", "search_postings", "search_news"),
        "tag_users",
        *("artwork_scores", "score_marks", "score_rounds"),
    }
)
"""Sums of the line, what is recommended to whom, what search looks up, what is in vogue, and how popular each is."""


def sql(database_url: str, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement and return its rows."""
    with connected(database_url) as connection:
        cursor = connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def empty(database_url: str, but_for: Collection[str] = ()) -> None:
    """Delete all rows of all tables but these."""
    names = sql(database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    deletes = "".join(f'DELETE FROM "{name}";' for (name,) in names if name not in {"alembic_version", *but_for})
    # The ledger forbids deletes by a trigger; replicas' role sets triggers and foreign keys aside.
    # Easel's processes still end what the test before began, and lock rows in another order than this does: they look
    # for deadlocks first, and give way.
    settings = "SET LOCAL session_replication_role = replica; SET LOCAL deadlock_timeout = '20s'"
    emptying = f"BEGIN; {settings}; {deletes} COMMIT".encode()
    while not _is_done(database_url, emptying):
        pass


def _is_done(database_url: str, statements: bytes) -> bool:
    try:
        with connected(database_url) as connection:
            connection.execute(statements)
    except psycopg.errors.DeadlockDetected:
        return False
    return True


def leave(database_url: str, amount: int) -> None:
    """Let all credits of all users expire but ``amount`` of each, as the ledger does."""
    statement: LiteralString = """
        WITH emptied AS (
            UPDATE credit_buckets b SET available = %(left)s, expired = b.expired + amount
            FROM (SELECT id, available - %(left)s AS amount FROM credit_buckets) o WHERE o.id = b.id
            RETURNING b.id, account_id, amount
        ), changed AS (
            UPDATE credit_accounts a SET balance = balance - amount, entry_count = entry_count + 1
            FROM emptied WHERE a.id = account_id RETURNING a.id, balance, held, entry_count
        )
        INSERT INTO ledger_entries (id, account_id, number, bucket_id, business_key, kind, debit, credit, amount,
                                    balance_after, held_after, created_at)
        SELECT gen_random_uuid(), c.id, entry_count, e.id, 'expire:' || e.id, 'EXPIRE', 'AVAILABLE', 'EXPIRED', amount,
               balance, held, now()
        FROM emptied e JOIN changed c ON c.id = e.account_id"""
    with connected(database_url) as connection:
        connection.execute(statement, {"left": amount})


_PATIENCE_S: Final = 5.0
"""How long a relay may take, which may be kept from its work by a test."""
_LOOK_S: Final = 0.005
_RELAYED: Final = f"""SELECT EXISTS (SELECT FROM outbox) AND EXISTS (
    SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = {FIRST_LOCK}
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))"""
"""Whether there is something for a relay that runs: it holds this lock."""


def row_counts(database_url: str) -> dict[str, int]:
    """Return how many rows each table has, but for those that sweeper and notifier change whenever they like.

    What the outbox still holds from before, a relay that runs takes first.
    """
    give_up = monotonic() + _PATIENCE_S
    while sql(database_url, _RELAYED) == [(True,)] and monotonic() < give_up:
        sleep(_LOOK_S)
    listed = (
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT LIKE 'notification%%' ORDER BY 1"
    )
    names = [(name,) for (name,) in sql(database_url, listed) if name not in _SWEPT]
    one = psycopg.sql.SQL("SELECT {}, count(*) FROM {}")
    counts = [one.format(psycopg.sql.Literal(name), psycopg.sql.Identifier(name)) for (name,) in names]
    told = "SELECT 'outbox', count(*) FROM outbox WHERE payload->>'kind' IS DISTINCT FROM 'NOTIFICATION'"
    with connected(database_url) as connection:
        found: dict[str, int] = dict(connection.execute(psycopg.sql.SQL(" UNION ALL ").join(counts)).fetchall())
        return found | dict(connection.execute(told).fetchall())


def new_worker(database_url: str, *engines: str) -> UUID:
    """Store the row of a worker that never beats and is not forgotten, for the sandbox by default; return its key."""
    ((key,),) = sql(
        database_url,
        "INSERT INTO workers (id, name, engines, version, started_at, seen_at)"
        " VALUES (gen_random_uuid(), 'host:1', %s, 'test', now(), now() + interval '1 hour') RETURNING id",
        [*(engines or ("sandbox",))],
    )
    found: UUID = key
    return found


def new_asset(database_url: str, owner_id: str, status: str = "READY") -> str:
    """Store the row of an image that nobody painted; return its global id. ``owner_id`` is a global id."""
    statement: LiteralString = (
        "INSERT INTO media_assets (id, owner_id, status, width, height, byte_size, sha256, dhash, blurhash,"
        " dominant_color, engine, style, ratio, seed, content_level, created_at)"
        " VALUES (gen_random_uuid(), %s, %s, 64, 64, 1, '', 0, '', '#ffffff', 'sandbox', 'anime', '1:1', 7, 'GENERAL',"
        " now()) RETURNING id"
    )
    ((key,),) = sql(database_url, statement, owner_id.partition("_")[2], status)
    return f"asset_{key.hex}"
