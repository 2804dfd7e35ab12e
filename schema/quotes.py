"""Quotes in the graph: what a job would come to."""

from typing import Annotated

import strawberry

from domain.words import EtaConfidence, WaitingFor
from schema.allowances import GenerationAllowance
from schema.errors import ContentBlocked, EngineGone, InvalidInput, NotFound, TooManyAttempts
from schema.warnings import GenerationWarning


@strawberry.type(description="What a job would come to, were it submitted now. Nothing is kept for it.")
class GenerationQuote:
    """What a job would come to."""

    price_per_image: int = strawberry.field(description="Credits for one image.")
    total_price: int = strawberry.field(description="Credits for all images, held until each is ready or comes back.")
    available_credits: int = strawberry.field(description="Credits that the viewer is free to spend.")
    width: int = strawberry.field(description="Width of the images in pixels.")
    height: int = strawberry.field(description="Height of the images in pixels.")
    position: int = strawberry.field(description="Where it would stand in the line; 1 for the job painted next.")
    eta_seconds: int | None = strawberry.field(
        description="Seconds until painting would start, as measured from recent jobs; null while nothing has been "
        "measured, and while `waitingFor` is not TURN."
    )
    eta_confidence: EtaConfidence | None = strawberry.field(
        description="How far `etaSeconds` can be trusted, by how good earlier ones were; null where it is."
    )
    waiting_for: WaitingFor = strawberry.field(description="What it would wait for.")
    allowance: GenerationAllowance = strawberry.field(description="What is left of today's images, without this job.")
    warnings: list[GenerationWarning] = strawberry.field(
        description="Why the pictures may turn out otherwise than expected; empty where nothing speaks for that."
    )


GenerationQuoteResult = Annotated[
    GenerationQuote | NotFound | InvalidInput | EngineGone | ContentBlocked | TooManyAttempts,
    strawberry.union("GenerationQuoteResult", description="Result of `generationQuote`."),
]
