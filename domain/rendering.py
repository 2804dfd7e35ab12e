"""A job as its worker sees it: claimed under a lease, painted slot by slot, finished, given back or rescued.

Every write of a worker is fenced: it locks the job and finds its own lease there, or it raises ``LeaseLost`` and
leaves no trace. So a worker that was taken for dead can wake up and do no harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select, update
from sqlmodel import col
from uuid_utils.compat import uuid7

from db import outbox
from db.tables import GenerationJob, GenerationSlot, MediaAsset
from db.tables.columns import now
from db.words import ACTIVE_JOB_STATUSES, JobStatus, SlotStatus
from domain import credits, galleries, guard, jobs, line, media
from domain.words import FailureCode, GuardReason, MediaChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.credits import Wallet
    from domain.pictures import Rendition
    from domain.ports import Blocked

MAXIMUM_LOSSES: Final = 2
"""How often a job may lose its worker and be tried again."""
_BATCH: Final = 1_000
"""How many overdue jobs are ended before others are looked after."""


class LeaseLost(Exception):
    """The job is no longer this worker's: the lease ran out, or somebody else holds it."""


class JobCanceled(Exception):
    """The owner has canceled the job; its worker shall let go."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of one worker to write to one job."""

    job_id: UUID
    owner: UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """A claimed job and those of its slots that are still to be painted."""

    lease: Lease
    job: GenerationJob
    open_slots: tuple[GenerationSlot, ...]


async def claim(tx: AsyncSession, engines: Sequence[str], owner: UUID, lease: timedelta) -> Claim | None:
    """Take the first job of the line that ``engines`` can paint, for as long as ``lease``.

    None where none waits, or the worker ``owner`` is being drained.
    """
    job = await line.next_waiting(tx, engines, owner)
    return await _take(tx, job, owner, lease) if job else None


async def claim_company(tx: AsyncSession, lead: Claim, room: int, lease: timedelta) -> Sequence[Claim]:
    """Take what may be painted in one call with ``lead``, up to ``room`` images; see ``line.company``."""
    company = await line.company(tx, lead.job, room)
    return [await _take(tx, job, lead.lease.owner, lease) for job in company]


async def _take(tx: AsyncSession, job: GenerationJob, owner: UUID, lease: timedelta) -> Claim:
    jobs.move(job, JobStatus.PREPARING)
    job.started_at = now()
    job.lease_owner = owner
    job.worker_id = owner
    job.lease_expires_at = now() + lease
    outbox.line_changed(tx)
    slots = await jobs.slots(tx, job.id)
    return Claim(Lease(job.id, owner), job, tuple(slot for slot in slots if not slot.status.is_final))


async def renew(
    tx: AsyncSession, owner: UUID, job_ids: Iterable[UUID], extend_by: timedelta
) -> Mapping[UUID, JobStatus]:
    """Extend the leases of ``owner`` and return the jobs' states, which tell whether they are being canceled.

    A job that is not in the answer is not its any more.
    """
    extended = await tx.execute(
        update(GenerationJob)
        .where(col(GenerationJob.id).in_(list(job_ids)), col(GenerationJob.lease_owner) == owner)
        .values(lease_expires_at=now() + extend_by)
        .returning(col(GenerationJob.id), col(GenerationJob.status))
    )
    return {row.id: row.status for row in extended}


async def start(tx: AsyncSession, lease: Lease, slot_ids: Sequence[UUID]) -> None:
    """Say that the engine is ready and these slots are being painted. Said again, it changes nothing.

    Raises:
        LeaseLost, JobCanceled: as their names say.
    """
    job = await _hold_on(tx, lease)
    for slot in await jobs.slots(tx, job.id):
        if slot.id in slot_ids and slot.status is SlotStatus.PENDING:
            jobs.move_slot(slot, SlotStatus.RENDERING)
    if job.status is not JobStatus.RUNNING:
        jobs.move(job, JobStatus.RUNNING)
        jobs.tell(tx, job, "started")


async def reserve_assets(
    tx: AsyncSession, lease: Lease, methods: Mapping[UUID, str], engine_revision: str = ""
) -> Mapping[UUID, UUID]:
    """Give painted slots the rows of their assets before anything is stored, so that no object is without a row.

    Args:
        tx: the transaction.
        lease: the worker's right to write to the job.
        methods: by which means each slot was painted, as ``Painted.method`` says, by the slot's id.
        engine_revision: what exactly painted them, as ``Engine.revision`` says.

    Returns:
        The assets' ids by those of their slots; where a slot has had one before, that one, which now tells how it was
        painted this time.

    Raises:
        LeaseLost, JobCanceled: as their names say.
    """
    job = await _hold_on(tx, lease)
    slots = [slot for slot in await jobs.slots(tx, job.id) if slot.id in methods]
    new = {slot.id: uuid7() for slot in slots if slot.asset_id is None}
    gallery = await galleries.locked(tx, job.gallery_id) if new else None
    first = await galleries.next_position(tx, gallery) if gallery else 0
    places = {slot_id: first + place if gallery else 0 for place, slot_id in enumerate(new)}
    tx.add_all(
        MediaAsset(
            id=new[slot.id],
            owner_id=job.user_id,
            job_id=job.id,
            parent_id=job.source_asset_id,
            engine=job.engine,
            engine_revision=engine_revision,
            method=methods[slot.id],
            style=job.style,
            ratio=job.ratio,
            seed=slot.seed,
            content_level=job.content_level,
            gallery_id=gallery.id if gallery else None,
            position=places[slot.id],
        )
        for slot in slots
        if slot.id in new
    )
    await tx.flush()
    await _paint_anew(tx, [slot for slot in slots if slot.id not in new], methods, engine_revision)
    for slot in slots:
        slot.asset_id = slot.asset_id or new[slot.id]
        if slot.status is SlotStatus.RENDERING:  # else a late try, of the same worker: the slot has gone on since
            jobs.move_slot(slot, SlotStatus.CHECKING)
    return {slot.id: slot.asset_id for slot in slots if slot.asset_id}


async def _paint_anew(
    tx: AsyncSession, slots: Sequence[GenerationSlot], methods: Mapping[UUID, str], engine_revision: str
) -> None:
    """Say how slots were painted whose first picture was lost with its worker: that one may have been another."""
    painted = {slot.asset_id: methods[slot.id] for slot in slots if slot.status is SlotStatus.RENDERING}
    if painted:
        for asset in (await tx.execute(select(MediaAsset).where(col(MediaAsset.id).in_(painted)))).scalars():
            asset.method, asset.engine_revision = painted[asset.id], engine_revision


async def deliver(tx: AsyncSession, lease: Lease, renditions: Mapping[UUID, Rendition]) -> None:
    """Make stored images, by slot, the slots' results: assets READY, slots READY, credits captured, watchers told.

    Done again, it changes nothing: who did not hear that it was committed may try once more.

    Raises:
        LeaseLost, JobCanceled: as their names say; the stored objects are then swept.
    """
    wallet, job = await _hold_on_with_wallet(tx, lease)
    gallery = await galleries.locked(tx, job.gallery_id)
    found = await tx.execute(
        select(GenerationSlot, MediaAsset)
        .join(MediaAsset, col(MediaAsset.id) == col(GenerationSlot.asset_id))
        .where(col(GenerationSlot.job_id) == job.id, col(GenerationSlot.id).in_(renditions))
        .order_by(col(GenerationSlot.index))
        .execution_options(populate_existing=True)
    )
    for slot, asset in found.all():
        if slot.status is not SlotStatus.CHECKING:
            continue
        rendition = renditions[slot.id]
        media.fill(asset, rendition)
        slot.finished_at = asset.ready_at
        jobs.move_slot(slot, SlotStatus.READY)
        if gallery and asset.gallery_id == gallery.id:
            await galleries.welcome(tx, gallery, asset, MediaChange.ADDED)
        credits.capture(tx, wallet, slot.id, job.price)
        jobs.tell(tx, job, "image_ready", slot=slot.index)


async def give_up_slot(
    tx: AsyncSession, lease: Lease, slot_id: UUID, code: FailureCode, blocked: Blocked | None = None
) -> None:
    """End a slot that could not be painted, or may not be shown, and give its credits back; once, as ``deliver``.

    ``blocked`` says why a finished picture may not be shown.

    Raises:
        LeaseLost, JobCanceled: as their names say.
    """
    wallet, job = await _hold_on_with_wallet(tx, lease)
    slot = await tx.get_one(GenerationSlot, slot_id)
    if slot.status not in {SlotStatus.RENDERING, SlotStatus.CHECKING}:
        return
    status = SlotStatus.FAILED
    if code is FailureCode.CONTENT_BLOCKED:
        status = SlotStatus.BLOCKED
        reason = GuardReason(blocked.reason) if blocked else GuardReason.REFUSED_BY_ENGINE
        guard.record_picture(tx, job.user_id, reason, job_id=job.id, slot_id=slot_id)
    jobs.close_slot(tx, wallet, job, slot, status, code)


async def finish(tx: AsyncSession, lease: Lease) -> JobStatus:
    """End the job as the fold of its slots, all of which have ended; return its final state.

    Raises:
        LeaseLost, JobCanceled: as their names say.
    """
    job = await _hold_on(tx, lease)
    if job.status is JobStatus.PREPARING:  # its last worker was lost between the last image and the end
        jobs.move(job, JobStatus.RUNNING)
    status = jobs.fold(slot.status for slot in await jobs.slots(tx, job.id))
    jobs.finish(tx, job, status)
    return status


async def fail(tx: AsyncSession, lease: Lease, code: FailureCode) -> None:
    """End all open slots of the job as FAILED, and the job with them.

    Raises:
        LeaseLost, JobCanceled: as their names say.
    """
    wallet, job = await _hold_on_with_wallet(tx, lease)
    await _fail(tx, wallet, job, code)


async def let_go(tx: AsyncSession, lease: Lease) -> None:
    """Confirm that a job is no longer worked on: a canceled one ends, any other goes back to its place in the line.

    Raises:
        LeaseLost: it is not ours any more.
    """
    job = await _locked(tx, lease)
    if job.status is JobStatus.CANCELING:
        jobs.finish(tx, job, JobStatus.CANCELED)
    else:
        await _requeue(tx, job)


async def lose(tx: AsyncSession, lease: Lease) -> None:
    """Say that the engine was lost over a job: it goes back to the line or ends, as if its worker had been lost.

    Raises:
        LeaseLost: it is not ours any more.
    """
    wallet = await credits.lock_hold(tx, lease.job_id)
    await _lose(tx, wallet, await _locked(tx, lease))


async def lost(tx: AsyncSession) -> Sequence[UUID]:
    """Return the jobs whose worker has not renewed its lease in time."""
    query = select(col(GenerationJob.id)).where(
        col(GenerationJob.status).in_(ACTIVE_JOB_STATUSES), col(GenerationJob.lease_expires_at) < now()
    )
    return (await tx.execute(query)).scalars().all()


async def rescue(tx: AsyncSession, job_id: UUID) -> None:
    """Put a lost job back in the line, or end it: a canceled one as CANCELED, one lost too often as FAILED."""
    wallet = await credits.lock_hold(tx, job_id)
    job = await jobs.lock(tx, job_id)
    if job.status not in ACTIVE_JOB_STATUSES or (job.lease_expires_at and job.lease_expires_at >= now()):
        return
    await _lose(tx, wallet, job)


async def overdue(tx: AsyncSession, patience: timedelta) -> Sequence[UUID]:
    """Return the jobs that have waited longer than ``patience``, the oldest first, no more than take a moment to end.

    One that went back to the line waits anew from when it was claimed: its worker's loss is not to cost its images.
    A whole line is overdue where its engine was paused, and lost jobs are not to wait until all of it has ended.
    """
    since = func.coalesce(col(GenerationJob.started_at), col(GenerationJob.created_at))
    query = select(col(GenerationJob.id)).where(col(GenerationJob.status) == JobStatus.QUEUED, since < now() - patience)
    return (await tx.execute(query.order_by(since).limit(_BATCH))).scalars().all()


async def expire(tx: AsyncSession, job_id: UUID) -> None:
    """End a job that waited too long; its credits go back."""
    wallet = await credits.lock_hold(tx, job_id)
    job = await jobs.lock(tx, job_id)
    if job.status is not JobStatus.QUEUED:
        return
    await jobs.close_open_slots(tx, wallet, job, SlotStatus.SKIPPED, FailureCode.EXPIRED)
    job.failure_code = FailureCode.EXPIRED
    jobs.finish(tx, job, JobStatus.EXPIRED)


async def _lose(tx: AsyncSession, wallet: Wallet, job: GenerationJob) -> None:
    if job.status is JobStatus.CANCELING:
        jobs.finish(tx, job, JobStatus.CANCELED)
    elif job.attempt < MAXIMUM_LOSSES:
        job.attempt += 1
        await _requeue(tx, job)
    else:
        await _fail(tx, wallet, job, FailureCode.WORKER_LOST)


async def _fail(tx: AsyncSession, wallet: Wallet, job: GenerationJob, code: FailureCode) -> None:
    if job.status is JobStatus.PREPARING:
        jobs.move(job, JobStatus.RUNNING)
    await jobs.close_open_slots(tx, wallet, job, SlotStatus.FAILED, code)
    job.failure_code = code
    jobs.finish(tx, job, jobs.fold(slot.status for slot in await jobs.slots(tx, job.id)))


async def _requeue(tx: AsyncSession, job: GenerationJob) -> None:
    jobs.move(job, JobStatus.QUEUED)
    job.lease_owner = None
    job.lease_expires_at = None
    for slot in await jobs.slots(tx, job.id):
        if slot.status in {SlotStatus.RENDERING, SlotStatus.CHECKING}:
            jobs.move_slot(slot, SlotStatus.PENDING)
    jobs.tell(tx, job, "requeued")
    outbox.line_changed(tx)
    outbox.ring_gpu(tx)


async def _hold_on_with_wallet(tx: AsyncSession, lease: Lease) -> tuple[Wallet, GenerationJob]:
    wallet = await credits.lock_hold(tx, lease.job_id)
    return wallet, await _hold_on(tx, lease)


async def _hold_on(tx: AsyncSession, lease: Lease) -> GenerationJob:
    job = await _locked(tx, lease)
    if job.status is JobStatus.CANCELING:
        raise JobCanceled
    return job


async def _locked(tx: AsyncSession, lease: Lease) -> GenerationJob:
    job = await jobs.lock(tx, lease.job_id)
    if job.lease_owner != lease.owner:
        raise LeaseLost
    return job
