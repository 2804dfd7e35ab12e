"""Editing a picture from its recipe to its version: where that breaks off, nothing is left of it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from domain import edits, guard
from domain.errors import MediaUnavailable, NotFound, PictureBlocked
from domain.picture_checks import passed
from domain.ports import CheckUnavailable, StorageUnavailable

if TYPE_CHECKING:
    from uuid import UUID

    from domain.bounds import Path
    from domain.edits import Recipe
    from domain.picture_checks import Gate
    from domain.renditions import Rendition


async def edit(gate: Gate, user_id: UUID, parent_id: UUID, recipe: Recipe, path: Path) -> UUID:
    """Make a version of one of the user's pictures by a recipe that stands at ``path`` of the input; return its key.

    Raises:
        NotFound: the user has no such picture that is READY, or it was deleted meanwhile.
        InvalidInput: the recipe can not be followed, or changes nothing.
        PictureBlocked: the result must not be shown; nothing but the decision is written.
        MediaUnavailable: the store or a checker did not answer, or too many edit pictures here.
    """
    await gate.db.look_up(lambda tx: edits.examined(tx, user_id, parent_id, recipe, path))
    try:
        rendition = await passed(gate.guard, await edits.make(gate.store, gate.edit_places, parent_id, recipe), path)
    except PictureBlocked as refusal:
        async with gate.db.write() as tx:
            guard.record_picture(tx, user_id, refusal.block, asset_id=parent_id)
        raise
    except (StorageUnavailable, CheckUnavailable) as error:
        raise MediaUnavailable from error
    async with gate.db.write() as tx:
        asset_id = await edits.begin(tx, user_id, parent_id, recipe, path)
    try:
        await edits.keep(gate.store, asset_id, rendition)
        async with gate.db.write() as tx:
            await edits.finish(tx, user_id, asset_id, rendition)
    except NotFound:
        await _undo(gate, asset_id, rendition)
        raise
    except StorageUnavailable as error:
        await _undo(gate, asset_id, rendition)
        raise MediaUnavailable from error
    return asset_id


async def _undo(gate: Gate, asset_id: UUID, rendition: Rendition) -> None:
    """Remove what was begun: its objects, then its row; where the store is away, the sweeper does so later."""
    with suppress(StorageUnavailable):
        for each in rendition.objects(asset_id):
            await gate.store.delete(each.key)
        async with gate.db.write() as tx:
            await edits.forget(tx, asset_id)
