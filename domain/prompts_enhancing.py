"""Enhancing a prompt: its issues, how it could be, what changed, and what an engine would be told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from domain.catalogue import ENGINES
from domain.prompts import AT, told
from domain.prompts_difference import difference
from domain.prompts_improving import improved
from domain.prompts_issues import issues
from domain.warnings import GenerationWarning
from domain.words import GenerationWarningCode, PromptMeans

if TYPE_CHECKING:
    from collections.abc import Sequence

    from domain.attempts import Stair
    from domain.ports import Language
    from domain.prompts_difference import Part
    from domain.prompts_issues import PromptIssue

PER_USER: Final[Sequence[Stair]] = ((20, timedelta(minutes=1)),)
"""How often one user may ask: each time a model may have to answer."""


@dataclass(frozen=True, slots=True)
class Enhancement:
    """A prompt as it could be."""

    enhanced: str
    negative_prompt: str
    """What the prompt said must not be there."""
    effective_prompt: str
    issues: Sequence[PromptIssue]
    difference: Sequence[Part]
    warnings: Sequence[GenerationWarning]
    means: PromptMeans


async def enhance(language: Language, engine: str, style: str, prompt: str) -> Enhancement:
    """Return ``prompt`` as it could be for ``engine`` and ``style``, keys of the catalogue; asks ``language``."""
    better = await language.enhance(prompt, style)
    enhanced = better.text[: ENGINES[engine].max_prompt_length]
    said = await told(language, engine, style, enhanced, "")
    away = GenerationWarning(GenerationWarningCode.LANGUAGE_SERVICE_AWAY, AT)
    is_told = any(warning.code is away.code for warning in said.warnings)
    return Enhancement(
        enhanced=enhanced,
        negative_prompt=improved(prompt, style).negative_prompt,
        effective_prompt=said.prompt,
        issues=issues(prompt),
        difference=difference(prompt, enhanced),
        warnings=(*said.warnings, away) if better.is_fallback and not is_told else said.warnings,
        means=better.means,
    )
