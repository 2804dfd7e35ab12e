"""Warnings about an accepted job, in the graph."""

import strawberry

from domain import warnings
from domain.generation import GenerationSpec
from domain.messages import Language
from domain.words import GenerationWarningCode


@strawberry.type(description="Why a job may turn out otherwise than its owner expects.")
class GenerationWarning:
    """Why a job may turn out otherwise than its owner expects."""

    code: GenerationWarningCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, in the language of the request.")
    path: list[str] = strawberry.field(description="Where in the input the reason stands.")

    @classmethod
    def all_of(cls, spec: GenerationSpec, language: Language) -> list["GenerationWarning"]:
        """Return the warnings about a job that was accepted."""
        return [
            cls(code=each.code, message=each.message(language), path=list(each.path))
            for each in warnings.warnings_for(spec)
        ]
