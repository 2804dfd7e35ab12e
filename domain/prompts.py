"""Prompts on their way to an engine: in a language that it understands, and what of them it will not read."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from domain.catalogue import DEFAULT_STYLE, ENGINES, STYLES
from domain.ports import Brief
from domain.prompts_tokens import unread
from domain.warnings import GenerationWarning
from domain.words import GenerationWarningCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from db.tables import GenerationJob
    from domain.engines import EngineSpec
    from domain.guard import Ruling
    from domain.ports import Language, Phrased

HANGUL: Final = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
AT: Final = ("input", "prompt")
_SHOWN: Final = 200
"""Characters of a prompt that a warning quotes, at most."""


@dataclass(frozen=True, slots=True)
class ToldPrompt:
    """What an engine is told, and what will not be as the client may expect."""

    prompt: str
    negative_prompt: str
    warnings: tuple[GenerationWarning, ...] = ()
    ruling: Ruling | None = None
    """What the content guard said; None where nobody asked it."""


async def told(
    language: Language,
    engine: str,
    style: str,
    prompt: str,
    negative_prompt: str,
    known: Mapping[str, str] = MappingProxyType({}),
) -> ToldPrompt:
    """Return ``prompt`` and ``negative_prompt`` in the language of ``engine``; call it outside of transactions.

    What the engine understands stays as it is; Korean otherwise is said as it is ``known`` to have been said before, or
    goes through ``language``.
    """
    spec = ENGINES[engine]
    texts = (prompt, negative_prompt)
    asked = [text for text in texts if _is_foreign(spec, text) and text not in known]
    answers = await asyncio.gather(*map(language.to_english, asked))
    english = {**known, **{text: answer.text for text, answer in zip(asked, answers, strict=True)}}
    said = [english[text][: spec.max_prompt_length] if _is_foreign(spec, text) else text for text in texts]
    warnings = (*_of_translation(answers), *_of_length(spec, style, said[0]))
    return ToldPrompt(said[0], said[1], warnings)


def brief_of(job: GenerationJob) -> Brief:
    """Return what the engine is told of a job: translations where there are any."""
    prompt, negative = job.effective_prompt, job.effective_negative_prompt
    return Brief(
        job.prompt if prompt is None else prompt, job.negative_prompt if negative is None else negative, job.style
    )


def _is_foreign(spec: EngineSpec, text: str) -> bool:
    return "ko" not in spec.languages and HANGUL.search(text) is not None


def _of_translation(answers: Iterable[Phrased]) -> Iterable[GenerationWarning]:
    answers = tuple(answers)
    unknown = dict.fromkeys(word for answer in answers for word in answer.unknown)
    if unknown:
        yield GenerationWarning(GenerationWarningCode.PROMPT_NOT_UNDERSTOOD, AT, {"words": _quoted(", ".join(unknown))})
    if any(answer.is_fallback for answer in answers):
        yield GenerationWarning(GenerationWarningCode.LANGUAGE_SERVICE_AWAY, AT)


def _of_length(spec: EngineSpec, style: str, prompt: str) -> Iterable[GenerationWarning]:
    """Warn where the end is not read of what the engine makes of the prompt by the recipe of its style."""
    if spec.prompt_tokens is None:
        return
    rest = unread(STYLES[style or DEFAULT_STYLE].recipe.replace("{prompt}", prompt), spec.prompt_tokens)
    if rest:
        values = {"limit": spec.prompt_tokens, "unread": _quoted(rest)}
        yield GenerationWarning(GenerationWarningCode.PROMPT_TRUNCATED, AT, values)


def _quoted(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
