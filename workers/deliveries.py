"""What comes after the engine: each picture is rendered, stored and delivered, and each job ended, behind its back."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol

from db.words import ContentLevel, JobStatus
from domain import rendering
from domain.pictures import GenerationMetadata, render, seen
from domain.ports import Blocked, CheckUnavailable, NotPainted, Painted, StorageUnavailable
from domain.rendering import JobCanceled, LeaseLost
from domain.words import FailureCode
from workers.in_hand import JobFailed, Stopping

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from db.tables import GenerationJob, GenerationSlot
    from domain.pictures import PictureObject, Rendition
    from domain.ports import ObjectStore, OutputChecker
    from workers.in_hand import Hand, JobInHand


Result = tuple["GenerationSlot", "Painted | NotPainted"]
"""A slot, and what became of it."""
Refusal = tuple[FailureCode, Blocked | None]
"""As what a picture is given up, and why it is blocked where it is."""


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

    def start(self, job: JobInHand, results: Sequence[Result], engine_revision: str) -> Sequence[asyncio.Task[None]]:
        """Start to deliver what was painted of a job in one round, and to give up what was not; one task an image.

        The assets of all of them are reserved in one transaction, while they are checked and rendered.
        """
        methods = {slot.id: outcome.method for slot, outcome in results if isinstance(outcome, Painted)}
        reserving = asyncio.ensure_future(self._hand.write(job, rendering.reserve_assets, methods, engine_revision))
        reserving.add_done_callback(lambda done: done.cancelled() or done.exception())  # who waits for it is told
        return [
            job.start_delivery(
                partial(self._give_up, job, slot, outcome)
                if isinstance(outcome, NotPainted)
                else partial(self._deliver, job, slot, outcome, reserving)
            )
            for slot, outcome in results
        ]

    async def see_through(self, job: JobInHand) -> None:
        """Wait until a job is over, then write its end, or let it go."""
        try:
            await job.over()
            await self._end(job)
        except LeaseLost:
            job.log.warning("lease lost")
        except Exception:  # no other job shall end with it; the sweeper takes it when its lease has run out
            job.log.exception("end not written")
        finally:
            job.cancel_deliveries()
            self._hand.put_down(job)

    async def _give_up(self, job: JobInHand, slot: GenerationSlot, outcome: NotPainted) -> None:
        job.log.warning("image not painted", slot=slot.index, code=outcome.code, reason=outcome.detail)
        await self._hand.write(job, rendering.give_up_slot, slot.id, outcome.code)

    async def _deliver(
        self, job: JobInHand, slot: GenerationSlot, painted: Painted, reserving: asyncio.Future[Mapping[UUID, UUID]]
    ) -> None:
        verdict = await self._verdict(job, slot, painted)
        if isinstance(verdict, tuple):
            await asyncio.shield(reserving)  # else it might come behind the end of the slot
            await self._hand.write(job, rendering.give_up_slot, slot.id, *verdict)
            return
        rendition = await asyncio.to_thread(render, painted.image, _metadata(job.job, slot))
        rendition = replace(rendition, content_level=verdict)
        asset_id = (await asyncio.shield(reserving))[slot.id]
        try:
            await self._keep(rendition.objects(asset_id))
        except StorageUnavailable:
            job.log.exception("image not stored", slot=slot.index)
            await self._hand.write(job, rendering.give_up_slot, slot.id, FailureCode.STORAGE_UNAVAILABLE)
        else:
            await self._hand_out(job, slot.id, rendition)

    async def _keep(self, objects: Sequence[PictureObject]) -> None:
        """Store a picture's objects together, and the last, which says that all are there, behind the others."""
        *others, last = objects
        await asyncio.gather(*(self._store.put(each.key, each.data, each.content_type) for each in others))
        await self._store.put(last.key, last.data, last.content_type)

    async def _hand_out(self, job: JobInHand, slot_id: UUID, rendition: Rendition) -> None:
        """Make a stored picture its slot's result; those that are stored while others are written go in one write."""
        job.stored[slot_id] = rendition
        async with job.handing_out:
            if slot_id in job.stored:
                stored = dict(job.stored)
                await self._hand.write(job, rendering.deliver, stored)
                for each in stored:
                    del job.stored[each]

    async def _verdict(self, job: JobInHand, slot: GenerationSlot, painted: Painted) -> Refusal | ContentLevel:
        """Return the level of a picture, or as what one is given up that is blocked, or can not be judged."""
        try:
            verdict = await self._checker.judge(await asyncio.to_thread(seen, painted.image))
        except CheckUnavailable as error:
            job.log.error("image not checked", slot=slot.index, reason=str(error))  # noqa: TRY400 - the reason says it
            return FailureCode.CHECK_UNAVAILABLE, None
        if isinstance(verdict, Blocked):
            job.log.warning("image blocked", slot=slot.index, reason=verdict.reason, detail=verdict.detail)
            return FailureCode.CONTENT_BLOCKED, verdict
        return verdict.level if verdict else ContentLevel.GENERAL

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
