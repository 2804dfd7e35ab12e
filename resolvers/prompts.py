"""Prompts: improving one before it is submitted."""

from typing import Annotated

import strawberry

from domain import attempts, generation, prompts_enhancing
from domain.catalogue import ENGINES
from domain.generation import GenerationRequest
from domain.prompts_enhancing import PER_USER
from resolvers.guarding import require_passed
from schema.catalogue import Engine
from schema.context import Info
from schema.prompts import (
    DifferencePart,
    EnhancePromptInput,
    EnhancePromptResult,
    EnhancePromptSuccess,
    PromptIssue,
)
from schema.warnings import GenerationWarning


@strawberry.type
class PromptMutations:
    """Mutations about prompts."""

    @strawberry.mutation(
        description="Improve a prompt: what is wrong with it, how it could be, and what would be told to the engine. "
        "By a language model where one is set, by rules otherwise. 20 in a minute."
    )
    async def enhance_prompt(
        self,
        info: Info,
        input: Annotated[EnhancePromptInput, strawberry.argument(description="Which prompt.")],  # noqa: A002
    ) -> EnhancePromptResult:
        """Improve a prompt."""
        services, language = info.context.services, info.context.language
        viewer_id = info.context.required_viewer_id
        spec = generation.check(
            GenerationRequest(input.prompt, engine=input.engine, style=input.style), services.engines
        )
        await attempts.count(services.limiter, "enhance-prompt", str(viewer_id), PER_USER)
        ruling = await require_passed(info, spec.prompt, "prompt")
        enhancement = await prompts_enhancing.enhance(services.language, spec.engine, spec.style, spec.prompt)
        return EnhancePromptSuccess(
            prompt=spec.prompt,
            enhanced=enhancement.enhanced,
            negative_prompt=enhancement.negative_prompt,
            effective_prompt=enhancement.effective_prompt,
            issues=[PromptIssue(code=issue.code, message=issue.message(language)) for issue in enhancement.issues],
            difference=[DifferencePart(kind=part.kind, text=part.text) for part in enhancement.difference],
            warnings=[GenerationWarning.of(warning, language) for warning in (*enhancement.warnings, *ruling.warnings)],
            means=enhancement.means,
            engine=Engine.of(ENGINES[spec.engine]),
        )
