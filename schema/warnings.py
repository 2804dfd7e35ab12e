"""Warnings about an accepted job, in the graph."""

import strawberry

from domain import warnings
from domain.messages import Language
from domain.words import GenerationWarningCode


@strawberry.type(description="Why a job may turn out otherwise than its owner expects.")
class GenerationWarning:
    """Why a job may turn out otherwise than its owner expects."""

    code: GenerationWarningCode = strawberry.field(description="Why, for programs.")
    message: str = strawberry.field(description="Why, for people, in the language of the request.")
    path: list[str] = strawberry.field(description="Where in the input the reason stands.")

    @classmethod
    def of(cls, warning: warnings.GenerationWarning, language: Language) -> "GenerationWarning":
        """Return the object of a warning."""
        return cls(code=warning.code, message=warning.message(language), path=list(warning.path))
