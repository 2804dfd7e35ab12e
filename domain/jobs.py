"""The life of a job and of its slots: which moves are legal, and how the end of a job is a fold of theirs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlmodel import col

from db import outbox
from db.tables import GenerationJob, GenerationSlot
from db.tables.columns import now
from db.words import JobStatus, NotificationKind, SlotStatus
from domain import credits, notifications, streams
from domain.notifications import Note
from domain.streams import COMPLETED
from domain.words import FailureCode, MyEventType

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.credits import Wallet

MOVES: Final[Mapping[JobStatus, frozenset[JobStatus]]] = {
    JobStatus.ACCEPTED: frozenset({JobStatus.QUEUED, JobStatus.BLOCKED}),
    JobStatus.QUEUED: frozenset({JobStatus.PREPARING, JobStatus.CANCELING, JobStatus.EXPIRED}),
    JobStatus.PREPARING: frozenset({JobStatus.RUNNING, JobStatus.QUEUED, JobStatus.CANCELING}),
    JobStatus.RUNNING: frozenset(
        {
            JobStatus.QUEUED,
            JobStatus.CANCELING,
            JobStatus.SUCCEEDED,
            JobStatus.PARTIAL,
            JobStatus.FAILED,
            JobStatus.BLOCKED,
        }
    ),
    JobStatus.CANCELING: frozenset({JobStatus.CANCELED}),
}
"""What a job in each state may become (docs/states.md)."""
SLOT_MOVES: Final[Mapping[SlotStatus, frozenset[SlotStatus]]] = {
    SlotStatus.PENDING: frozenset({SlotStatus.RENDERING, SlotStatus.FAILED, SlotStatus.SKIPPED}),
    SlotStatus.RENDERING: frozenset(
        {SlotStatus.CHECKING, SlotStatus.PENDING, SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED}
    ),
    SlotStatus.CHECKING: frozenset(
        {SlotStatus.READY, SlotStatus.PENDING, SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED}
    ),
}
"""What one image of a job in each state may become (docs/states.md)."""


_TOLD_TO_OWNER: Final[Mapping[str, MyEventType]] = {
    "requeued": MyEventType.JOB_QUEUED,
    "started": MyEventType.JOB_STARTED,
    "image_ready": MyEventType.JOB_IMAGE_READY,
    COMPLETED: MyEventType.JOB_COMPLETED,
}


class IllegalMove(RuntimeError):
    """A job, or one of its slots, was to change in a way that its state machine does not know."""


def move(job: GenerationJob, to: JobStatus) -> None:
    """Change the state of a locked job.

    Raises:
        IllegalMove: no such move is known; what is final never changes.
    """
    if to not in MOVES.get(job.status, ()):
        raise IllegalMove(f"{job.id}: {job.status} -> {to}")
    job.status = to


def move_slot(slot: GenerationSlot, to: SlotStatus) -> None:
    """Change the state of a slot of a locked job.

    Raises:
        IllegalMove: no such move is known; what is final never changes.
    """
    if to not in SLOT_MOVES.get(slot.status, ()):
        raise IllegalMove(f"{slot.id}: {slot.status} -> {to}")
    slot.status = to


async def lock(tx: AsyncSession, job_id: UUID) -> GenerationJob:
    """Return the job, locked until the transaction ends; lock its hold first where credits will move."""
    query = select(GenerationJob).where(col(GenerationJob.id) == job_id).with_for_update()
    return (await tx.execute(query.execution_options(populate_existing=True))).scalar_one()


async def slots(tx: AsyncSession, job_id: UUID) -> list[GenerationSlot]:
    """Return the slots of a locked job, in order, as they are now."""
    query = select(GenerationSlot).where(col(GenerationSlot.job_id) == job_id).order_by(col(GenerationSlot.index))
    return list((await tx.execute(query.execution_options(populate_existing=True))).scalars())


def tell(tx: AsyncSession, job: GenerationJob, kind: str, **data: int) -> None:
    """Tell the watchers of a job, and its owner where they wait for such news, once this transaction has committed."""
    outbox.publish(tx, streams.of_job(job.id), kind, data, is_last=kind == COMPLETED)
    if kind in _TOLD_TO_OWNER:
        tell_owner(tx, job, _TOLD_TO_OWNER[kind], **data)


def tell_owner(tx: AsyncSession, job: GenerationJob, what: MyEventType, **data: int) -> None:
    """Tell the owner of a job alone what happened, once this transaction has committed."""
    outbox.publish(tx, streams.of_user(job.user_id), what, {"job": str(job.id), **data})


def close_slot(
    tx: AsyncSession,
    wallet: Wallet,
    job: GenerationJob,
    slot: GenerationSlot,
    status: SlotStatus,
    code: FailureCode,
) -> None:
    """End a slot without an image, give its credits back, and tell the watchers, all in one."""
    move_slot(slot, status)
    slot.failure_code = code
    slot.finished_at = now()
    credits.release(tx, wallet, slot.id, job.price)
    if code is not FailureCode.CANCELED:
        note = Note(NotificationKind.CREDITS_BACK, job.user_id, job.user_id, item_id=slot.id, amount=job.price)
        notifications.note(tx, note)
    if status is not SlotStatus.SKIPPED:
        tell(tx, job, "image_failed", slot=slot.index, released=job.price)


async def close_open_slots(
    tx: AsyncSession, wallet: Wallet, job: GenerationJob, status: SlotStatus, code: FailureCode
) -> None:
    """End every slot of a locked job that has not ended yet, without an image."""
    for slot in await slots(tx, job.id):
        if not slot.status.is_final:
            close_slot(tx, wallet, job, slot, status, code)


def finish(tx: AsyncSession, job: GenerationJob, status: JobStatus) -> None:
    """Move a locked job, all of whose slots have ended, to its final state; tell its watchers and the line's.

    Its owner is notified, unless they canceled it themselves.
    """
    move(job, status)
    job.finished_at = now()
    job.lease_owner = None
    job.lease_expires_at = None
    tell(tx, job, COMPLETED)
    if status is not JobStatus.CANCELED:
        notifications.note(tx, Note(NotificationKind.JOB, job.user_id, job.user_id, item_id=job.id))
    outbox.line_changed(tx)


def fold(statuses: Iterable[SlotStatus]) -> JobStatus:
    """Return the end of a job from the ends of its slots.

    All READY is SUCCEEDED, some is PARTIAL; none is BLOCKED where any was blocked, otherwise FAILED.
    """
    count = Counter(statuses)
    if count[SlotStatus.READY] == count.total():
        return JobStatus.SUCCEEDED
    if count[SlotStatus.READY]:
        return JobStatus.PARTIAL
    return JobStatus.BLOCKED if count[SlotStatus.BLOCKED] else JobStatus.FAILED
