"""The line before an engine in the graph, and what its watchers are told."""

import strawberry

from domain import line_state
from planner import column, planned
from schema.stream_events import StreamEvent


@strawberry.type(description="The line before an engine, as it is now.")
@planned(line_state.queues())
class EngineQueue:
    """The line before an engine."""

    engine: str = column("Key of the engine.")
    waiting: int = column("Jobs that wait.")
    running: int = column("Jobs that are being painted.")
    images_ahead: int = column("Images that are painted before those of a job that would be submitted now.")
    eta_seconds: int | None = column(
        "Seconds until a job that would be submitted now is painted, as measured from recent jobs; null while nothing "
        "has been measured, and while `isPossibleNow` is not true."
    )
    worker_count: int = column("Workers that serve the engine and take jobs.")
    is_possible_now: bool = column("Whether jobs are painted: a worker serves the engine, and it is not paused.")
    is_paused: bool = column("Whether an administrator has paused it: jobs wait, and none is painted.")
    eta_error_p50: float | None = column(
        "How far half of the waiting times told to recent jobs were off at most, as a share of how long these waited; "
        "null while none has been told."
    )
    median_wait_seconds: float | None = column(
        "Seconds that half of the recent jobs waited at most; null while none has been painted."
    )


@strawberry.type(description="How long the line is. Each message says all of it; the last one counts.")
class QueueStatus(StreamEvent):
    """How long the line is."""

    queue: EngineQueue = strawberry.field(description="The line.")
