"""Proof of the ledger: what must be equal to the entries, asked of all accounts at once in SQL.

Each question returns rows ``(id, stored, told by the entries)`` of what differs; none where all is well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import LiteralString
    from uuid import UUID

QUESTIONS: Final[Mapping[str, LiteralString]] = {
    "account is not the fold of its entries": """
        SELECT a.id, row(a.balance, a.held, a.entry_count)::text, row(f.balance, f.held, f.entries)::text
        FROM credit_accounts a LEFT JOIN (
            SELECT account_id,
                   sum(amount * ((debit = 'HOUSE')::int - (credit IN ('SPENT', 'EXPIRED'))::int)) AS balance,
                   sum(amount * ((credit = 'HELD')::int - (debit = 'HELD')::int)) AS held,
                   count(*) AS entries
            FROM ledger_entries GROUP BY account_id
        ) f ON f.account_id = a.id
        WHERE (a.balance, a.held, a.entry_count)
              <> (coalesce(f.balance, 0), coalesce(f.held, 0), coalesce(f.entries, 0))
           OR a.held < 0 OR a.balance < a.held""",
    "bucket is not the fold of its entries": """
        SELECT b.id, row(b.granted, b.available, b.expired)::text, row(f.granted, f.available, f.expired)::text
        FROM credit_buckets b LEFT JOIN (
            SELECT bucket_id,
                   sum(amount) FILTER (WHERE debit = 'HOUSE') AS granted,
                   sum(amount * ((credit = 'AVAILABLE')::int - (debit = 'AVAILABLE')::int)) AS available,
                   coalesce(sum(amount) FILTER (WHERE credit = 'EXPIRED'), 0) AS expired
            FROM ledger_entries GROUP BY bucket_id
        ) f ON f.bucket_id = b.id
        WHERE (b.granted, b.available, b.expired) IS DISTINCT FROM (f.granted, f.available, f.expired)
           OR b.available < 0""",
    "free credits of an account are not those of its buckets": """
        SELECT a.id, (a.balance - a.held)::text, coalesce(f.available, 0)::text
        FROM credit_accounts a LEFT JOIN (
            SELECT account_id, sum(available) AS available FROM credit_buckets GROUP BY account_id
        ) f ON f.account_id = a.id
        WHERE a.balance - a.held <> coalesce(f.available, 0)""",
    "hold is not the fold of its entries": """
        SELECT coalesce(h.id, f.job_id), row(h.amount, h.captured, h.released)::text,
               row(f.amount, f.captured, f.released)::text
        FROM holds h FULL JOIN (
            SELECT job_id, bucket_id, account_id,
                   coalesce(sum(amount) FILTER (WHERE kind = 'HOLD'), 0) AS amount,
                   coalesce(sum(amount) FILTER (WHERE kind = 'CAPTURE'), 0) AS captured,
                   coalesce(sum(amount) FILTER (WHERE kind = 'RELEASE'), 0) AS released
            FROM ledger_entries WHERE job_id IS NOT NULL GROUP BY job_id, bucket_id, account_id
        ) f ON (f.job_id, f.bucket_id, f.account_id) = (h.job_id, h.bucket_id, h.account_id)
        WHERE (h.amount, h.captured, h.released) IS DISTINCT FROM (f.amount, f.captured, f.released)
           OR h.captured + h.released > h.amount
           OR h.status <> CASE WHEN h.captured + h.released < h.amount
                               THEN CASE WHEN h.captured > 0 THEN 'PARTIALLY_CAPTURED' ELSE 'ACTIVE' END
                               WHEN h.captured > 0 THEN 'SETTLED' ELSE 'RELEASED' END""",
    "credits held of an account are not those of its holds": """
        SELECT a.id, a.held::text, coalesce(f.held, 0)::text
        FROM credit_accounts a LEFT JOIN (
            SELECT account_id, sum(amount - captured - released) AS held FROM holds GROUP BY account_id
        ) f ON f.account_id = a.id
        WHERE a.held <> coalesce(f.held, 0)""",
    "entry does not say what was left after it, or one before it is missing": """
        SELECT id, row(number, balance_after, held_after)::text, row(place, balance, held)::text FROM (
            SELECT id, number, balance_after, held_after, row_number() OVER w AS place,
                   sum(amount * ((debit = 'HOUSE')::int - (credit IN ('SPENT', 'EXPIRED'))::int)) OVER w AS balance,
                   sum(amount * ((credit = 'HELD')::int - (debit = 'HELD')::int)) OVER w AS held
            FROM ledger_entries WINDOW w AS (PARTITION BY account_id ORDER BY number)
        ) e
        WHERE (number, balance_after, held_after) <> (place, balance, held) OR held < 0 OR balance < held""",
    "entry does not move as its kind does": """
        SELECT id, kind, debit || ' to ' || credit FROM ledger_entries
        WHERE (kind, debit, credit) NOT IN (
            ('GRANT', 'HOUSE', 'AVAILABLE'), ('HOLD', 'AVAILABLE', 'HELD'), ('CAPTURE', 'HELD', 'SPENT'),
            ('RELEASE', 'HELD', 'AVAILABLE'), ('EXPIRE', 'AVAILABLE', 'EXPIRED'))""",
    "entry names a bucket of another account": """
        SELECT e.id, e.account_id::text, b.account_id::text
        FROM ledger_entries e JOIN credit_buckets b ON b.id = e.bucket_id WHERE b.account_id <> e.account_id""",
    "slot is not settled as it ended": """
        SELECT s.id, s.status, coalesce(f.settled, 'nothing')
        FROM generation_slots s JOIN generation_jobs j ON j.id = s.job_id LEFT JOIN (
            SELECT slot_id, string_agg(DISTINCT kind, ' and ') AS settled, sum(amount) AS amount
            FROM ledger_entries WHERE slot_id IS NOT NULL GROUP BY slot_id
        ) f ON f.slot_id = s.id
        WHERE (f.settled, f.amount) IS DISTINCT FROM (
            CASE WHEN s.status = 'READY' THEN 'CAPTURE'
                 WHEN s.status IN ('FAILED', 'BLOCKED', 'SKIPPED') THEN 'RELEASE' END,
            CASE WHEN s.status IN ('READY', 'FAILED', 'BLOCKED', 'SKIPPED') THEN j.price END)""",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the entries say."""

    what: str
    row_id: UUID
    stored: str
    told: str

    def __str__(self) -> str:
        """Return a line for people."""
        return f"{self.what}: {self.row_id} has {self.stored}, its entries say {self.told}"


def differences(database_url: str) -> list[Difference]:
    """Ask all questions at one moment of the database at ``database_url`` (libpq), which may be busy."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        return differences_over(connection)


def differences_over(connection: psycopg.Connection) -> list[Difference]:
    """Ask all questions at one moment over a connection that is in no transaction."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        return [Difference(what, *row) for what, question in QUESTIONS.items() for row in connection.execute(question)]
