"""Checking an upload from its bytes to its asset: each step a transaction of its own, so that any may be the last."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from domain import uploads
from domain.errors import NotFound, PictureBlocked, UploadNotReady, UploadRejected
from domain.picture_checks import passed
from domain.ports import CheckUnavailable, StorageUnavailable
from domain.uploads import PARENT, UPLOAD, Parent
from domain.variants import object_key
from domain.words import ImageVariant, UploadProblem

if TYPE_CHECKING:
    from uuid import UUID

    from db.session import Database
    from domain.picture_checks import Gate
    from domain.ports import ObjectStore
    from domain.uploads import Check, Scan


async def confirm(gate: Gate, scan: Scan, user_id: UUID, upload_id: UUID, parent_id: UUID | None = None) -> UUID:
    """Check an upload and make it an asset; return its key. Confirmed again, the answer is the same.

    With ``parent_id`` it becomes a version of that picture.

    Raises:
        NotFound: the user has no such upload, or no such parent that is READY; the upload can be confirmed otherwise.
        InvalidInput: it became something else than a version of this parent before.
        UploadRejected: it is not acceptable, or blocked by the content guard; nothing of it is left in the store.
        UploadNotReady: it can not be checked at present.
    """
    async with gate.db.write() as tx:
        begun = await uploads.begin(tx, user_id, upload_id, parent_id)
    if not isinstance(begun, uploads.Check):
        return begun
    try:
        await _check(gate, scan, begun)
    except UploadRejected as refusal:
        async with gate.db.write() as tx:
            await uploads.reject(tx, begun, refusal)
        await _remove(gate.store, begun.deposit.key)
        raise
    except (UploadNotReady, StorageUnavailable, CheckUnavailable, NotFound) as error:
        async with gate.db.write() as tx:
            await uploads.release(tx, begun)
        if isinstance(error, StorageUnavailable):
            raise UploadNotReady("upload.store_away") from error
        if isinstance(error, CheckUnavailable):
            raise UploadNotReady("upload.check_away") from error
        raise
    await _remove(gate.store, begun.deposit.key)
    return begun.asset_id


async def give_up(db: Database, store: ObjectStore, upload_id: UUID) -> None:
    """Remove what is left of an overdue upload; its asset stays where it became one.

    That is settled first: whoever still checks it finds it given up, and shows nothing that is removed here.

    Raises:
        StorageUnavailable: the store did not answer.
    """
    async with db.write() as tx:
        found = await uploads.abandon(tx, upload_id)
    if found is None:
        return
    upload, is_unfinished = found
    await store.delete(uploads.deposit_of(upload).key)
    if is_unfinished:
        for variant in ImageVariant:
            await store.delete(object_key(upload.asset_id, variant))
    async with db.write() as tx:
        await uploads.forget(tx, upload_id)


async def _check(gate: Gate, scan: Scan, check: Check) -> None:
    db, store = gate.db, gate.store
    data = await uploads.read(store, check.deposit)
    async with db.write() as tx:
        await uploads.arrived(tx, check)
    rendition = await scan(data, check.deposit.content_type, await _parent_of(store, check))
    try:
        rendition = await passed(gate.guard, rendition, UPLOAD)
    except PictureBlocked as refusal:
        raise UploadRejected(UploadProblem.BLOCKED, refusal.block) from refusal
    for each in rendition.objects(check.asset_id):
        await store.put(each.key, each.data, each.content_type)
    try:
        async with db.write() as tx:
            await uploads.accept(tx, check, rendition)
    except (UploadNotReady, NotFound):  # it was given up, and swept, before all was stored; or its parent was deleted
        await _remove(store, *(each.key for each in rendition.objects(check.asset_id)))
        raise


async def _parent_of(store: ObjectStore, check: Check) -> Parent | None:
    if check.parent_id is None:
        return None
    try:
        return Parent(check.parent_id, await store.get(object_key(check.parent_id, ImageVariant.ORIGINAL)))
    except KeyError:
        raise NotFound(PARENT) from None


async def _remove(store: ObjectStore, *keys: str) -> None:
    """Remove objects; where the store is away, the sweeper does so later."""
    with suppress(StorageUnavailable):
        for key in keys:
            await store.delete(key)
