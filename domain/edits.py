"""Edits that leave the picture as it is: a recipe, and a new picture made by it whose parent is the old one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.tables import EditRecipe, MediaAsset
from db.words import AssetStatus
from domain import media, trash, versions
from domain.errors import InvalidInput, MediaUnavailable, NotFound
from domain.picture_checks import PATIENCE_S
from domain.png import UnreadablePicture
from domain.variants import object_key
from domain.words import ImageVariant, Rotation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.bounds import Path
    from domain.pictures import Rendition
    from domain.ports import ObjectStore

MAXIMUM_SIDE: Final = 4096
"""Pixels that a side of the result may have."""
MAXIMUM_PIXELS: Final = MAXIMUM_SIDE**2
"""Of a picture that is edited: more would take the memory of a process that has other things to do."""
DEGREES: Final = {Rotation.NONE: 0, Rotation.RIGHT: 90, Rotation.HALF: 180, Rotation.LEFT: 270}
"""Clockwise."""
PER_USER: Final[Sequence[Stair]] = ((60, timedelta(minutes=5)),)
"""How many edits one user may make: each takes up to some seconds of one core."""
_ASSET: Final[Path] = ("input", "assetId")


@dataclass(frozen=True, slots=True)
class Crop:
    """A part of a picture, in its pixels, from its left upper corner."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """What is done to a picture, in this order."""

    crop: Crop | None = None
    rotation: Rotation = Rotation.NONE
    flip_horizontal: bool = False
    flip_vertical: bool = False
    size: tuple[int, int] | None = None
    """Width and height in pixels that it is resized to."""

    def result_of(self, width: int, height: int) -> tuple[int, int]:
        """Return the size of the result for a picture of ``width`` × ``height`` pixels."""
        if self.size:
            return self.size
        if self.crop:
            width, height = self.crop.width, self.crop.height
        return (height, width) if DEGREES[self.rotation] % 180 else (width, height)


async def examined(tx: AsyncSession, user_id: UUID, parent_id: UUID, recipe: Recipe, path: Path) -> MediaAsset:
    """Return one of the user's pictures, with which a recipe can be followed that stands at ``path`` of the input.

    Raises:
        NotFound: the user has no such picture that is READY.
        InvalidInput: the crop leaves the picture, a size is out of bounds, or nothing would change.
    """
    parent = (await media.own_ready(tx, user_id, [parent_id])).get(parent_id)
    if parent is None:
        raise NotFound(_ASSET)
    check(recipe, parent.width, parent.height, path)
    return parent


async def begin(tx: AsyncSession, user_id: UUID, parent_id: UUID, recipe: Recipe, path: Path) -> UUID:
    """Add the row of a picture that is to be made by ``recipe`` out of one of the user's; return its key.

    Its objects do not exist yet: where that stays so, the sweeper gives it up.

    Args:
        tx: the transaction.
        user_id: whose pictures they are.
        parent_id: what it is made from.
        recipe: how.
        path: where the recipe stands in the input.

    Raises:
        NotFound, InvalidInput: as ``examined``.
    """
    parent = await examined(tx, user_id, parent_id, recipe, path)
    asset = MediaAsset(id=uuid7(), owner_id=user_id, parent_id=parent_id)
    asset.width, asset.height = recipe.result_of(parent.width, parent.height)
    tx.add(asset)
    await tx.flush()
    tx.add(_row(asset.id, recipe))
    return asset.id


def check(recipe: Recipe, width: int, height: int, path: Path) -> None:
    """See whether a recipe can be followed with a picture of ``width`` × ``height`` pixels.

    Raises:
        InvalidInput: naming what can not.
    """
    if width * height > MAXIMUM_PIXELS:
        raise InvalidInput("edit.too_large", _ASSET, maximum=MAXIMUM_PIXELS)
    crop = recipe.crop
    if crop:
        at = path if path[-1] == "crop" else (*path, "crop")
        is_inside = min(crop.x, crop.y) >= 0 and crop.x + crop.width <= width and crop.y + crop.height <= height
        if not is_inside or min(crop.width, crop.height) < 1:
            raise InvalidInput("crop.outside", at, width=width, height=height)
    for name, side in zip(("width", "height"), recipe.size or (1, 1), strict=True):
        if not 1 <= side <= MAXIMUM_SIDE:
            raise InvalidInput("edit.size", (*path, "resize", name), maximum=MAXIMUM_SIDE)
    is_whole = crop in {None, Crop(0, 0, width, height)}
    is_turned = recipe.rotation is not Rotation.NONE or recipe.flip_horizontal or recipe.flip_vertical
    if is_whole and not is_turned and recipe.size in {None, (width, height)}:
        raise InvalidInput("edit.nothing", path)


async def make(store: ObjectStore, places: asyncio.Semaphore, parent_id: UUID, recipe: Recipe) -> Rendition:
    """Return the picture that ``recipe`` makes of its parent's original; no transaction may be open.

    It is made in a thread, where the picture library is imported too: who edits nothing carries none. It holds one of
    the ``places`` until that thread has ended, also where nobody waits for it any more.

    Raises:
        NotFound: the original is not there any more, or can not be read.
        StorageUnavailable: the store did not answer.
        MediaUnavailable: no place became free.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            await places.acquire()
    except TimeoutError as error:
        raise MediaUnavailable from error
    making = asyncio.create_task(_made(store, parent_id, recipe))
    making.add_done_callback(lambda _: places.release())
    try:
        return await asyncio.shield(making)
    except (KeyError, UnreadablePicture) as error:
        raise NotFound(_ASSET) from error


async def _made(store: ObjectStore, parent_id: UUID, recipe: Recipe) -> Rendition:
    original = await store.get(object_key(parent_id, ImageVariant.ORIGINAL))
    return await asyncio.to_thread(_edited, original, recipe, parent_id)


async def keep(store: ObjectStore, asset_id: UUID, rendition: Rendition) -> None:
    """Store a picture whose row is there; no transaction may be open.

    Raises:
        StorageUnavailable: the store did not answer; some of it may be stored.
    """
    for each in rendition.objects(asset_id):
        await store.put(each.key, each.data, each.content_type)


def _edited(original: bytes, recipe: Recipe, parent_id: UUID) -> Rendition:
    from domain.pictures.edited import edited  # noqa: PLC0415 - as ``make`` says

    return edited(original, recipe, parent_id)


async def finish(tx: AsyncSession, user_id: UUID, asset_id: UUID, rendition: Rendition) -> None:
    """Make a picture READY whose objects are stored; it joins the gallery of its parent, right behind it.

    Raises:
        NotFound: it is not there any more, because the sweeper has given it up; or its parent is not.
    """
    asset, _ = await trash.locked(tx, user_id, asset_id)
    if asset.status is not AssetStatus.PENDING or asset.parent_id is None:
        raise NotFound(_ASSET)
    await versions.add(tx, asset, asset.parent_id, rendition, _ASSET)


async def forget(tx: AsyncSession, asset_id: UUID) -> None:
    """Delete the row of a picture that never became READY, whose objects are gone."""
    await tx.execute(
        delete(MediaAsset).where(col(MediaAsset.id) == asset_id, col(MediaAsset.status) == AssetStatus.PENDING)
    )


def _row(asset_id: UUID, recipe: Recipe) -> EditRecipe:
    crop, size = recipe.crop, recipe.size
    return EditRecipe(
        asset_id=asset_id,
        crop_x=crop.x if crop else None,
        crop_y=crop.y if crop else None,
        crop_width=crop.width if crop else None,
        crop_height=crop.height if crop else None,
        rotation=DEGREES[recipe.rotation],
        flip_horizontal=recipe.flip_horizontal,
        flip_vertical=recipe.flip_vertical,
        width=size[0] if size else None,
        height=size[1] if size else None,
    )
