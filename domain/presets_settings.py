"""What presets hold: checked and saved, and put into a request where that leaves something out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from db.tables import GenerationJob, PromptPreset
from db.tables.columns import now
from db.words import Visibility
from domain import generation, presets, quotas, restrictions
from domain.bounds import INPUT
from domain.catalogue import RATIOS
from domain.errors import EngineGone, InvalidInput, NotFound
from domain.generation import GenerationRequest
from domain.presets import AT
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words import ContentLevel
    from domain.bounds import Path
    from domain.generation import GenerationSpec

MAXIMUM_PRESETS: Final = 200
"""Of one user."""
MAXIMUM_NAME: Final = 80
_ID: Final[Path] = (*INPUT, "id")
_FILLED: Final = ("prompt", "negative_prompt", "engine", "style", "count", "seed", "steps", "guidance")
"""What a preset fills, beside the shape."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A preset as it is to be saved."""

    name: str
    visibility: Visibility
    request: GenerationRequest

    @property
    def is_shared(self) -> bool:
        """Whether others may read it, so that the content guard is asked."""
        return self.visibility is not Visibility.PRIVATE


@dataclass(frozen=True, slots=True)
class Checked:
    """A preset that may be saved: every value is within the engine's limits."""

    name: str
    visibility: Visibility
    spec: GenerationSpec
    has_size: bool
    """Whether a size was chosen in place of a ratio."""


_NEW: Final = Draft("", Visibility.PRIVATE, GenerationRequest(""))


async def drafted(tx: AsyncSession, user_id: UUID, preset_id: UUID | None, given: Mapping[str, Any]) -> Draft:
    """Return what a preset will be with what is ``given``: attributes of a draft and of its request, by name.

    What is left out is as it was, or as ``submitGeneration`` has it by default. Where another engine is given, the
    settings of the one before are left out too.

    Raises:
        NotFound: the user has no such preset.
    """
    draft = await _present(tx, user_id, preset_id, given.get("engine")) if preset_id else _NEW
    wanted = dict(given)
    name, visibility = wanted.pop("name", draft.name), wanted.pop("visibility", draft.visibility)
    return Draft(name, visibility, _shaped(draft.request, wanted))


async def _present(tx: AsyncSession, user_id: UUID, preset_id: UUID, engine: str | None) -> Draft:
    preset = await presets.find(tx, user_id, preset_id)
    if preset is None or preset.user_id != user_id:
        raise NotFound(_ID)
    return Draft(preset.name, preset.visibility, settings_of(preset, engine))


def check(draft: Draft, engines: Sequence[str]) -> Checked:
    """Return a preset that may be saved.

    Raises:
        InvalidInput: naming the first value that is not acceptable.
    """
    name = clean(draft.name, (*INPUT, "name"), maximum=MAXIMUM_NAME)
    spec = generation.check(draft.request, engines, may_be_silent=True)
    return Checked(name, draft.visibility, spec, has_size=draft.request.size is not None)


async def save(
    tx: AsyncSession, user_id: UUID, preset_id: UUID | None, checked: Checked, content_level: ContentLevel
) -> UUID:
    """Write a preset, a new one where no id is given, as a whole: of two who save it at once, the last is right.

    Returns:
        Its key.

    Raises:
        NotFound: the user has no such preset.
        InvalidInput: the user has too many.
        Restricted: moderation keeps the user from publishing, and others may load it.
    """
    await restrictions.check_shown(tx, user_id, checked.visibility)
    spec = checked.spec
    values: dict[str, Any] = {name: getattr(spec, name) for name in (*_FILLED, "ratio")}
    values |= {"name": checked.name, "visibility": checked.visibility, "content_level": content_level}
    values |= {name: getattr(spec, name) if checked.has_size else None for name in ("width", "height")}
    if preset_id:
        preset = await presets.locked_own(tx, user_id, preset_id, _ID)
        for name, value in values.items():
            setattr(preset, name, value)
        preset.updated_at = now()
        return preset_id
    await quotas.take_turn(tx, user_id)
    if await presets.number_of(tx, user_id) >= MAXIMUM_PRESETS:
        raise InvalidInput("presets.too_many", (*INPUT, "name"), maximum=MAXIMUM_PRESETS)
    preset = PromptPreset(user_id=user_id, **values)
    tx.add(preset)
    return preset.id


def settings_of(held: PromptPreset | GenerationJob, engine: str | None = None) -> GenerationRequest:
    """Return what a preset, or a job, holds, as a request.

    Where another ``engine`` shall paint, steps, guidance and size are left out: they were chosen for the one before.
    """
    size = (held.width, held.height) if held.width and held.height else None
    settings = GenerationRequest(
        prompt=held.prompt,
        negative_prompt=held.negative_prompt,
        engine=held.engine,
        style=held.style,
        ratio=None if size else held.ratio,
        count=held.count,
        seed=held.seed,
        steps=held.steps,
        guidance=held.guidance,
        size=size,
    )
    if engine in {None, held.engine}:
        return settings
    ratio = held.ratio if held.ratio in RATIOS else None
    return replace(settings, engine=engine, steps=None, guidance=None, size=None, ratio=ratio)


async def filled(
    tx: AsyncSession, user_id: UUID, request: GenerationRequest, engines: Sequence[str], key: str | None = None
) -> GenerationRequest:
    """Return ``request`` with what it leaves out taken from its preset; as it is where it names none.

    Where ``key`` made a job of the same request already, its settings are taken: the preset may have changed since.

    Raises:
        NotFound: the user may not load the preset.
        EngineGone: its engine does not run here any more, and the request names no other.
        IdempotencyConflict: the key belongs to another request.
    """
    if request.preset_id is None:
        return request
    held = await _made_by(tx, user_id, request, key) or await presets.find(tx, user_id, request.preset_id)
    if held is None:
        raise NotFound(AT)
    settings = settings_of(held, request.engine)
    if request.engine is None and held.engine not in engines:
        raise EngineGone(held.engine, engines)
    given = {name: value for name in (*_FILLED, "ratio", "size") if (value := getattr(request, name)) not in {None, ""}}
    if request.negative_prompt is not None:
        given["negative_prompt"] = request.negative_prompt
    own = _shaped(settings, given)
    kept = {name: getattr(own, name) for name in (*_FILLED, "ratio", "size")}
    return replace(request, **kept, asked=request)


async def _made_by(
    tx: AsyncSession, user_id: UUID, request: GenerationRequest, key: str | None
) -> GenerationJob | None:
    if key is None:
        return None
    job_id = await generation.first_job(tx, user_id, key, request)
    return await tx.get(GenerationJob, job_id) if job_id else None


def _shaped(settings: GenerationRequest, given: Mapping[str, Any]) -> GenerationRequest:
    """Return settings with what is given; a ratio takes the place of a size, and a size that of a ratio."""
    if given.get("ratio") is not None or given.get("size") is not None:
        settings = replace(settings, ratio=None, size=None)
    return replace(settings, **given)
