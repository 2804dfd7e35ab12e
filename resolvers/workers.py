"""GPU workers: drained before a deploy, resumed where it is put off."""

from typing import Annotated

import strawberry

from domain import workers
from planner import ref
from schema.context import Info
from schema.node import required_key
from schema.workers import (
    DrainWorkerInput,
    DrainWorkerResult,
    DrainWorkerSuccess,
    ResumeWorkerInput,
    ResumeWorkerResult,
    ResumeWorkerSuccess,
    Worker,
)


@strawberry.type
class WorkerMutations:
    """Mutations about workers."""

    @strawberry.mutation(
        description="Let a worker finish what it has in hand and take nothing more, until its process ends or it is "
        "resumed; for administrators."
    )
    async def drain_worker(
        self,
        info: Info,
        input: Annotated[DrainWorkerInput, strawberry.argument(description="Which worker.")],  # noqa: A002
    ) -> DrainWorkerResult:
        """Drain a worker."""
        info.context.require_admin()
        worker_id = required_key("worker", input.worker_id, "workerId")
        async with info.context.services.db.write() as tx:
            await workers.drain(tx, worker_id)
        return DrainWorkerSuccess(worker=ref(Worker, id=worker_id))

    @strawberry.mutation(description="Let a worker that was drained take jobs again; for administrators.")
    async def resume_worker(
        self,
        info: Info,
        input: Annotated[ResumeWorkerInput, strawberry.argument(description="Which worker.")],  # noqa: A002
    ) -> ResumeWorkerResult:
        """Go on with a worker."""
        info.context.require_admin()
        worker_id = required_key("worker", input.worker_id, "workerId")
        async with info.context.services.db.write() as tx:
            await workers.resume(tx, worker_id)
        return ResumeWorkerSuccess(worker=ref(Worker, id=worker_id))
