"""``generationQuote``: what a job would come to, before it is submitted."""

from typing import Annotated

import strawberry

from domain import generation, guard, prompts, quotes
from domain.warnings import warnings_for, warnings_of_wait
from resolvers.generation import request_of
from resolvers.guarding import require_quotable
from resolvers.operations import filled
from schema.allowances import GenerationAllowance
from schema.context import Info
from schema.generation import SubmitGenerationInput
from schema.quotes import GenerationQuote, GenerationQuoteResult
from schema.warnings import GenerationWarning


@strawberry.type
class QuoteQueries:
    """Root fields about quotes."""

    @strawberry.field(
        description="What a job would cost and how long it would wait, were it submitted now, or its refusal. "
        "Nothing is written; the idempotency key is not looked at."
    )
    async def generation_quote(
        self,
        info: Info,
        input: Annotated[SubmitGenerationInput, strawberry.argument(description="What to paint.")],  # noqa: A002
    ) -> GenerationQuoteResult:
        """Return a quote."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        spec = generation.check(await filled(info, request_of(info, input)), services.engines)
        told = await prompts.told(services.language, spec.engine, spec.style, spec.prompt, spec.negative_prompt)
        ruling = await guard.rule(services.guard, spec.prompt, told.prompt)
        await require_quotable(info, ruling)
        limit = services.daily_images
        quote = await services.db.look_up(lambda tx: quotes.quote(tx, viewer_id, spec, limit))
        waited = warnings_of_wait(quote.place.waiting_for)
        found = (*waited, *warnings_for(quote.spec), *told.warnings, *ruling.warnings)
        return GenerationQuote(
            price_per_image=quote.spec.price,
            total_price=quote.total,
            available_credits=quote.available_credits,
            width=quote.spec.width,
            height=quote.spec.height,
            position=quote.place.position,
            eta_seconds=quote.place.eta_seconds,
            eta_confidence=quote.place.confidence,
            waiting_for=quote.place.waiting_for,
            allowance=GenerationAllowance.of(quote.allowance),
            warnings=[GenerationWarning.of(each, info.context.language) for each in found],
        )
