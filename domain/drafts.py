"""Drafts: what a generation for an owner may begin with, by the owner's own words and a preset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain import owners, presets
from domain.catalogue import DEFAULT_STYLE
from domain.engines import MOST_PROMPT_CHARACTERS
from domain.errors import Missing
from domain.generation import DEFAULT_COUNT, DEFAULT_RATIO
from domain.presets_settings import settings_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import PromptPreset
    from domain.galleries import Owner

_BETWEEN: Final = ", "


@dataclass(frozen=True, slots=True)
class Draft:
    """What to begin with; None where the engine's own serves, or chance."""

    prompt: str
    negative_prompt: str = ""
    style: str = DEFAULT_STYLE
    ratio: str = DEFAULT_RATIO
    size: tuple[int, int] | None = None
    count: int = DEFAULT_COUNT
    engine: str | None = None
    steps: int | None = None
    guidance: float | None = None
    seed: int | None = None
    preset_id: UUID | None = None


async def draft(tx: AsyncSession, user_id: UUID, owner: Owner, preset_id: UUID | None, engines: Sequence[str]) -> Draft:
    """Return what a generation for an owner may begin with: by a preset, or the one that is the owner's default.

    The owner's words stand before those of the preset. Where the preset's engine is none of ``engines``, what was
    chosen for it is left out.

    Raises:
        Missing: the user has no such owner, or may not load the preset.
    """
    words = await owners.words_of(tx, user_id, owner)
    preset = await _preset(tx, user_id, owner, preset_id)
    if preset is None:
        return Draft(owners.on_one_line(words))
    prompt = _together(words, preset.prompt)
    is_here = preset.engine in engines
    settings = settings_of(preset, None if is_here else "")
    return Draft(
        prompt,
        preset.negative_prompt,
        preset.style,
        settings.ratio or preset.ratio,
        settings.size,
        preset.count,
        preset.engine if is_here else None,
        settings.steps,
        settings.guidance,
        preset.seed,
        preset.id,
    )


async def _preset(tx: AsyncSession, user_id: UUID, owner: Owner, preset_id: UUID | None) -> PromptPreset | None:
    if preset_id is None:
        return await presets.default_of(tx, user_id, owner)
    preset = await presets.find(tx, user_id, preset_id)
    if preset is None:
        raise Missing("There is no such preset that you may load.")
    return preset


def _together(words: Sequence[str], prompt: str) -> str:
    """Return an owner's words and a prompt, as one that every engine takes."""
    room = MOST_PROMPT_CHARACTERS - len(prompt) - len(_BETWEEN)
    said = owners.on_one_line(words, min(room, owners.MAXIMUM_DRAFT)) if room > 0 else ""
    return _BETWEEN.join(filter(None, (said, prompt)))
