"""The outbox: words to the outside that leave together with the transaction that wrote them, or not at all."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import psycopg
from sqlalchemy import delete, func, select
from sqlmodel import col

from db.tables import OutboxMessage
from db.tables.columns import now

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningDelete

GPU: Final = "gpu"
"""Topic: there may be work for a GPU worker."""
ARCHIVES: Final = "archives"
"""Topic: there may be an archive to be packed."""
LINE: Final = "line"
"""Topic: places in the line have changed."""
EVENT: Final = "event"
"""Topic: the watchers of a stream are to be told something."""

_CHANNEL: Final = "easel_outbox"
"""A trigger on the table notifies it at commit, once for each topic, whose name is the payload."""
_RELAY_LOCK: Final = 0x_EA5E1
FIRST_LOCK: Final = 0x_EA5E2
"""The relay that hears of everything holds it."""


def ring_gpu(tx: AsyncSession) -> None:
    """Let a GPU worker look for work once this transaction has committed."""
    _add(tx, GPU, {})


def ring_packer(tx: AsyncSession) -> None:
    """Let a worker look for archives once this transaction has committed."""
    _add(tx, ARCHIVES, {})


def line_changed(tx: AsyncSession) -> None:
    """Tell the waiting where they stand once this transaction has committed."""
    _add(tx, LINE, {})


def publish(tx: AsyncSession, stream: str, kind: str, data: Mapping[str, Any], *, is_last: bool = False) -> None:
    """Tell the watchers of a stream what happened, once this transaction has committed."""
    _add(tx, EVENT, {"stream": stream, "kind": kind, "data": dict(data), "is_last": is_last})


async def take(tx: AsyncSession, limit: int) -> list[OutboxMessage]:
    """Remove and return the oldest messages in order, at most ``limit``; other relays wait until ``tx`` ends."""
    await tx.execute(select(func.pg_advisory_xact_lock(_RELAY_LOCK)))
    removed = await tx.execute(_take(limit))
    return sorted(removed.scalars(), key=lambda message: message.id or 0)


@cache
def _take(limit: int) -> ReturningDelete[OutboxMessage]:
    oldest = select(col(OutboxMessage.id)).order_by(col(OutboxMessage.id)).limit(limit)
    return delete(OutboxMessage).where(col(OutboxMessage.id).in_(oldest)).returning(OutboxMessage)


async def lag_s(tx: AsyncSession) -> float:
    """Return the age of the oldest message in seconds, 0 where there is none."""
    oldest = (await tx.execute(select(func.min(col(OutboxMessage.created_at))))).scalar_one()
    return (now() - oldest).total_seconds() if oldest else 0.0


def _add(tx: AsyncSession, topic: str, payload: dict[str, Any]) -> None:
    tx.add(OutboxMessage(topic=topic, payload=payload))


class Doorbell:
    """Hears that a transaction with words in the outbox has committed; a missed ring costs one sweep."""

    is_first: bool
    """Whether no other that listens came before it: what one process alone is to do, it does. It may become so with
    each ``wait``, and hears all that is rung for from there on."""

    def __init__(self, url: str) -> None:
        """Listen on the database at ``url`` (libpq) from the first ``wait`` on."""
        self.is_first = False
        self._url = url
        self._connection: psycopg.AsyncConnection[Any] | None = None

    async def wait(self, at_most_s: float) -> frozenset[str]:
        """Return the topics of what was added as soon as something was, or nothing after ``at_most_s`` seconds.

        A lost connection counts as silence.
        """
        try:
            if self._connection is None:
                self._connection = await psycopg.AsyncConnection.connect(self._url, autocommit=True)
                await self._connection.execute(f"LISTEN {_CHANNEL}")
                topics = []
            else:
                heard = self._connection.notifies(timeout=at_most_s, stop_after=1)
                topics = [notification.payload async for notification in heard]
            if not self.is_first:  # the lock is held for as long as this connection lives
                asking = await self._connection.execute("SELECT pg_try_advisory_lock(%s)", [FIRST_LOCK])
                self.is_first = await asking.fetchone() == (True,)
            return frozenset(topics)
        except (psycopg.Error, OSError):
            await self.close()
            await asyncio.sleep(at_most_s)
            return frozenset()

    async def close(self) -> None:
        """Stop listening, and leave it to another to be the first."""
        if self._connection:
            await self._connection.close()
        self._connection, self.is_first = None, False
