"""The line: how the service is doing, one's own jobs in another order, lines that are paused."""

from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain import line_control, line_state, workers
from domain.bounds import INPUT, chosen
from domain.catalogue import ENGINES
from planner import ref
from schema.catalogue import Engine
from schema.context import Info
from schema.generation import GenerationJob
from schema.line import (
    EngineStatus,
    MoveQueuedJobInput,
    MoveQueuedJobResult,
    MoveQueuedJobSuccess,
    PauseQueueInput,
    PauseQueueResult,
    PauseQueueSuccess,
    ResumeQueueInput,
    ResumeQueueResult,
    ResumeQueueSuccess,
    ServiceStatus,
)
from schema.node import required_key
from schema.queue_events import EngineQueue
from schema.workers import Worker


def _engine(info: Info, key: str) -> str:
    return chosen((*INPUT, "engine"), key, key, info.context.services.engines)


def _line(engine: str) -> dict[str, Any]:
    return {"engine": Engine.of(ENGINES[engine]), "queue": ref(EngineQueue, engine=engine)}


async def _workers(info: Info, tx: AsyncSession) -> list[Worker] | None:
    """Return the workers for an administrator to see: where they run is nobody else's business."""
    if info.context.viewer_id not in info.context.services.admins:
        return None
    return [ref(Worker, id=each.id) for each in await workers.listed(tx)]


@strawberry.type
class LineQueries:
    """Root fields about the line."""

    @strawberry.field(description="How the service is doing: its engines, how long one waits, how good its word is.")
    async def service_status(self, info: Info) -> ServiceStatus:
        """Return the state of all engines."""
        info.context.require_good_token()
        services = info.context.services

        async def status(tx: AsyncSession) -> ServiceStatus:
            queues, error = await line_state.all_queues(tx), await line_state.eta_error(tx)
            engines = [EngineStatus.of(engine, queues[engine]) for engine in services.engines]
            return ServiceStatus(engines=engines, eta_error_p50=error, workers=await _workers(info, tx))

        return await services.db.look_up(status)


@strawberry.type
class LineMutations:
    """Mutations about the line."""

    @strawberry.mutation(
        description="Put one of the viewer's waiting jobs before another, or behind all of them. The viewer's jobs "
        "exchange places; everybody else's stay where they are."
    )
    async def move_queued_job(
        self,
        info: Info,
        input: Annotated[MoveQueuedJobInput, strawberry.argument(description="Which job goes where.")],  # noqa: A002
    ) -> MoveQueuedJobResult:
        """Move a job."""
        viewer_id = info.context.required_viewer_id
        job_id = required_key("job", input.job_id, "jobId")
        before: UUID | None = None if input.before is None else required_key("job", input.before, "before")
        async with info.context.services.db.write() as tx:
            order = await line_control.move(tx, viewer_id, job_id, before)
        return MoveQueuedJobSuccess(jobs=[ref(GenerationJob, id=each) for each in order])

    @strawberry.mutation(description="Take no more jobs for an engine; for administrators.")
    async def pause_queue(
        self,
        info: Info,
        input: Annotated[PauseQueueInput, strawberry.argument(description="Which engine.")],  # noqa: A002
    ) -> PauseQueueResult:
        """Pause a line."""
        admin_id, engine = info.context.require_admin(), _engine(info, input.engine)
        async with info.context.services.db.write() as tx:
            await line_control.pause(tx, admin_id, engine)
        return PauseQueueSuccess(**_line(engine))

    @strawberry.mutation(description="Take jobs for an engine again; for administrators.")
    async def resume_queue(
        self,
        info: Info,
        input: Annotated[ResumeQueueInput, strawberry.argument(description="Which engine.")],  # noqa: A002
    ) -> ResumeQueueResult:
        """Go on with a line."""
        info.context.require_admin()
        engine = _engine(info, input.engine)
        async with info.context.services.db.write() as tx:
            await line_control.resume(tx, engine)
        return ResumeQueueSuccess(**_line(engine))
