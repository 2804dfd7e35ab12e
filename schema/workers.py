"""The GPU workers in the graph, as administrators see them and drain them."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import workers
from domain.words import WorkerStatus
from planner import column, planned
from schema.errors import Forbidden, NotFound
from schema.node import Node, identity


@strawberry.type(description="A process that paints. Only administrators see it; `node` finds none.")
@planned(workers.known())
class Worker(Node):
    """A process that paints."""

    id: strawberry.ID = identity("worker", found=False)
    name: str = column("Its host, and the number of its process there; two may have the same.")
    engines: list[str] = column("Keys of the engines that it serves.")
    version: str = column("Version of Easel that it runs.")
    status: WorkerStatus = column("Whether it takes jobs.")
    jobs_in_hand: int = column("Jobs that it has taken and not finished.")
    started_at: datetime = column("When it began.")
    last_seen_at: datetime = column(
        "When it last said that it lives; it does so every few seconds, and is forgotten after twenty."
    )


@strawberry.input(description="Which worker to drain.")
class DrainWorkerInput:
    """Which worker to drain."""

    worker_id: strawberry.ID = strawberry.field(description="Id of the worker.")


@strawberry.input(description="Which worker to let take jobs again.")
class ResumeWorkerInput:
    """Which worker to go on with."""

    worker_id: strawberry.ID = strawberry.field(description="Id of the worker.")


@strawberry.type(description="The worker takes no more jobs; what it has in hand it finishes.")
class DrainWorkerSuccess:
    """The worker takes no more jobs."""

    worker: Worker | None = strawberry.field(
        description="The worker; once it is DRAINED, it can be stopped. Null where it has ended by itself meanwhile."
    )


@strawberry.type(description="The worker takes jobs.")
class ResumeWorkerSuccess:
    """The worker takes jobs."""

    worker: Worker | None = strawberry.field(description="The worker; null where it has ended meanwhile.")


DrainWorkerResult = Annotated[
    DrainWorkerSuccess | NotFound | Forbidden,
    strawberry.union("DrainWorkerResult", description="Result of `drainWorker`."),
]
ResumeWorkerResult = Annotated[
    ResumeWorkerSuccess | NotFound | Forbidden,
    strawberry.union("ResumeWorkerResult", description="Result of `resumeWorker`."),
]
