"""What comes after the engine: each picture is rendered, stored and delivered, and each job ended, behind its back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, Protocol

from db.words import JobStatus
from domain import rendering
from domain.pictures import GenerationMetadata, render, seen
from domain.ports import CheckUnavailable, NotPainted, StorageUnavailable
from domain.rendering import JobCanceled, LeaseLost
from domain.words import FailureCode
from workers.in_hand import JobFailed, Stopping

if TYPE_CHECKING:
    from db.tables import GenerationJob, GenerationSlot
    from domain.ports import ObjectStore, OutputChecker, Painted
    from workers.in_hand import Hand, JobInHand


class Endings(Protocol):
    """Counts jobs that end."""

    def job_ended(self, outcome: str) -> None:
        """Count a job by its final state."""


class Outlet(NamedTuple):
    """Where finished pictures leave the worker: they are judged, then stored."""

    checker: OutputChecker
    store: ObjectStore


class Deliveries:
    """Settles the slots of jobs in hand, and sees each job through to its end."""

    def __init__(self, hand: Hand, outlet: Outlet, endings: Endings) -> None:
        """Write through ``hand``, let pictures out through ``outlet``."""
        self._hand = hand
        self._checker, self._store = outlet
        self._endings = endings

    async def settle(
        self, job: JobInHand, slot: GenerationSlot, outcome: Painted | NotPainted, engine_revision: str
    ) -> None:
        """Deliver what was painted, or give the slot up.

        Raises:
            LeaseLost, JobCanceled: as their names say.
        """
        if isinstance(outcome, NotPainted):
            job.log.warning("image not painted", slot=slot.index, code=outcome.code, reason=outcome.detail)
            await self._hand.write(job, rendering.give_up_slot, slot.id, outcome.code)
        else:
            await self._deliver(job, slot, outcome, engine_revision)

    async def see_through(self, job: JobInHand) -> None:
        """Wait until a job is over, then write its end, or let it go."""
        try:
            await job.over()
            await self._end(job)
        except LeaseLost:
            job.log.warning("lease lost")
        finally:
            job.cancel_deliveries()
            self._hand.put_down(job)

    async def _deliver(self, job: JobInHand, slot: GenerationSlot, painted: Painted, engine_revision: str) -> None:
        asset_id = await self._hand.write(job, rendering.reserve_asset, slot.id, engine_revision, painted.method)
        refusal = await self._refusal(job, slot, painted)
        if refusal:
            await self._hand.write(job, rendering.give_up_slot, slot.id, refusal)
            return
        rendition = await asyncio.to_thread(render, painted.image, _metadata(job.job, slot))
        try:
            for stored in rendition.objects(asset_id):
                await self._store.put(stored.key, stored.data, stored.content_type)
        except StorageUnavailable:
            job.log.exception("image not stored", slot=slot.index)
            await self._hand.write(job, rendering.give_up_slot, slot.id, FailureCode.STORAGE_UNAVAILABLE)
        else:
            await self._hand.write(job, rendering.deliver, slot.id, rendition)

    async def _refusal(self, job: JobInHand, slot: GenerationSlot, painted: Painted) -> FailureCode | None:
        """Return as what a picture is given up that must not be stored: one that is blocked, or can not be judged."""
        try:
            blocked = await self._checker.judge(await asyncio.to_thread(seen, painted.image))
        except CheckUnavailable as error:
            job.log.error("image not checked", slot=slot.index, reason=str(error))  # noqa: TRY400 - the reason says it
            return FailureCode.CHECK_UNAVAILABLE
        if blocked is None:
            return None
        job.log.warning("image blocked", slot=slot.index, reason=blocked.reason, detail=blocked.detail)
        return FailureCode.CONTENT_BLOCKED

    async def _end(self, job: JobInHand) -> None:
        try:
            status = await self._write_end(job)
        except JobCanceled:
            await self._hand.write(job, rendering.let_go)
            status = None
        if status:
            self._endings.job_ended(status)
            job.log.info("job finished", status=status)
        else:
            job.log.info("job let go", reason=type(job.reason or JobCanceled()).__name__)

    async def _write_end(self, job: JobInHand) -> JobStatus | None:
        """Write what follows from why the job is over; return its final state, or None where it is let go."""
        match job.reason:
            case None:
                return await self._hand.write(job, rendering.finish)
            case JobFailed(code=code):
                await self._hand.write(job, rendering.fail, code)
                return JobStatus.FAILED
            case JobCanceled() | Stopping():
                await self._hand.write(job, rendering.let_go)
            case LeaseLost():
                pass
            case _:
                await self._hand.write(job, rendering.lose)
        return None


def _metadata(job: GenerationJob, slot: GenerationSlot) -> GenerationMetadata:
    return GenerationMetadata(
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        engine=job.engine,
        style=job.style,
        seed=slot.seed,
        steps=job.steps,
        guidance=job.guidance,
        width=job.width,
        height=job.height,
        job_id=job.id,
        slot_id=slot.id,
        created_at=job.created_at,
        operation=job.operation,
        strength=job.strength,
        source_id=job.source_asset_id,
    )
