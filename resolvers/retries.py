"""``retryFailedImages``: a child job for what failed."""

from dataclasses import replace
from typing import Annotated

import strawberry

from domain import generation, guard, idempotency, retries
from domain.errors import InvalidInput, NotFound, NothingToRetry
from domain.retries import Retry
from planner import ref
from resolvers.guarding import keeping_blocks
from resolvers.operations import count_submission
from schema.context import Info
from schema.generation import GenerationJob
from schema.node import required_key
from schema.retries import RetryFailedImagesInput, RetryFailedImagesResult, RetryFailedImagesSuccess


@strawberry.type
class RetryMutations:
    """Mutations about what failed."""

    @strawberry.mutation(
        description="Paint the failed images of a job again, with their seeds and all its settings: a new job, which "
        "costs what they cost. Each job is retried once, and again where nothing came of that as it was canceled or "
        "waited too long; what fails again is retried as that one's."
    )
    async def retry_failed_images(
        self,
        info: Info,
        input: Annotated[RetryFailedImagesInput, strawberry.argument(description="Which job.")],  # noqa: A002
    ) -> RetryFailedImagesResult:
        """Retry what failed."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        retry = Retry(required_key("job", input.job_id, "jobId"))
        key = idempotency.checked_key(input.idempotency_key)
        try:
            spec, told = await services.db.look_up(lambda tx: retries.specified(tx, viewer_id, retry, services.engines))
        except (NotFound, NothingToRetry, InvalidInput):
            first = await services.db.look_up(lambda tx: generation.first_job(tx, viewer_id, key, retry))
            if first is None:
                raise
            return RetryFailedImagesSuccess(job=ref(GenerationJob, id=first))
        await count_submission(info, key, retry)
        ruling = await guard.rule(services.guard, spec.prompt, told.prompt)
        told = replace(told, ruling=ruling)
        async with keeping_blocks(info, ruling), services.db.write() as tx:
            child = await retries.submit(tx, viewer_id, spec, key, told, services.daily_images)
        return RetryFailedImagesSuccess(job=ref(GenerationJob, id=child))
