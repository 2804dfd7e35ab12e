"""The jobs that a worker holds: their leases are renewed together, their writes fenced, their interruptions heard."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

import structlog
from sqlalchemy.exc import SQLAlchemyError
from uuid_utils.compat import uuid7

from db.session import AWAY
from db.words import JobStatus
from domain import rendering
from domain.rendering import JobCanceled, LeaseLost

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from datetime import timedelta
    from uuid import UUID

    from db.session import Database
    from db.tables import GenerationJob, GenerationSlot
    from domain.pictures import Rendition
    from domain.rendering import Claim
    from domain.words import FailureCode

logger = structlog.get_logger()
Result = TypeVar("Result")


class Stopping(Exception):
    """The worker is asked to stop; its jobs go back to the line."""


class JobFailed(Exception):
    """The job can not be painted, whoever tries."""

    def __init__(self, code: FailureCode) -> None:
        """Say why in a word."""
        super().__init__(code)
        self.code = code


class JobInHand:
    """A claimed job, from its claim to its end or to when it is let go; used on the event loop alone.

    Only ``reason`` is looked at by the GPU thread too.
    """

    def __init__(self, claim: Claim) -> None:
        """Take a job that was claimed just now."""
        self.claim = claim
        self.reason: Exception | None = None
        """Why it must not go on."""
        self.stored: dict[UUID, Rendition] = {}
        """Pictures by slot that are stored and not yet the slots' results."""
        self.handing_out = asyncio.Lock()
        self.renewed_at = asyncio.get_running_loop().time()
        self.log = logger.bind(job_id=str(claim.job.id))
        self._unpainted = list(claim.open_slots)
        self._open = len(claim.open_slots)
        self._deliveries: set[asyncio.Task[None]] = set()
        self._is_over = asyncio.Event()
        self._look()

    @property
    def job(self) -> GenerationJob:
        """The row, as it was when it was claimed."""
        return self.claim.job

    @property
    def is_to_be_painted(self) -> bool:
        """Whether it goes on and has images that no call was made for yet."""
        return bool(self._unpainted) and self.reason is None

    def next_slots(self, most: int) -> Sequence[GenerationSlot]:
        """Take the next slots to be painted, at most so many."""
        taken, self._unpainted = self._unpainted[:most], self._unpainted[most:]
        return taken

    def interrupt(self, reason: Exception) -> None:
        """Let it not go on; the first reason counts."""
        self.reason = self.reason or reason
        self._look()

    def start_delivery(self, settle: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Let an image be settled in the background; what is raised there interrupts the job."""
        delivery = asyncio.create_task(self._settle(settle))
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._deliveries.discard)
        return delivery

    async def over(self) -> None:
        """Wait until all images are settled or the job is interrupted, and nothing is delivered any more.

        What is being delivered when the worker is asked to stop is delivered; after any other interruption nobody
        wants it.
        """
        await self._is_over.wait()
        if self.reason and not isinstance(self.reason, Stopping):
            self.cancel_deliveries()
        if self._deliveries:
            await asyncio.wait(self._deliveries)
        if self._open == 0 and isinstance(self.reason, Stopping):
            self.reason = None

    def cancel_deliveries(self) -> None:
        """Deliver nothing more."""
        for delivery in self._deliveries:
            delivery.cancel()

    async def _settle(self, settle: Callable[[], Awaitable[None]]) -> None:
        try:
            await settle()
        except (JobCanceled, LeaseLost) as reason:
            self.interrupt(reason)
        except Exception as error:
            self.log.exception("delivery raised")
            self.interrupt(error)
        else:
            self._open -= 1
            self._look()

    def _look(self) -> None:
        if self.reason or self._open == 0:
            self._is_over.set()


class Hand:
    """The jobs of one worker."""

    def __init__(self, db: Database, lease: timedelta) -> None:
        """Hold nothing yet; what is claimed is ours for ``lease`` and as long as it is renewed."""
        self._db = db
        self._lease = lease
        self.owner: UUID = uuid7()
        self.is_draining = False
        """Whether nothing more is to be claimed; PostgreSQL knows it first, and this also where it has forgotten."""
        self._jobs: dict[UUID, JobInHand] = {}

    async def claim(self, engines: Sequence[str]) -> JobInHand | None:
        """Take the first job of the line; None where none waits, none is to be claimed, or PostgreSQL is away."""
        if self.is_draining:
            return None
        try:
            async with self._db.write() as tx:
                claim = await rendering.claim(tx, engines, self.owner, self._lease)
        except AWAY as error:
            logger.warning("database away, claiming nothing", error=type(error).__name__)
            return None
        return self._take(claim) if claim else None

    async def claim_company(self, lead: JobInHand, room: int) -> Sequence[JobInHand]:
        """Take what may be painted in one call with ``lead``, up to ``room`` images, unless PostgreSQL is away."""
        if self.is_draining:
            return []
        try:
            async with self._db.write() as tx:
                claims = await rendering.claim_company(tx, lead.claim, room, self._lease)
        except AWAY as error:
            logger.warning("database away, claiming nothing", error=type(error).__name__)
            return []
        return [self._take(claim) for claim in claims]

    def put_down(self, job: JobInHand) -> None:
        """Hold a job no longer; once it is back in the line, it may have been claimed anew."""
        if self._jobs.get(job.job.id) is job:
            del self._jobs[job.job.id]

    def interrupt_all(self, reason: Exception) -> None:
        """Let no job go on."""
        for job in self._jobs.values():
            job.interrupt(reason)

    async def write(self, job: JobInHand, change: Callable[..., Awaitable[Result]], *arguments: object) -> Result:
        """Run a change in a transaction, again and again while PostgreSQL is away and the lease lasts.

        Raises:
            LeaseLost, JobCanceled: as the change does, or because the lease ran out meanwhile.
        """
        deadline = asyncio.get_running_loop().time() + self._lease.total_seconds()
        while True:
            try:
                async with self._db.write() as tx:
                    return await change(tx, job.claim.lease, *arguments)
            except AWAY as error:
                if asyncio.get_running_loop().time() > deadline:
                    raise LeaseLost from error
                job.log.warning("database away, trying again", error=type(error).__name__)
                await asyncio.sleep(0.2)

    async def keep_leases(self, is_over: asyncio.Event) -> None:
        """Renew all leases together, a few times in the life of one, until ``is_over``.

        It is not cancelled: a statement that is cut off may raise an error of PostgreSQL instead, which is waited out.
        """
        while not is_over.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(min(1.0, self._lease.total_seconds() / 4)):
                    await is_over.wait()
            if held := dict(self._jobs):
                await self._renew(held)

    async def _renew(self, held: dict[UUID, JobInHand]) -> None:
        clock = asyncio.get_running_loop().time
        try:
            async with self._db.write() as tx:
                states = await rendering.renew(tx, self.owner, held, self._lease)
        except (SQLAlchemyError, OSError):
            for job in held.values():
                if clock() - job.renewed_at > self._lease.total_seconds():
                    job.interrupt(LeaseLost())
            return
        for job_id, job in held.items():
            status = states.get(job_id)
            if status is None:
                job.interrupt(LeaseLost())
                continue
            job.renewed_at = clock()
            if status is JobStatus.CANCELING:
                job.interrupt(JobCanceled())

    def _take(self, claim: Claim) -> JobInHand:
        job = self._jobs[claim.job.id] = JobInHand(claim)
        job.log.info("job claimed", engine=job.job.engine, images=len(claim.open_slots))
        return job
