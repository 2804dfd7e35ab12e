"""The line in the graph: how the service is doing, and what changes the order by hand."""

from typing import Annotated

import strawberry

from domain.line_state import Queue
from schema.catalogue import Engine
from schema.errors import Forbidden, InvalidInput, NotFound, NotWaiting
from schema.generation import GenerationJob
from schema.queue_events import EngineQueue
from schema.workers import Worker


@strawberry.type(description="How an engine is doing.")
class EngineStatus:
    """How an engine is doing."""

    engine: str = strawberry.field(description="Key of the engine.")
    is_possible_now: bool = strawberry.field(
        description="Whether jobs for it are painted: a worker serves it, and it is not paused."
    )
    worker_count: int = strawberry.field(description="Workers that serve it and take jobs.")
    queue_depth: int = strawberry.field(description="Jobs that wait.")
    running: int = strawberry.field(description="Jobs that are being painted.")
    eta_seconds: int | None = strawberry.field(
        description="Seconds until a job that would be submitted now is painted; null while nothing has been measured, "
        "and while `isPossibleNow` is not true."
    )
    median_wait: float | None = strawberry.field(
        description="Seconds that half of the recent jobs waited at most; null while none has been painted."
    )
    eta_error_p50: float | None = strawberry.field(
        description="How far half of the waiting times told to recent jobs were off at most, as a share of how long "
        "these waited; null while none has been told."
    )

    @classmethod
    def of(cls, engine: str, queue: Queue) -> "EngineStatus":
        """Return the object of the line before an engine."""
        return cls(
            engine=engine,
            is_possible_now=queue.is_possible_now,
            worker_count=queue.worker_count,
            queue_depth=queue.waiting,
            running=queue.running,
            eta_seconds=queue.eta_seconds,
            median_wait=queue.median_wait_seconds,
            eta_error_p50=queue.eta_error_p50,
        )


@strawberry.type(description="How the service is doing.")
class ServiceStatus:
    """How the service is doing."""

    engines: list[EngineStatus] = strawberry.field(description="The engines that paint here; the first is the default.")
    eta_error_p50: float | None = strawberry.field(
        description="How far half of the waiting times told to recent jobs of all engines were off at most, as a share "
        "of how long these waited; null while none has been told."
    )
    workers: list[Worker] | None = strawberry.field(
        description="The processes that paint, oldest first, a hundred at most; null for all but administrators."
    )


@strawberry.input(description="Which of the viewer's waiting jobs to paint before which other.")
class MoveQueuedJobInput:
    """Which job goes where."""

    job_id: strawberry.ID = strawberry.field(description="Id of the job that moves.")
    before: strawberry.ID | None = strawberry.field(
        default=None,
        description="Id of another of the viewer's jobs that waits for the same engine; behind all of them by default.",
    )


@strawberry.input(description="Whose line to pause.")
class PauseQueueInput:
    """Whose line to pause."""

    engine: str = strawberry.field(description="Id of the engine.")


@strawberry.input(description="Whose line to go on with.")
class ResumeQueueInput:
    """Whose line to go on with."""

    engine: str = strawberry.field(description="Id of the engine.")


@strawberry.type(description="The job has moved; nobody else's has.")
class MoveQueuedJobSuccess:
    """The job has moved."""

    jobs: list[GenerationJob] = strawberry.field(
        description="The viewer's jobs that wait for this engine, in their new order; a hundred at most."
    )


@strawberry.type(description="No job is taken from the line any more; those that are being painted go on.")
class PauseQueueSuccess:
    """The line is paused."""

    engine: Engine = strawberry.field(description="The engine.")
    queue: EngineQueue = strawberry.field(description="The line.")


@strawberry.type(description="Jobs are taken from the line.")
class ResumeQueueSuccess:
    """The line goes on."""

    engine: Engine = strawberry.field(description="The engine.")
    queue: EngineQueue = strawberry.field(description="The line.")


MoveQueuedJobResult = Annotated[
    MoveQueuedJobSuccess | NotFound | NotWaiting,
    strawberry.union("MoveQueuedJobResult", description="Result of `moveQueuedJob`."),
]
PauseQueueResult = Annotated[
    PauseQueueSuccess | InvalidInput | Forbidden,
    strawberry.union("PauseQueueResult", description="Result of `pauseQueue`."),
]
ResumeQueueResult = Annotated[
    ResumeQueueSuccess | InvalidInput | Forbidden,
    strawberry.union("ResumeQueueResult", description="Result of `resumeQueue`."),
]
