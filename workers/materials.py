"""What a claimed job is made from: its pictures out of the object store, decoded, with mask, margins and strength."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from PIL import Image

from db.words import Operation
from domain import media, operations
from domain.operations import LARGEST_SIDE
from domain.png import UnreadablePicture, decoded, plain
from domain.ports import Material, StorageUnavailable
from domain.variants import object_key
from domain.words import FailureCode, ImageVariant

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database
    from db.tables import GenerationJob
    from domain.operations import Ingredients
    from domain.ports import ObjectStore

_MAXIMUM_PIXELS: Final = LARGEST_SIDE**2


class MaterialUnavailable(Exception):
    """A job can not be painted, because of what it is to be made from."""

    def __init__(self, code: FailureCode, detail: str) -> None:
        """Fail for ``code``; ``detail`` is for the log."""
        super().__init__(detail)
        self.code = code


async def materials_of(db: Database, store: ObjectStore, job: GenerationJob) -> Material:
    """Return what a job's images are made from; nothing for those that are painted from words alone.

    Source and references are the originals: RGB, or RGBA where something of a source is transparent. The mask is L and
    has the source's size.

    Raises:
        MaterialUnavailable: a picture was deleted (SOURCE_GONE), can not be decoded (INVALID_SOURCE), or the store
            does not answer (STORAGE_UNAVAILABLE).
    """
    if job.operation is Operation.TEXT_TO_IMAGE:
        return Material()
    made_from = await db.look_up(lambda tx: _still_there(tx, job))
    source = None if made_from.source_id is None else await _picture(store, made_from.source_id)
    references = [(await _picture(store, key)).convert("RGB") for key in made_from.reference_ids]
    mask = None
    if source and made_from.mask:
        mask = await asyncio.to_thread(_laid_upon, source, made_from.mask.png)
    margins = made_from.margins
    return Material(
        source=source,
        references=tuple(references),
        mask=mask,
        margins=(margins.left, margins.top, margins.right, margins.bottom) if margins else (0, 0, 0, 0),
        strength=made_from.strength or 1.0,
    )


async def _still_there(tx: AsyncSession, job: GenerationJob) -> Ingredients:
    made_from = await operations.ingredients_of(tx, job)
    if operations.lacks_pictures(job.operation, made_from):
        raise MaterialUnavailable(FailureCode.SOURCE_GONE, "the picture was deleted")
    wanted = {*made_from.reference_ids, *([made_from.source_id] if made_from.source_id else [])}
    if gone := wanted - (await media.own_ready(tx, job.user_id, wanted)).keys():
        raise MaterialUnavailable(FailureCode.SOURCE_GONE, f"no longer there: {', '.join(map(str, gone))}")
    return made_from


async def _picture(store: ObjectStore, asset_id: UUID) -> Image.Image:
    try:
        data = await store.get(object_key(asset_id, ImageVariant.ORIGINAL))
        return await asyncio.to_thread(plain, data, _MAXIMUM_PIXELS)
    except KeyError as error:
        raise MaterialUnavailable(FailureCode.SOURCE_GONE, f"no object {error}") from error
    except UnreadablePicture as error:
        raise MaterialUnavailable(FailureCode.INVALID_SOURCE, f"{asset_id}: {error}") from error
    except StorageUnavailable as error:
        raise MaterialUnavailable(FailureCode.STORAGE_UNAVAILABLE, f"{asset_id}: {error}") from error


def _laid_upon(source: Image.Image, png: bytes) -> Image.Image:
    return decoded(png, _MAXIMUM_PIXELS).convert("L").resize(source.size, Image.Resampling.NEAREST)
