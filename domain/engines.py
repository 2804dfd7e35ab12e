"""What the catalogue says of an engine: where it comes from, its limits, its prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.words import Operation
from domain.words import PlanClass, Precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.words import EngineFamily

MOST_PROMPT_CHARACTERS = 2_000


@dataclass(frozen=True, slots=True)
class Licence:
    """Under which terms the weights may be used."""

    name: str
    """SPDX identifier, or the name of a licence that has none."""
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSource:
    """Where a diffusion pipeline comes from, and how it is loaded."""

    pipeline: str = ""
    """Class of diffusers; any text-to-image pipeline where empty."""
    hub_id: str = ""
    """``owner/name`` on the hub; the setting MODEL names it where both this and ``folder`` are empty."""
    folder: str = ""
    """Folder of the repository that the model ships in, its pins beside it."""
    precision: Precision = Precision.BF16
    needs_cuda: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSpec:
    """An engine that jobs may name, and its limits."""

    key: str
    name: str
    family: EngineFamily
    licence: Licence
    prices: Mapping[Operation, int]
    """Credits for one image; what is not named here the engine can not do."""
    source: ModelSource | None = None
    """None where nothing is loaded by diffusers."""
    plan: PlanClass = PlanClass.FREE
    languages: tuple[str, ...] = ("en",)
    """Languages (BCP 47) of prompts that it follows."""

    base_side: int
    """Pixels: images have about ``base_side`` ** 2 pixels, whatever their ratio; what the model was trained on."""
    smallest_side: int
    """Pixels."""
    largest_side: int
    """Pixels."""
    side_multiple: int = 8
    """Width and height are multiples of so many pixels."""

    default_steps: int
    sensible_steps: int = 1
    """Fewer give pictures that are visibly unfinished."""
    max_steps: int
    default_guidance: float = 0.0
    max_guidance: float = 0.0
    follows_guidance: bool = True
    """Whether guidance, where any is accepted, changes the picture."""
    takes_negative_prompt: bool = True
    takes_seed: bool = True
    """Whether the same seed gives the same picture."""
    max_prompt_length: int = MOST_PROMPT_CHARACTERS
    """Characters."""
    prompt_tokens: int | None = None
    """Tokens of the prompt that it reads; what follows is cut off. None where it has no such limit."""

    @property
    def price(self) -> int:
        """Credits for one image from words."""
        return self.prices[Operation.TEXT_TO_IMAGE]

    @property
    def operations(self) -> frozenset[Operation]:
        """What the engine can do."""
        return frozenset(self.prices)


def prices(paint: int, *without: Operation) -> dict[Operation, int]:
    """Return the usual prices: ``paint`` credits for what is painted, 1 for what only treats a picture."""
    treated = (Operation.UPSCALE, Operation.REMOVE_BACKGROUND)
    return {operation: 1 if operation in treated else paint for operation in Operation if operation not in without}
