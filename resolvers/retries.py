"""``retryFailedImages``: a child job for what failed."""

from typing import Annotated

import strawberry

from domain import idempotency, retries
from planner import ref
from schema.context import Info
from schema.generation import GenerationJob
from schema.node import required_key
from schema.retries import RetryFailedImagesInput, RetryFailedImagesResult, RetryFailedImagesSuccess


@strawberry.type
class RetryMutations:
    """Mutations about what failed."""

    @strawberry.mutation(
        description="Paint the failed images of a job again, with their seeds and all its settings: a new job, which "
        "costs what they cost. Each job is retried once; what fails again is retried as that one's."
    )
    async def retry_failed_images(
        self,
        info: Info,
        input: Annotated[RetryFailedImagesInput, strawberry.argument(description="Which job.")],  # noqa: A002
    ) -> RetryFailedImagesResult:
        """Retry what failed."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        job_id = required_key("job", input.job_id, "jobId")
        key = idempotency.checked_key(input.idempotency_key)
        async with services.db.write() as tx:
            child = await retries.submit(tx, viewer_id, job_id, key, services.engines, services.daily_images)
        return RetryFailedImagesSuccess(job=ref(GenerationJob, id=child))
