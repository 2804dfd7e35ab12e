"""The life of an archive: its moves, what its watchers are told of them, and where its objects are."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db import outbox
from db.tables import Archive
from db.tables.columns import now
from db.words import JobStatus
from domain import streams
from domain.jobs import IllegalMove
from domain.streams import COMPLETED

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

KEPT: Final = timedelta(hours=24)
"""How long a finished archive can be downloaded."""
UNFINISHED: Final = (JobStatus.QUEUED, JobStatus.RUNNING)
DOWNLOADABLE: Final = (JobStatus.SUCCEEDED, JobStatus.PARTIAL)
_MOVES: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.QUEUED: frozenset({JobStatus.RUNNING, JobStatus.CANCELED}),
    JobStatus.RUNNING: frozenset(
        {JobStatus.QUEUED, JobStatus.SUCCEEDED, JobStatus.PARTIAL, JobStatus.FAILED, JobStatus.CANCELED}
    ),
    JobStatus.SUCCEEDED: frozenset({JobStatus.EXPIRED}),
    JobStatus.PARTIAL: frozenset({JobStatus.EXPIRED}),
}


def move(archive: Archive, to: JobStatus) -> None:
    """Change the state of a locked archive.

    Raises:
        IllegalMove: no such move is known.
    """
    if to not in _MOVES.get(archive.status, ()):
        raise IllegalMove(f"{archive.id}: {archive.status} -> {to}")
    archive.status = to


def finish(tx: AsyncSession, archive: Archive, status: JobStatus) -> None:
    """End a locked archive that waits or is packed, and tell its watchers."""
    move(archive, status)
    archive.finished_at = now()
    archive.lease_owner = archive.lease_expires_at = None
    if status in DOWNLOADABLE:
        archive.expires_at = archive.finished_at + KEPT
    tell(tx, archive.id, COMPLETED)


def tell(tx: AsyncSession, archive_id: UUID, kind: str) -> None:
    """Tell the watchers of an archive, once this transaction has committed; they look at how it is now."""
    outbox.publish(tx, streams.of_archive(archive_id), kind, {}, is_last=kind == COMPLETED)


async def locked(tx: AsyncSession, archive_id: UUID) -> Archive | None:
    """Return an archive as it is, locked until the transaction ends."""
    return await tx.get(Archive, archive_id, with_for_update={"key_share": True}, populate_existing=True)


async def states_of(tx: AsyncSession, archive_ids: Collection[UUID]) -> dict[UUID, tuple[UUID, bool]]:
    """Return the owner of each archive, and whether it is finished."""
    query = select(col(Archive.id), col(Archive.user_id), col(Archive.status))
    rows = await tx.execute(query.where(col(Archive.id).in_(archive_ids)))
    return {archive_id: (user_id, status not in UNFINISHED) for archive_id, user_id, status in rows}


def object_key(archive_id: UUID | str, claim: int) -> str:
    """Return the key under which a worker stores an archive that it took as the ``claim``-th, from 1."""
    return f"archives/{archive_id}/{claim}.zip"
