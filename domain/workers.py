"""The workers that are known: each enrols, is seen every few seconds, may be drained, leaves or is forgotten.

What is told here decides what may be claimed and what clients are promised. It does not decide what is rescued: that
is for leases alone to say, so that nothing which goes wrong here can keep a lost job from being found.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Integer, Subquery, Text, Uuid, bindparam, case, cast, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db import outbox
from db.tables import GenerationJob, Worker
from db.words import JobStatus
from domain.errors import NotFound
from domain.line_measures import words
from domain.words import WorkerStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

BEAT_S: Final = 3.0
"""How often a worker says that it lives: a drain is heard of within that, and a hundred workers are 33 writes in a
second."""
FORGOTTEN_AFTER: Final = timedelta(seconds=20)
"""How long a worker that is not seen counts: longer than PostgreSQL takes to restart (10 s) and a beat that is tried
again, and short enough that nobody is promised for long what a dead worker would have painted."""
MAXIMUM_TOLD: Final = 100
"""How many workers are listed."""


@dataclass(frozen=True, slots=True)
class Card:
    """How a worker introduces itself."""

    id: UUID
    name: str
    engines: tuple[str, ...]
    version: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What a worker remembers of its row, so that a lost one is written again as it was."""

    started_at: datetime
    draining_since: datetime | None


@dataclass(frozen=True, slots=True)
class KnownWorker:
    """A worker as its row and its jobs tell."""

    id: UUID
    name: str
    engines: list[str]
    version: str
    status: WorkerStatus
    jobs_in_hand: int
    started_at: datetime
    last_seen_at: datetime


async def renew(tx: AsyncSession, worker_id: UUID) -> Standing | None:
    """Say that a worker lives; None where it has no row."""
    seen = update(Worker).where(col(Worker.id) == worker_id).values(seen_at=func.now())
    found = await tx.execute(seen.returning(col(Worker.started_at), col(Worker.draining_since)))
    row = found.one_or_none()
    return Standing(*row) if row else None


async def enrol(tx: AsyncSession, card: Card, before: Standing | None = None) -> Standing:
    """Write the row of a worker, as it was ``before`` where it was lost; watchers hear, and it is rung for work."""
    values = {
        "id": card.id,
        "name": card.name,
        "engines": list(card.engines),
        "version": card.version,
        "started_at": before.started_at if before else func.now(),
        "seen_at": func.now(),
        "draining_since": before.draining_since if before else None,
    }
    written = insert(Worker).values(values)
    written = written.on_conflict_do_update(index_elements=["id"], set_={"seen_at": func.now()})
    found = await tx.execute(written.returning(col(Worker.started_at), col(Worker.draining_since)))
    outbox.line_changed(tx)
    outbox.ring_gpu(tx)
    return Standing(*found.one())


async def leave(tx: AsyncSession, worker_id: UUID) -> None:
    """Take away the row of a worker that ends."""
    await tx.execute(delete(Worker).where(col(Worker.id) == worker_id))
    outbox.line_changed(tx)


async def forget(tx: AsyncSession) -> Sequence[UUID]:
    """Take away the rows of workers that were not seen for long, and return their ids; wait for nobody."""
    unseen = select(col(Worker.id)).where(~is_fresh()).with_for_update(skip_locked=True)
    gone = await tx.execute(delete(Worker).where(col(Worker.id).in_(unseen)).returning(col(Worker.id)))
    ids = gone.scalars().all()
    if ids:
        outbox.line_changed(tx)
    return ids


async def drain(tx: AsyncSession, worker_id: UUID) -> None:
    """Let a worker finish what it has in hand and claim nothing more; drained again, it changes nothing.

    It waits for a claim that is under way. What that took is in hand when this commits; what comes later takes nothing.

    Raises:
        NotFound: there is no such worker, or it is gone.
    """
    await _set(tx, worker_id, func.coalesce(col(Worker.draining_since), func.now()))


async def resume(tx: AsyncSession, worker_id: UUID) -> None:
    """Let a worker claim again; resumed again, it changes nothing.

    Raises:
        NotFound: there is no such worker, or it is gone.
    """
    await _set(tx, worker_id, None)
    outbox.ring_gpu(tx)


async def _set(tx: AsyncSession, worker_id: UUID, draining_since: ColumnElement[Any] | None) -> None:
    chosen = update(Worker).where(col(Worker.id) == worker_id, is_fresh()).values(draining_since=draining_since)
    found = await tx.execute(chosen.returning(col(Worker.id)))
    if found.one_or_none() is None:
        raise NotFound(("input", "workerId"))
    outbox.line_changed(tx)


@cache
def known() -> Subquery:
    """Return the workers that are known.

    Its columns are id, name, engines, version, status, jobs_in_hand, started_at, last_seen_at.
    DRAINED is no more than DRAINING with nothing in hand: as a claim locks the row that a drain writes, it stays so.
    """
    in_hand = (
        select(func.count())
        .where(
            col(GenerationJob.lease_owner) == col(Worker.id),
            col(GenerationJob.status).in_(words(JobStatus.PREPARING, JobStatus.RUNNING, JobStatus.CANCELING)),
        )
        .correlate(Worker)
        .scalar_subquery()
    )
    status = case(
        (col(Worker.draining_since).is_(None), WorkerStatus.UP.value),
        (in_hand > 0, WorkerStatus.DRAINING.value),
        else_=WorkerStatus.DRAINED.value,
    )
    return (
        select(
            col(Worker.id),
            col(Worker.name),
            col(Worker.engines),
            col(Worker.version),
            cast(status, Text).label("status"),
            cast(in_hand, Integer).label("jobs_in_hand"),
            col(Worker.started_at),
            col(Worker.seen_at).label("last_seen_at"),
        )
        .where(is_fresh())
        .subquery()
    )


async def listed(tx: AsyncSession) -> Sequence[KnownWorker]:
    """Return the workers that are known, oldest first, a hundred at most."""
    found = known()
    oldest = select(*found.c).order_by(found.c.started_at, found.c.id).limit(MAXIMUM_TOLD)
    return [_known(row) for row in await tx.execute(oldest)]


async def find(tx: AsyncSession, worker_id: UUID) -> KnownWorker | None:
    """Return a worker as it is; None where it is not known."""
    found = known()
    row = (await tx.execute(select(*found.c).where(found.c.id == worker_id))).one_or_none()
    return _known(row) if row else None


def _known(row: Any) -> KnownWorker:  # noqa: ANN401 - a row of ``known``
    id_, name, engines, version, status, *rest = row
    return KnownWorker(id_, name, engines, version, WorkerStatus(status), *rest)


def may_claim() -> ColumnElement[bool]:
    """Return the clause, for a statement that claims for ``worker``, that it is not being drained.

    It locks the worker's row until the claim has committed, and reads it as it is then: a drain either waits and finds
    what was claimed in hand, or was first, and nothing is claimed. A worker without a row may claim: its jobs are safe
    with their leases, and it is not to stand still until it has written its row again.
    """
    asked = col(Worker.id) == bindparam("worker", type_=Uuid)
    locked = select(col(Worker.draining_since)).where(asked).with_for_update(read=True).cte("claiming")
    return ~select(locked.c.draining_since).where(locked.c.draining_since.is_not(None)).exists()


def is_fresh() -> ColumnElement[bool]:
    """Return the clause that says which workers are not to be forgotten yet."""
    return col(Worker.seen_at) > func.now() - FORGOTTEN_AFTER
