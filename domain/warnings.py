"""What is acceptable, but may turn out otherwise than its owner expects: told with the accepted job."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from domain.catalogue import ENGINES
from domain.messages import message
from domain.words import GenerationWarningCode, WaitingFor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from domain.engines import EngineSpec
    from domain.generation import GenerationSpec
    from domain.messages import Language

_FAR: Final = 2.0
"""A picture of more than twice, or less than half, of the trained pixels repeats its subject or loses it."""
_UNGUIDED: Final = 1.0
"""Guidance up to this leaves the negative prompt out of the calculation (classifier-free guidance, Ho & Salimans)."""
_WAITS: Final[Mapping[WaitingFor, GenerationWarningCode]] = {
    WaitingFor.WORKER: GenerationWarningCode.NO_WORKER,
    WaitingFor.RESUME: GenerationWarningCode.QUEUE_PAUSED,
}


@dataclass(frozen=True, slots=True)
class GenerationWarning:
    """Why a job may turn out otherwise than its owner expects."""

    code: GenerationWarningCode
    path: tuple[str, ...]
    """Where in the input the reason stands."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the message tells of."""
    key: str = ""
    """Of the message; the code's own by default."""

    def message(self, language: Language) -> str:
        """Return the reason in the reader's language."""
        return message(self.key or f"warning.{self.code}", language, **self.values)


def warnings_for(spec: GenerationSpec) -> list[GenerationWarning]:
    """Return what the owner of a job should know before it is painted, in the order of the input."""
    return [*_warnings(spec, ENGINES[spec.engine])]


def warnings_of_wait(waiting_for: WaitingFor) -> list[GenerationWarning]:
    """Return what the owner of a job should know where nobody paints for its engine at present."""
    code = _WAITS.get(waiting_for)
    return [GenerationWarning(code, ("input", "engine"))] if code else []


def _warnings(spec: GenerationSpec, engine: EngineSpec) -> Iterator[GenerationWarning]:
    if spec.negative_prompt and _leaves_negative_prompt_out(spec, engine):
        yield GenerationWarning(GenerationWarningCode.NEGATIVE_PROMPT_IGNORED, ("input", "negativePrompt"))
    if spec.ratio and not 1 / _FAR <= spec.width * spec.height / engine.base_side**2 <= _FAR:
        values = {"width": spec.width, "height": spec.height, "side": engine.base_side}
        yield GenerationWarning(GenerationWarningCode.SIZE_FAR_FROM_TRAINED, ("input", "ratio"), values)
    if spec.seed is not None and not engine.takes_seed:
        yield GenerationWarning(GenerationWarningCode.SEED_IGNORED, ("input", "seed"))
    if spec.steps < engine.sensible_steps:
        yield GenerationWarning(
            GenerationWarningCode.STEPS_BELOW_SENSIBLE, ("input", "steps"), {"sensible": engine.sensible_steps}
        )
    if spec.guidance != engine.default_guidance and not engine.follows_guidance:
        yield GenerationWarning(GenerationWarningCode.GUIDANCE_IGNORED, ("input", "guidance"))


def _leaves_negative_prompt_out(spec: GenerationSpec, engine: EngineSpec) -> bool:
    return not engine.takes_negative_prompt or (engine.source is not None and spec.guidance <= _UNGUIDED)
