"""How PostgreSQL goes about the statements of plans: what a benchmark, or a test on large data, may rely on."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import psycopg

from planner import READING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    Statement = tuple[str, Sequence[object]]


class NoIndexError(Exception):
    """A statement reads a large table as a whole; the plan is told."""


def explained(url: str, statements: Sequence[Statement]) -> list[str]:
    """Return the plans by which statements run, and those within the functions that they call (``auto_explain``).

    Args:
        url: of the database; its user may load modules.
        statements: as ``planner.noting`` collects them, with their values.
    """
    plans: list[str] = []
    with psycopg.connect(url, autocommit=True, options=READING, cursor_factory=psycopg.RawCursor) as connection:
        connection.add_notice_handler(lambda told: plans.append(told.message_primary or ""))
        for setting in ("log_min_duration = 0", "log_nested_statements = on", "log_level = 'notice'"):
            connection.execute(f"LOAD 'auto_explain'; SET auto_explain.{setting}".encode())
        for statement, values in statements:
            connection.execute(statement.encode(), values, prepare=True)
    return plans


def require_indexes(plans: Sequence[str], large: Collection[str]) -> None:
    """See to it that none of the ``large`` tables is read as a whole.

    Raises:
        NoIndexError: one is.
    """
    whole = re.compile(rf"Seq Scan on ({'|'.join(large)})\b")
    for plan in plans:
        if whole.search(plan):
            raise NoIndexError(plan)


def indexes_of(plans: Sequence[str]) -> list[str]:
    """Return the indexes that plans use."""
    return sorted({name for plan in plans for name in re.findall(r"\bScan using (\w+)", plan)})
