"""An archive as its worker sees it: claimed under a lease, finished, given back, or rescued by the sweeper.

Writes are fenced as in ``domain/rendering.py``: each locks the archive and finds its own lease there, or raises
``LeaseLost`` and leaves no trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, delete, exists, or_, select, update
from sqlmodel import col
from uuid_utils.compat import uuid7

from db import outbox
from db.tables import Archive, ArchiveItem, MediaAsset
from db.tables.columns import now
from db.words import AssetStatus, JobStatus
from domain.archives_states import DOWNLOADABLE, finish, locked, move, object_key, tell
from domain.rendering import LeaseLost
from domain.words import FailureCode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_LOSSES: Final = 2
"""How often it may be tried again."""
PAUSE: Final = timedelta(seconds=10)
"""How long it then waits; twice as long the second time."""
_BATCH: Final = 100


class Item(NamedTuple):
    """A picture to be packed."""

    asset_id: UUID
    name: str
    made_at: datetime
    """When the picture came to be."""


@dataclass(frozen=True, slots=True)
class Claim:
    """An archive that one worker may pack."""

    archive_id: UUID
    owner: UUID
    number: int
    """The how many-th claim of it this is."""
    items: Sequence[Item]

    @property
    def key(self) -> str:
        """Under which key this claim, and no other, stores it."""
        return object_key(self.archive_id, self.number)

    @property
    def earlier_keys(self) -> Sequence[str]:
        """Where earlier claims may have left something."""
        return [object_key(self.archive_id, number) for number in range(1, self.number)]


@dataclass(frozen=True, slots=True)
class Count:
    """How far an archive is."""

    packed: int = 0
    skipped: int = 0


async def claim(tx: AsyncSession, lease: timedelta) -> Claim | None:
    """Take the archive that waits the longest, for as long as ``lease``; None if none waits."""
    waiting = select(Archive).where(*_is_waiting()).order_by(col(Archive.due_at), col(Archive.id)).limit(1)
    archive = (await tx.execute(waiting.with_for_update(skip_locked=True, key_share=True))).scalar_one_or_none()
    if archive is None:
        return None
    move(archive, JobStatus.RUNNING)
    archive.started_at = now()
    archive.claims += 1
    archive.packed_count = archive.skipped_count = 0
    archive.lease_owner, archive.lease_expires_at = uuid7(), now() + lease
    tell(tx, archive.id, "started")
    items = (
        select(col(ArchiveItem.asset_id), col(ArchiveItem.name), col(MediaAsset.created_at))
        .join(MediaAsset, col(MediaAsset.id) == col(ArchiveItem.asset_id))
        .where(col(ArchiveItem.archive_id) == archive.id)
    )
    rows = await tx.execute(items.order_by(col(ArchiveItem.position)))
    return Claim(archive.id, archive.lease_owner, archive.claims, [Item._make(row) for row in rows])


async def renew(tx: AsyncSession, claim: Claim, lease: timedelta, count: Count) -> None:
    """Extend the lease, and tell how far it is where that has changed.

    Raises:
        LeaseLost: it is not ours any more: the lease ran out, or its owner canceled it.
    """
    archive = await _held(tx, claim)
    archive.lease_expires_at = now() + lease
    if Count(archive.packed_count, archive.skipped_count) != count:
        archive.packed_count, archive.skipped_count = count.packed, count.skipped
        tell(tx, archive.id, "progress")


async def is_there(tx: AsyncSession, asset_id: UUID) -> bool:
    """Whether a picture can be packed: nobody has deleted or hidden it."""
    ready = and_(col(MediaAsset.id) == asset_id, col(MediaAsset.status) == AssetStatus.READY)
    return bool((await tx.execute(select(exists().where(ready)))).scalar_one())


async def complete(tx: AsyncSession, claim: Claim, count: Count, byte_size: int) -> None:
    """Make what is stored the archive: SUCCEEDED, or PARTIAL where pictures were skipped.

    Done again, it changes nothing: who did not hear that it was committed may try once more.

    Raises:
        LeaseLost: it is not ours any more; what is stored is to be discarded.
    """
    archive = await locked(tx, claim.archive_id)
    if archive and archive.claims == claim.number and archive.status in DOWNLOADABLE:
        return
    archive = await _held(tx, claim)
    archive.packed_count, archive.skipped_count = count.packed, count.skipped
    archive.byte_size = byte_size
    finish(tx, archive, JobStatus.PARTIAL if count.skipped else JobStatus.SUCCEEDED)


async def fail(tx: AsyncSession, claim: Claim, code: FailureCode) -> None:
    """End it, whoever would try: nothing can be packed.

    Raises:
        LeaseLost: it is not ours any more.
    """
    archive = await _held(tx, claim)
    archive.skipped_count = archive.image_count
    _fail(tx, archive, code)


async def lose(tx: AsyncSession, claim: Claim, code: FailureCode) -> None:
    """Say that it could not be packed this time: it is tried again later, or ends for this reason.

    Raises:
        LeaseLost: it is not ours any more.
    """
    _lose(tx, await _held(tx, claim), code)


async def let_go(tx: AsyncSession, claim: Claim) -> None:
    """Give it back because the worker stops; that is no loss.

    Raises:
        LeaseLost: it is not ours any more.
    """
    _requeue(tx, await _held(tx, claim))
    outbox.ring_packer(tx)


async def is_anyone_waiting(tx: AsyncSession) -> bool:
    """Whether an archive could be packed now."""
    return bool((await tx.execute(select(exists().where(*_is_waiting())))).scalar_one())


async def lost(tx: AsyncSession) -> Sequence[UUID]:
    """Return the archives whose worker has not renewed its lease in time."""
    query = select(col(Archive.id)).where(
        col(Archive.status) == JobStatus.RUNNING, col(Archive.lease_expires_at) < now()
    )
    return (await tx.execute(query.limit(_BATCH))).scalars().all()


async def rescue(tx: AsyncSession, archive_id: UUID) -> None:
    """Let a lost archive be tried again, or end it."""
    archive = await locked(tx, archive_id)
    if archive is None or archive.status is not JobStatus.RUNNING:
        return
    if archive.lease_expires_at and archive.lease_expires_at < now():
        _lose(tx, archive, FailureCode.PACKER_LOST)


async def overdue(tx: AsyncSession) -> Sequence[UUID]:
    """Return the archives whose time is over."""
    query = select(col(Archive.id)).where(col(Archive.status).in_(DOWNLOADABLE), col(Archive.expires_at) < now())
    return (await tx.execute(query.where(~col(Archive.is_cleared)).limit(_BATCH))).scalars().all()


async def expire(tx: AsyncSession, archive_id: UUID) -> None:
    """Let an archive whose time is over be downloaded no more."""
    archive = await locked(tx, archive_id)
    if archive and archive.status in DOWNLOADABLE and archive.expires_at and archive.expires_at < now():
        move(archive, JobStatus.EXPIRED)


async def uncleared(tx: AsyncSession, grace: timedelta) -> Sequence[tuple[UUID, int]]:
    """Return the archives of which nothing shall stay, each with how often it was claimed.

    For ``grace`` after its end, a worker that has not heard of it may still be storing one that was canceled.
    """
    ended = and_(
        col(Archive.status).in_((JobStatus.FAILED, JobStatus.CANCELED)), col(Archive.finished_at) < now() - grace
    )
    over = or_(col(Archive.status) == JobStatus.EXPIRED, ended)
    query = select(col(Archive.id), col(Archive.claims)).where(~col(Archive.is_cleared), over).limit(_BATCH)
    return [(archive_id, claims) for archive_id, claims in await tx.execute(query)]


async def cleared(tx: AsyncSession, archive_id: UUID) -> None:
    """Note that the objects of an archive are gone; which pictures it had matters no more."""
    await tx.execute(delete(ArchiveItem).where(col(ArchiveItem.archive_id) == archive_id))
    await tx.execute(update(Archive).where(col(Archive.id) == archive_id).values(is_cleared=True))


def _is_waiting() -> tuple[ColumnElement[bool], ...]:
    return col(Archive.status) == JobStatus.QUEUED, col(Archive.due_at) <= now()


def _lose(tx: AsyncSession, archive: Archive, code: FailureCode) -> None:
    if archive.losses >= MAXIMUM_LOSSES:
        _fail(tx, archive, code)
        return
    archive.losses += 1
    archive.due_at = now() + PAUSE * archive.losses
    _requeue(tx, archive)


def _fail(tx: AsyncSession, archive: Archive, code: FailureCode) -> None:
    archive.failure_code = code
    archive.packed_count = 0
    finish(tx, archive, JobStatus.FAILED)


def _requeue(tx: AsyncSession, archive: Archive) -> None:
    move(archive, JobStatus.QUEUED)
    archive.lease_owner = archive.lease_expires_at = None
    tell(tx, archive.id, "requeued")


async def _held(tx: AsyncSession, claim: Claim) -> Archive:
    archive = await locked(tx, claim.archive_id)
    if archive is None or archive.lease_owner != claim.owner:
        raise LeaseLost
    return archive
