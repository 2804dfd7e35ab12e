"""The GPU worker: claims jobs and paints them in rounds, which jobs of several users may share."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

import structlog

from domain import rendering
from domain.ports import EngineLost, EngineUnavailable, NotPainted
from domain.prompts import brief_of
from domain.rendering import JobCanceled, LeaseLost
from domain.words import FailureCode
from workers.deliveries import Deliveries, Endings
from workers.in_hand import Hand, JobFailed, Stopping
from workers.materials import MaterialUnavailable, materials_of
from workers.rounds import NobodyWaits, Part, Round, RoundReporter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from uuid import UUID

    from db.session import Database
    from db.tables import GenerationSlot
    from domain.ports import Engine, Engines, EventLog, Painted, PaintStep
    from workers.deliveries import Outlet
    from workers.in_hand import JobInHand

logger = structlog.get_logger()
Result = TypeVar("Result")


class Measures(Endings, Protocol):
    """Counts what a worker does."""

    def painted(self, engine: str, seconds: float) -> None:
        """Time one call to an engine."""


class Painter:
    """Paints what waits in the line, round by round, in a single GPU thread.

    A job is painted in as many rounds as its images need; what a round has to spare is given to compatible jobs that
    wait. Pictures are rendered, stored and delivered while the next round is painted, those of one round at a time:
    two rounds of pictures are in memory at most.
    """

    def __init__(
        self,
        db: Database,
        outlet: Outlet,
        log: EventLog,
        engines: Engines,
        lease: timedelta,
        measures: Measures,
    ) -> None:
        """Paint with ``engines``; a claimed job is ours for ``lease`` and as long as it is renewed."""
        self._log = log
        self._engines = engines
        self._measures = measures
        self._db = db
        self._store = outlet.store
        self._hand = Hand(db, lease)
        self._deliveries = Deliveries(self._hand, outlet, measures)
        self._gpu = ThreadPoolExecutor(1, thread_name_prefix="gpu")
        self._under_way: Sequence[asyncio.Task[None]] = ()
        """The deliveries of the last round."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_stopping = False

    @property
    def worker_id(self) -> UUID:
        """Who claims: the owner of the leases."""
        return self._hand.owner

    def drain(self, is_draining: bool) -> None:  # noqa: FBT001 - a state, not an option
        """Claim no more and finish what is in hand, or claim again; from any thread."""
        self._hand.is_draining = is_draining

    def stop(self) -> None:
        """Claim no more, and put the jobs in hand back in the line after the present step; from any thread."""
        self._is_stopping = True
        if self._loop and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hand.interrupt_all, Stopping())

    async def paint_waiting(self) -> None:
        """Paint job after job until none waits. Who is rung for nothing finds nothing and returns."""
        self._loop = asyncio.get_running_loop()
        is_over = asyncio.Event()
        async with asyncio.TaskGroup() as keeping:
            keeping.create_task(self._hand.keep_leases(is_over), name="leases")
            try:
                async with asyncio.TaskGroup() as endings:
                    while not self._is_stopping and (lead := await self._hand.claim(tuple(self._engines.by_key))):
                        self._welcome(lead, endings)
                        await self._paint_with_company(lead, endings)
            finally:
                is_over.set()

    def _welcome(self, job: JobInHand, endings: asyncio.TaskGroup) -> None:
        """See to it that a job that was claimed just now has an end, whatever happens."""
        endings.create_task(self._deliveries.see_through(job))
        if self._is_stopping:  # asked while it was being claimed
            job.interrupt(Stopping())

    async def _paint_with_company(self, lead: JobInHand, endings: asyncio.TaskGroup) -> None:
        """Paint all images of ``lead``, and in the places that its rounds leave empty whatever may go with them."""
        engine = self._engines.of(lead.job.engine, lead.job.operation)
        if not lead.is_to_be_painted or not await self._is_ready(engine, lead):
            return
        while lead.is_to_be_painted:
            jobs = [lead]
            slots = [lead.next_slots(engine.batch_size)]
            room = engine.batch_size - len(slots[0])
            if room:
                for job in await self._hand.claim_company(lead, room):
                    self._welcome(job, endings)
                    jobs.append(job)
                    slots.append(job.next_slots(room))
            parts = await asyncio.gather(*map(self._begin, jobs, slots))
            begun = [part for part in parts if part]
            if begun:
                await self._paint(Round(engine, begun))

    async def _is_ready(self, engine: Engine, lead: JobInHand) -> bool:
        try:
            await self._on_gpu(engine.load)
        except EngineUnavailable as error:
            lead.log.error("engine unavailable", reason=str(error))  # noqa: TRY400 - the reason says it all
            lead.interrupt(JobFailed(FailureCode.ENGINE_UNAVAILABLE))
        except EngineLost as lost:
            lead.log.warning("engine lost", reason=str(lost))
            lead.interrupt(lost)
        except Exception:  # an engine raises what it likes, and no other job shall end with this one
            lead.log.exception("engine raised as it was loaded", engine=engine.key)
            lead.interrupt(JobFailed(FailureCode.ENGINE_ERROR))
        return lead.reason is None

    async def _begin(self, job: JobInHand, slots: Sequence[GenerationSlot]) -> Part | None:
        """Say that slots are being painted, and put together what the engine is asked for; None if not to be painted.

        This is the one place where a job's brief and material are made.
        """
        if job.reason:
            return None
        try:
            material = await materials_of(self._db, self._store, job.job)
            await self._hand.write(job, rendering.start, [slot.id for slot in slots])
        except MaterialUnavailable as missing:
            job.log.warning("material unavailable", code=missing.code, reason=str(missing))
            job.interrupt(JobFailed(missing.code))
        except (JobCanceled, LeaseLost) as reason:
            job.interrupt(reason)
        except Exception as error:  # the jobs of the same round go on
            job.log.exception("job not begun")
            job.interrupt(error)
        else:
            return Part(job, slots, brief_of(job.job), material)
        return None

    async def _paint(self, painted: Round) -> None:
        """Paint a round and start its deliveries; what an engine can not bear together is tried job by job.

        So no job fails because of what another one asks for. Its watchers then see the steps counted anew.
        """
        outcomes: Sequence[Painted | NotPainted] | None = None
        try:
            outcomes = await self._call(painted)
        except (NobodyWaits, Stopping):
            return
        except (EngineLost, EngineUnavailable) as lost:  # the latter where its process can not load it anew
            logger.warning("engine lost", engine=painted.engine.key, reason=str(lost))
            reason = lost if isinstance(lost, EngineLost) else JobFailed(FailureCode.ENGINE_UNAVAILABLE)
            for part in painted.parts:
                part.job.interrupt(reason)
            return
        except Exception:
            logger.exception("engine raised", engine=painted.engine.key, jobs=len(painted.parts))
        if outcomes is not None:
            await self._hand_over(painted, outcomes)
        elif len(painted.parts) == 1:
            failure = NotPainted(FailureCode.ENGINE_ERROR, "the engine raised")
            await self._hand_over(painted, [failure] * len(painted.parts[0].slots))
        else:  # outside except, so that the failed try is let go of
            for alone in painted.one_by_one():
                if alone.parts[0].job.reason is None:
                    await self._paint(alone)

    async def _call(self, painted: Round) -> Sequence[Painted | NotPainted]:
        """Call the engine; raises what it raises, NobodyWaits and Stopping."""
        reporter = RoundReporter(self._log, painted)

        def on_step(step: PaintStep) -> None:
            if self._is_stopping:
                raise Stopping
            painted.check()
            reporter.report(step)

        request = painted.request()
        began = time.monotonic()
        try:
            outcomes = await self._on_gpu(lambda: painted.engine.paint(request, on_step))
        except asyncio.CancelledError:
            painted.is_abandoned = True
            raise
        self._measures.painted(painted.engine.key, time.monotonic() - began)
        return outcomes

    async def _hand_over(self, painted: Round, outcomes: Sequence[Painted | NotPainted]) -> None:
        """Start to deliver a round once the one before is delivered; pictures of interrupted jobs are thrown away."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._under_way = [
            delivery
            for job, results in painted.results(outcomes)
            if job.reason is None
            for delivery in self._deliveries.start(job, results, painted.engine.revision)
        ]

    async def _on_gpu(self, call: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._gpu, call)
