"""What jobs are made from beside words: sources, references, masks, margins; checked, and found for who asks.

A source is always one's own: what a worker reads of it is the original, and originals belong to their owner
(docs/adr/0006). There is no difference between a picture that is somebody else's and one that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select
from sqlmodel import col

from db.tables import GenerationJob, GenerationMask, GenerationReference, MediaAsset
from db.words import Operation
from domain import guard, media
from domain.bounds import INPUT, chosen, within
from domain.catalogue import DEFAULT_STYLE, ENGINES, STYLES, ratio_of
from domain.errors import InvalidInput, NotFound
from domain.masks import Mask

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.words import ContentLevel
    from domain.bounds import Path
    from domain.engines import EngineSpec
    from domain.generation import GenerationSpec
    from domain.guard import Ruling

MAXIMUM_REFERENCES: Final = 4
MINIMUM_STRENGTH: Final = 0.05
FACTORS: Final = (2, 4)
LARGEST_SIDE: Final = 6144
"""Pixels: the longest side of what is only enlarged or cut out, whichever engine does it."""
DEFAULT_STRENGTHS: Final[Mapping[Operation, float]] = {
    Operation.IMAGE_TO_IMAGE: 0.6,
    Operation.REFERENCES: 0.8,
    Operation.INPAINT: 1.0,
    Operation.RESTYLE: 0.5,
}
"""The operations that have a strength, and theirs where none is said."""
SHAPED_BY_SOURCE: Final = frozenset(
    {Operation.INPAINT, Operation.OUTPAINT, Operation.UPSCALE, Operation.RESTYLE, Operation.REMOVE_BACKGROUND}
)
"""Where the size follows from the source's."""
TOLD_BY_SOURCE: Final = SHAPED_BY_SOURCE - {Operation.INPAINT}
"""Where the picture goes on to show what it showed: a prompt that is left out is the source's."""
_GOES_ON_TELLING: Final = TOLD_BY_SOURCE - {Operation.REMOVE_BACKGROUND}
"""Where an engine may be told the words that are the source's."""
_TREATED: Final = frozenset({Operation.UPSCALE, Operation.REMOVE_BACKGROUND})
"""What is not painted, so that the sizes of the engine do not matter."""
_FITTED: Final = frozenset({Operation.IMAGE_TO_IMAGE, Operation.RESTYLE})
"""What is painted in another size where the engine can not paint the source's."""
_ASPECT_TOLERANCE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Margins:
    """Pixels of the source's scale that are added on each side."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Ingredients:
    """What a job is made from beside words; None where its operation knows no such thing."""

    source_id: UUID | None = None
    reference_ids: tuple[UUID, ...] = ()
    strength: float | None = None
    mask: Mask | None = None
    margins: Margins | None = None
    factor: int | None = None


WORDS_ALONE: Final = Ingredients()


def engine_for(operation: Operation, key: str | None, engines: Sequence[str], at: Path = INPUT) -> EngineSpec:
    """Return the engine that was asked for, or the first that offers ``operation``.

    Raises:
        InvalidInput: it does not run here or does not offer the operation; those that do are named.
    """
    offering = [each for each in engines if operation in ENGINES[each].operations]
    path = (*at, "engine")
    if not offering:
        raise InvalidInput("operation.nowhere", path)
    engine = ENGINES[chosen(path, key, offering[0], engines)]
    if engine.key not in offering:
        raise InvalidInput("operation.not_offered", path, value=engine.name, choices=", ".join(offering))
    return engine


def checked(operation: Operation, given: Ingredients, engine: EngineSpec, at: Path = INPUT) -> Ingredients:
    """Return what a job is made from with its default strength, as far as it can be judged without the pictures.

    Raises:
        InvalidInput: naming the first value that is not acceptable.
    """
    if operation is Operation.REFERENCES:
        _check_references(given.reference_ids, (*at, "references"))
    if given.margins:
        _check_margins(given.margins, engine.side_multiple, (*at, "margins"))
    if given.factor is not None and given.factor not in FACTORS:
        raise InvalidInput("factor.unknown", (*at, "factor"), choices=", ".join(map(str, FACTORS)))
    default = DEFAULT_STRENGTHS.get(operation)
    if default is None:
        return replace(given, strength=None)
    path = (*at, "source", "strength") if operation is Operation.IMAGE_TO_IMAGE and at == INPUT else (*at, "strength")
    return replace(given, strength=within(path, given.strength, default, MINIMUM_STRENGTH, 1.0))


def checked_size(width: int, height: int, engine: EngineSpec, at: Path = INPUT) -> tuple[int, int]:
    """Return a size that was asked for in pixels.

    Raises:
        InvalidInput: the engine does not paint it.
    """
    limits = {"minimum": engine.smallest_side, "maximum": engine.largest_side, "multiple": engine.side_multiple}
    for field, side in (("width", width), ("height", height)):
        if not engine.smallest_side <= side <= engine.largest_side or side % engine.side_multiple:
            raise InvalidInput("size.out_of_range", (*at, "size", field), **limits)
    return width, height


async def prepared(tx: AsyncSession, user_id: UUID, spec: GenerationSpec) -> GenerationSpec:
    """Return ``spec`` with all that its source decides: size, and the words that were left out.

    Raises:
        NotFound: one of the pictures is not the user's, or not ready.
        InvalidInput: the source has a size that can not be worked on, or a mask of another shape.
    """
    source_id, reference_ids = spec.made_from.source_id, spec.made_from.reference_ids
    if source_id is None and not reference_ids:
        return spec
    ready = await media.own_ready(tx, user_id, [*reference_ids, *([source_id] if source_id else [])])
    for index, key in enumerate(reference_ids):
        if key not in ready:
            raise NotFound((*INPUT, "references", str(index)))
    if source_id is None:
        return spec
    if source_id not in ready:
        in_source = ("source",) if spec.operation is Operation.IMAGE_TO_IMAGE else ()
        raise NotFound((*INPUT, *in_source, "assetId"))
    return await _with_source(tx, spec, ready[source_id])


async def words_of(tx: AsyncSession, user_id: UUID, spec: GenerationSpec) -> str:
    """Return the prompt that an engine is to be told, before ``prepared``: the source's where none was said."""
    source_id = spec.made_from.source_id
    if spec.prompt or source_id is None or spec.operation not in _GOES_ON_TELLING:
        return spec.prompt
    source = (await media.own_ready(tx, user_id, [source_id])).get(source_id)
    return await _words_of_source(tx, source, ENGINES[spec.engine]) if source else ""


async def ingredients_of(tx: AsyncSession, job: GenerationJob) -> Ingredients:
    """Return what a job is made from, as far as it is still there."""
    references = (
        select(col(GenerationReference.asset_id))
        .where(col(GenerationReference.job_id) == job.id)
        .order_by(col(GenerationReference.position))
    )
    mask = (await tx.execute(select(col(GenerationMask.png)).where(col(GenerationMask.job_id) == job.id))).scalar()
    sides = (job.margin_left, job.margin_top, job.margin_right, job.margin_bottom)
    return Ingredients(
        source_id=job.source_asset_id,
        reference_ids=tuple((await tx.execute(references)).scalars()),
        strength=job.strength,
        mask=Mask(mask) if mask else None,
        margins=None if job.margin_left is None else Margins(*(side or 0 for side in sides)),
        factor=job.factor,
    )


async def words_of_source(tx: AsyncSession, user_id: UUID, spec: GenerationSpec) -> str:
    """Return the prompt of the picture that a job without words of its own goes on with; empty where it has none."""
    query = (
        select(func.coalesce(col(GenerationJob.effective_prompt), col(GenerationJob.prompt)))
        .join(MediaAsset, col(MediaAsset.job_id) == col(GenerationJob.id))
        .where(col(MediaAsset.id) == spec.made_from.source_id, col(MediaAsset.owner_id) == user_id)
    )
    return (await tx.execute(query)).scalar_one_or_none() or ""


async def content_level(tx: AsyncSession, made_from: Ingredients, ruling: Ruling | None) -> ContentLevel:
    """Return for whom the pictures of a job are: at least as the prompt says, and all that they are made from."""
    keys = [*made_from.reference_ids, *([made_from.source_id] if made_from.source_id else [])]
    levels = [ruling.level] if ruling else []
    if keys:
        query = select(col(MediaAsset.content_level)).where(col(MediaAsset.id).in_(keys))
        levels += (await tx.execute(query)).scalars()
    return guard.highest(levels)


def lacks_pictures(operation: Operation, made_from: Ingredients) -> bool:
    """Whether the picture that an operation needs has been deleted since."""
    if operation is Operation.TEXT_TO_IMAGE:
        return False
    return not made_from.reference_ids if operation is Operation.REFERENCES else made_from.source_id is None


async def _with_source(tx: AsyncSession, spec: GenerationSpec, source: MediaAsset) -> GenerationSpec:
    engine, mask = ENGINES[spec.engine], spec.made_from.mask
    if mask and mask.aspect and abs(mask.aspect * source.height / source.width - 1) > _ASPECT_TOLERANCE:
        raise InvalidInput("mask.shape", (*INPUT, "mask", "png"), width=source.width, height=source.height)
    width, height, ratio = spec.width, spec.height, spec.ratio
    if not ratio:
        width, height = _size_from(spec, source, engine)
        ratio = ratio_of(width, height, engine)
    prompt = spec.prompt or await _words_of_source(tx, source, engine)
    style = spec.style or (source.style if source.style in STYLES else DEFAULT_STYLE)
    return replace(spec, width=width, height=height, ratio=ratio, prompt=prompt, style=style)


async def _words_of_source(tx: AsyncSession, source: MediaAsset, engine: EngineSpec) -> str:
    said = func.coalesce(col(GenerationJob.effective_prompt), col(GenerationJob.prompt))
    told = select(said).where(col(GenerationJob.id) == source.job_id)
    return ((await tx.execute(told)).scalar_one_or_none() or "")[: engine.max_prompt_length]


def _size_from(spec: GenerationSpec, source: MediaAsset, engine: EngineSpec) -> tuple[int, int]:
    if spec.operation in _FITTED:
        width, height = _fitted(source.width, source.height, engine)
    else:
        margins, factor = spec.made_from.margins or Margins(), spec.made_from.factor or 1
        width = (source.width + margins.left + margins.right) * factor
        height = (source.height + margins.top + margins.bottom) * factor
    smallest, largest = engine.smallest_side, engine.largest_side
    if spec.operation in _TREATED:
        smallest, largest = 1, LARGEST_SIDE
    if min(width, height) < smallest or max(width, height) > largest:
        named = {
            Operation.IMAGE_TO_IMAGE: ("source", "assetId"),
            Operation.OUTPAINT: ("margins",),
            Operation.UPSCALE: ("factor",),
        }.get(spec.operation, ("assetId",))
        limits = {"minimum": smallest, "maximum": largest}
        raise InvalidInput("source.size", (*INPUT, *named), width=width, height=height, **limits)
    return width, height


def _fitted(width: int, height: int, engine: EngineSpec) -> tuple[int, int]:
    """Return the size at which the engine paints a picture as a whole: its own wherever that can be."""
    longest, shortest = max(width, height), min(width, height)
    if longest <= engine.largest_side and shortest >= engine.smallest_side:
        return width, height
    scale = min(engine.largest_side / longest, max(1.0, engine.smallest_side / shortest)) / engine.side_multiple
    return round(width * scale) * engine.side_multiple, round(height * scale) * engine.side_multiple


def _check_references(ids: Sequence[UUID], path: Path) -> None:
    if not 1 <= len(ids) <= MAXIMUM_REFERENCES:
        raise InvalidInput("references.count", path, maximum=MAXIMUM_REFERENCES)
    if len(set(ids)) < len(ids):
        raise InvalidInput("references.repeated", path)


def _check_margins(margins: Margins, multiple: int, path: Path) -> None:
    sides = {"left": margins.left, "top": margins.top, "right": margins.right, "bottom": margins.bottom}
    for field, pixels in sides.items():
        if pixels < 0 or pixels % multiple:
            raise InvalidInput("margins.multiple", (*path, field), multiple=multiple)
    if not any(sides.values()):
        raise InvalidInput("margins.none", path)
