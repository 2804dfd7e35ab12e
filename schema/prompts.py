"""Prompts in the graph: what is wrong with one, how it can be improved, what an engine is told."""

from typing import Annotated

import strawberry

from domain.words import DifferenceKind, PromptIssueCode, PromptMeans
from schema.catalogue import Engine
from schema.errors import ContentBlocked, InvalidInput, TooManyAttempts
from schema.warnings import GenerationWarning


@strawberry.type(description="Something that is wrong with a prompt.")
class PromptIssue:
    """Something that is wrong with a prompt."""

    code: PromptIssueCode = strawberry.field(description="What, for programs.")
    message: str = strawberry.field(
        description="What, and what to do about it, in the language of the request (Korean or English)."
    )


@strawberry.type(description="A part of a text, and what became of it.")
class DifferencePart:
    """A part of a text."""

    kind: DifferenceKind = strawberry.field(description="What became of it.")
    text: str = strawberry.field(description="The part, with its spaces.")


@strawberry.input(description="Which prompt to improve, and for what.")
class EnhancePromptInput:
    """Which prompt to improve."""

    prompt: str = strawberry.field(description="What the picture shows, in Korean or English.")
    engine: str | None = strawberry.field(
        default=None, description="Id of the engine that it is for; the first of `engines` by default."
    )
    style: str | None = strawberry.field(
        default=None, description="Id of the style that it is for; `realistic` by default."
    )


@strawberry.type(description="The prompt as it could be. Nothing is kept: submit it to use it.")
class EnhancePromptSuccess:
    """The prompt as it could be."""

    prompt: str = strawberry.field(description="The prompt that was sent, without surrounding white space.")
    enhanced: str = strawberry.field(description="The improved prompt, in the language of the prompt.")
    negative_prompt: str = strawberry.field(
        description="What the prompt said must not be there; give it as `negativePrompt`. Empty where it said nothing."
    )
    effective_prompt: str = strawberry.field(
        description="What the engine would be told of `enhanced`: it, or its translation."
    )
    issues: list[PromptIssue] = strawberry.field(description="What is wrong with the prompt, found by rules.")
    difference: list[DifferencePart] = strawberry.field(
        description="KEPT and REMOVED parts together are `prompt`, KEPT and ADDED ones are `enhanced`."
    )
    warnings: list[GenerationWarning] = strawberry.field(
        description="What will not be as one may expect where `enhanced` is submitted."
    )
    means: PromptMeans = strawberry.field(description="By which means it was improved.")
    engine: Engine = strawberry.field(description="The engine that it is for.")


EnhancePromptResult = Annotated[
    EnhancePromptSuccess | InvalidInput | ContentBlocked | TooManyAttempts,
    strawberry.union("EnhancePromptResult", description="Result of `enhancePrompt`."),
]
