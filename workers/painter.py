"""The GPU worker: claims jobs one by one, paints their slots in batches, stores and delivers each image."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils.compat import uuid7

from db.session import AWAY
from db.words import JobStatus
from domain import rendering
from domain.pictures import GenerationMetadata, render
from domain.ports import EngineUnavailable, ImageTask, Material, NotPainted, PaintRequest, StorageUnavailable
from domain.prompts import brief_of
from domain.rendering import JobCanceled, LeaseLost
from domain.words import FailureCode
from workers.materials import MaterialUnavailable, materials_of
from workers.progress import ProgressReporter

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import timedelta
    from uuid import UUID

    from db.session import Database
    from db.tables import GenerationJob, GenerationSlot
    from domain.ports import Engine, EventLog, ObjectStore, Painted, PaintStep
    from domain.rendering import Claim, Lease

logger = structlog.get_logger()
Result = TypeVar("Result")


class Measures(Protocol):
    """Counts what a worker does."""

    def job_ended(self, outcome: str) -> None:
        """Count a job by its final state."""

    def painted(self, engine: str, seconds: float) -> None:
        """Time one call to an engine."""


class Stopping(Exception):
    """The worker is asked to stop; the job goes back to the line."""


@dataclass(slots=True)
class _Interruption:
    """Why the running job must not go on; set on the event loop, looked at by the GPU thread after each step."""

    reason: Exception | None = None

    def check(self) -> None:
        if self.reason:
            raise self.reason


@dataclass(slots=True)
class _Work:
    """A claimed job under the brush."""

    claim: Claim
    engine: Engine
    material: Material = field(default_factory=Material)
    interruption: _Interruption = field(default_factory=_Interruption)

    @property
    def job(self) -> GenerationJob:
        return self.claim.job

    @property
    def lease(self) -> Lease:
        return self.claim.lease


class Painter:
    """Paints what waits in the line, one job at a time, in a single GPU thread."""

    def __init__(
        self,
        db: Database,
        store: ObjectStore,
        log: EventLog,
        engines: Mapping[str, Engine],
        lease: timedelta,
        measures: Measures,
    ) -> None:
        """Paint with ``engines`` (by key); a claimed job is ours for ``lease`` and as long as it is renewed."""
        self._db = db
        self._store = store
        self._log = log
        self._engines = engines
        self._lease = lease
        self._measures = measures
        self._owner: UUID = uuid7()
        self._gpu = ThreadPoolExecutor(1, thread_name_prefix="gpu")
        self._current: _Work | None = None
        self._is_stopping = False

    def stop(self) -> None:
        """Claim no more, and put the running job back in the line after its present step."""
        self._is_stopping = True
        if self._current:
            self._current.interruption.reason = Stopping()

    async def paint_waiting(self) -> None:
        """Paint job after job until none waits. Who is rung for nothing finds nothing and returns."""
        while not self._is_stopping:
            async with self._db.write() as tx:
                claim = await rendering.claim(tx, tuple(self._engines), self._owner, self._lease)
            if claim is None:
                return
            with structlog.contextvars.bound_contextvars(job_id=str(claim.job.id)):
                await self._work_on(_Work(claim, self._engines[claim.job.engine]))

    async def _work_on(self, work: _Work) -> None:
        self._current = work
        if self._is_stopping:  # asked while the job was being claimed
            work.interruption.reason = Stopping()
        keeper = asyncio.create_task(self._keep_lease(work), name="lease")
        try:
            await self._paint(work)
        except* (JobCanceled, LeaseLost, Stopping) as reasons:
            await self._let_go(work, reasons)
        finally:
            keeper.cancel()
            self._current = None

    async def _let_go(self, work: _Work, reasons: ExceptionGroup[Exception]) -> None:
        try:
            if reasons.subgroup((JobCanceled, Stopping)):
                await self._write(work, rendering.let_go)
        except LeaseLost:
            logger.warning("lease lost")
        logger.info("job let go", reasons=[type(reason).__name__ for reason in reasons.exceptions])

    async def _paint(self, work: _Work) -> None:
        logger.info("job claimed", engine=work.engine.key, images=len(work.claim.open_slots))
        try:
            await self._on_gpu(work.engine.load)
        except EngineUnavailable as error:
            logger.error("engine unavailable", reason=str(error))  # noqa: TRY400 - the reason says it all
            await self._write(work, rendering.fail, FailureCode.ENGINE_UNAVAILABLE)
            self._measures.job_ended(JobStatus.FAILED)
            return
        try:
            work.material = await materials_of(self._db, self._store, work.job)
        except MaterialUnavailable as missing:
            logger.warning("material unavailable", code=missing.code, reason=str(missing))
            await self._write(work, rendering.fail, missing.code)
            self._measures.job_ended(JobStatus.FAILED)
            return
        await self._write(work, rendering.begin)
        slots, size = work.claim.open_slots, work.engine.batch_size
        async with asyncio.TaskGroup() as deliveries:
            for start in range(0, len(slots), size):
                await self._paint_batch(work, slots[start : start + size], deliveries)
        status: JobStatus = await self._write(work, rendering.finish)
        self._measures.job_ended(status)
        logger.info("job finished", status=status)

    async def _paint_batch(self, work: _Work, slots: Sequence[GenerationSlot], deliveries: asyncio.TaskGroup) -> None:
        work.interruption.check()
        await self._write(work, rendering.start_slots, [slot.id for slot in slots])
        for slot, outcome in zip(slots, await self._outcomes(work, slots), strict=True):
            if isinstance(outcome, NotPainted):
                logger.warning("image not painted", slot=slot.index, code=outcome.code, reason=outcome.detail)
                await self._write(work, rendering.give_up_slot, slot.id, outcome.code)
            else:
                deliveries.create_task(self._deliver(work, slot, outcome))

    async def _outcomes(self, work: _Work, slots: Sequence[GenerationSlot]) -> Sequence[Painted | NotPainted]:
        job = work.job
        reporter = ProgressReporter(self._log, job.id, [slot.index for slot in slots])

        def on_step(step: PaintStep) -> None:
            work.interruption.check()
            reporter.report(step)

        brief = brief_of(job)
        request = PaintRequest(
            operation=job.operation,
            width=job.width,
            height=job.height,
            steps=job.steps,
            guidance=job.guidance,
            images=tuple(ImageTask(slot.index, slot.seed, brief, work.material) for slot in slots),
        )
        try:
            began = time.monotonic()
            outcomes = await self._on_gpu(lambda: work.engine.paint(request, on_step))
        except asyncio.CancelledError:  # a delivery found the job canceled or lost: the GPU need not finish either
            work.interruption.reason = work.interruption.reason or LeaseLost()
            raise
        except (JobCanceled, LeaseLost, Stopping):
            raise
        except Exception:
            logger.exception("engine raised")
            return [NotPainted(FailureCode.ENGINE_ERROR, "the engine raised")] * len(slots)
        self._measures.painted(work.engine.key, time.monotonic() - began)
        return outcomes

    async def _deliver(self, work: _Work, slot: GenerationSlot, painted: Painted) -> None:
        job = work.job
        metadata = GenerationMetadata(
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
        asset_id = await self._write(work, rendering.reserve_asset, slot.id, work.engine.revision, painted.method)
        rendition = await asyncio.to_thread(render, painted.image, metadata)
        try:
            for stored in rendition.objects(asset_id):
                await self._store.put(stored.key, stored.data, stored.content_type)
        except StorageUnavailable:
            logger.exception("image not stored", slot=slot.index)
            await self._write(work, rendering.give_up_slot, slot.id, FailureCode.STORAGE_UNAVAILABLE)
        else:
            await self._write(work, rendering.deliver, slot.id, rendition)

    async def _write(self, work: _Work, change: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
        """Run a change in a transaction, again and again while PostgreSQL is away and the lease lasts."""
        deadline = asyncio.get_running_loop().time() + self._lease.total_seconds()
        while True:
            try:
                async with self._db.write() as tx:
                    return await change(tx, work.lease, *arguments)
            except AWAY as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise LeaseLost from error
                logger.warning("database away, trying again", error=type(error).__name__)
                await asyncio.sleep(0.2)

    async def _keep_lease(self, work: _Work) -> None:
        loop = asyncio.get_running_loop()
        renewed = loop.time()
        while work.interruption.reason is None:
            await asyncio.sleep(min(1.0, self._lease.total_seconds() / 4))
            try:
                async with self._db.write() as tx:
                    status = await rendering.renew(tx, work.lease, self._lease)
                renewed = loop.time()
                if status is JobStatus.CANCELING:
                    work.interruption.reason = JobCanceled()
            except LeaseLost as lost:
                work.interruption.reason = lost
            except (SQLAlchemyError, OSError):
                if loop.time() - renewed > self._lease.total_seconds():
                    work.interruption.reason = LeaseLost()

    async def _on_gpu(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._gpu, call)
