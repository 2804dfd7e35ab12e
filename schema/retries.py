"""Retries in the graph: the failed images of a job, painted again."""

from typing import Annotated

import strawberry

from schema.errors import (
    ContentBlocked,
    DailyLimitReached,
    IdempotencyConflict,
    InsufficientCredits,
    InvalidInput,
    NotFound,
    NothingToRetry,
    OwnerBusy,
    Restricted,
    TooManyAttempts,
)
from schema.generation import GenerationJob


@strawberry.input(description="Whose failed images to paint again.")
class RetryFailedImagesInput:
    """Whose failed images to paint again."""

    job_id: strawberry.ID = strawberry.field(description="Id of a job that has ended.")
    idempotency_key: str = strawberry.field(
        description="Chosen by the client for one intended retry, at most 255 characters. The same key and job again "
        "return the first retry and cost nothing; kept for 24 hours."
    )


@strawberry.type(description="A job for the failed images stands in the line, and its credits are held.")
class RetryFailedImagesSuccess:
    """A job for the failed images stands in the line."""

    job: GenerationJob = strawberry.field(
        description="The new job, whose `parent` is the one that failed: an image for each that failed, with its seed."
    )


RetryFailedImagesResult = Annotated[
    RetryFailedImagesSuccess
    | NotFound
    | NothingToRetry
    | InvalidInput
    | ContentBlocked
    | TooManyAttempts
    | InsufficientCredits
    | DailyLimitReached
    | OwnerBusy
    | IdempotencyConflict
    | Restricted,
    strawberry.union("RetryFailedImagesResult", description="Result of `retryFailedImages`."),
]
