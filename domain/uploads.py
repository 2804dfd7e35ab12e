"""Pictures that people bring along: announced, put into the store by a signed link, checked, and then like any other.

An asset is UPLOADING, SCANNING while its file is decoded, then READY or REJECTED; one that never comes ends as FAILED.
No database transaction is open while the file is read or decoded.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.tables import MediaAsset, Upload
from db.tables.columns import now
from db.words import AssetStatus, UploadKind
from domain import guard, media, versions
from domain.errors import InvalidInput, NotFound, UploadNotReady, UploadRejected
from domain.ports import Deposit
from domain.words import UploadProblem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ScalarSelect
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.bounds import Path
    from domain.clauses import Value
    from domain.ports import ObjectStore
    from domain.renditions import Rendition

    Scan = Callable[[bytes, str, "Parent | None"], Awaitable[Rendition]]
    """Decodes a file of a media type into what is stored of it, with its parent's metadata where it is a version.

    Raises UploadRejected and UploadNotReady.
    """


MAXIMUM_BYTES: Final = 10 * 10**6
LINK_LIFE: Final = timedelta(minutes=15)
CHECK_LIFE: Final = timedelta(seconds=30)
"""How long a check that is not heard of is waited for."""
PER_USER: Final[Sequence[Stair]] = ((60, timedelta(minutes=5)),)
"""How many files one user may announce, and have checked: each check takes a second of one core."""
EXTENSIONS: Final[Mapping[str, str]] = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
"""Of the media types that can be uploaded."""
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
PARENT: Final[Path] = ("input", "parentId")
"""Where the input names what an upload is a version of."""
UPLOAD: Final[Path] = ("input", "uploadId")
_BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Announcement:
    """What somebody wants to upload, as it arrived."""

    media_type: str
    byte_size: int
    sha256: str
    kind: UploadKind = UploadKind.IMAGE


@dataclass(frozen=True, slots=True)
class Parent:
    """The picture that an upload is a version of."""

    id: UUID
    original: bytes = field(repr=False)
    """PNG, for the metadata in it."""


@dataclass(frozen=True, slots=True)
class Check:
    """An upload that is to be checked now, by this caller alone."""

    upload_id: UUID
    asset_id: UUID
    deposit: Deposit
    parent_id: UUID | None = None
    """What it is a version of, where it is one."""


def checked(announced: Announcement) -> Announcement:
    """Return what was announced, its checksum in lower case.

    Raises:
        InvalidInput: type, size or checksum are not acceptable.
    """
    if announced.media_type not in EXTENSIONS:
        raise InvalidInput("upload.mime", ("input", "mime"), choices=", ".join(EXTENSIONS))
    if not 1 <= announced.byte_size <= MAXIMUM_BYTES:
        raise InvalidInput("upload.bytes", ("input", "bytes"), maximum=MAXIMUM_BYTES // 10**6)
    digest = announced.sha256.strip().lower()
    if not _SHA256.fullmatch(digest):
        raise InvalidInput("upload.sha256", ("input", "sha256"))
    return Announcement(announced.media_type, announced.byte_size, digest, announced.kind)


async def create(tx: AsyncSession, user_id: UUID, announced: Announcement) -> Upload:
    """Take note of a checked announcement and return the upload, whose link holds for ``LINK_LIFE``."""
    asset = MediaAsset(id=uuid7(), owner_id=user_id, status=AssetStatus.UPLOADING)
    tx.add(asset)
    await tx.flush()
    upload = Upload(
        user_id=user_id,
        asset_id=asset.id,
        kind=announced.kind,
        media_type=announced.media_type,
        byte_size=announced.byte_size,
        sha256=announced.sha256,
        expires_at=now() + LINK_LIFE,
    )
    tx.add(upload)
    return upload


def deposit_of(upload: Upload) -> Deposit:
    """Return what may be stored for an upload."""
    key = f"uploads/{upload.id}.{EXTENSIONS[upload.media_type]}"
    return Deposit(key, upload.media_type, upload.byte_size, upload.sha256)


def asset_of(upload_id: Value, user_id: Value) -> ScalarSelect[UUID]:
    """Return what one of the user's uploads becomes, or has become."""
    mine = (col(Upload.id) == upload_id, col(Upload.user_id) == user_id)
    return select(col(Upload.asset_id)).where(*mine).scalar_subquery()


async def begin(tx: AsyncSession, user_id: UUID, upload_id: UUID, parent_id: UUID | None = None) -> Check | UUID:
    """Begin to check an upload, which shall be a version of ``parent_id`` if that is given.

    Where it was found good before, return the key of its asset.

    Raises:
        NotFound: the user has no such upload, or has deleted what it became; or no such parent that is READY.
        InvalidInput: it became something else than a version of this parent before.
        UploadRejected: it was found bad before.
        UploadNotReady: it is being checked.
    """
    upload, asset = await _locked(tx, upload_id)
    if upload is None or asset is None or upload.user_id != user_id:
        raise NotFound(UPLOAD)
    if upload.problem:
        raise UploadRejected(UploadProblem(upload.problem), await guard.block_of(tx, asset.id))
    if asset.status is AssetStatus.READY:
        _require_parent(asset, parent_id)
        return asset.id
    if asset.status not in {AssetStatus.UPLOADING, AssetStatus.SCANNING}:  # it was deleted meanwhile
        raise NotFound(UPLOAD)
    if parent_id and parent_id not in await media.own_ready(tx, user_id, [parent_id]):
        raise NotFound(PARENT)
    if upload.checked_at and upload.checked_at > now() - CHECK_LIFE:
        raise UploadNotReady("upload.being_checked")
    upload.checked_at = now()
    return Check(upload.id, asset.id, deposit_of(upload), parent_id)


async def read(store: ObjectStore, deposit: Deposit) -> bytes:
    """Return the bytes of a deposit.

    Raises:
        UploadNotReady: it has not arrived.
        UploadRejected: it is not what was announced.
        StorageUnavailable: the store did not answer.
    """
    found = await store.stat(deposit.key)
    if found is None:
        raise UploadNotReady("upload.not_arrived")
    if found.size != deposit.size:
        raise UploadRejected(UploadProblem.WRONG_SIZE)
    try:
        data = await store.get(deposit.key)
    except KeyError:
        raise UploadNotReady("upload.not_arrived") from None
    if hashlib.sha256(data).hexdigest() != deposit.sha256:
        raise UploadRejected(UploadProblem.WRONG_CHECKSUM)
    return data


async def arrived(tx: AsyncSession, check: Check) -> None:
    """Say that the file is there and is being decoded.

    Raises:
        UploadNotReady: it was given up meanwhile.
    """
    _, asset = await _locked(tx, check.upload_id)
    if asset is None or asset.status not in {AssetStatus.UPLOADING, AssetStatus.SCANNING}:
        raise UploadNotReady("upload.given_up")
    media.scan(asset)


async def accept(tx: AsyncSession, check: Check, rendition: Rendition) -> None:
    """Make a stored picture the upload's asset. Done again, it changes nothing.

    Raises:
        UploadNotReady: it was given up meanwhile.
        NotFound: its parent was deleted meanwhile.
        InvalidInput: it became something else meanwhile.
    """
    _, asset = await _locked(tx, check.upload_id)
    if asset is None or asset.status not in {AssetStatus.SCANNING, AssetStatus.READY}:
        raise UploadNotReady("upload.given_up")
    if asset.status is AssetStatus.READY:
        _require_parent(asset, check.parent_id)
    elif check.parent_id:
        await versions.add(tx, asset, check.parent_id, rendition, PARENT)
    else:
        media.fill(asset, rendition)


async def reject(tx: AsyncSession, check: Check, refusal: UploadRejected) -> None:
    """Say that an upload was found bad; where the content guard blocks it, with its decision."""
    upload, asset = await _locked(tx, check.upload_id)
    if upload and asset and asset.status in {AssetStatus.UPLOADING, AssetStatus.SCANNING}:
        upload.problem = refusal.problem
        media.scan(asset)
        media.move(asset, AssetStatus.REJECTED)
        if refusal.block:
            guard.record_picture(tx, upload.user_id, refusal.block, asset_id=asset.id)


async def release(tx: AsyncSession, check: Check) -> None:
    """Let an upload be checked again: it could not be this time."""
    upload, _ = await _locked(tx, check.upload_id)
    if upload:
        upload.checked_at = None


async def overdue(tx: AsyncSession, grace: timedelta) -> Sequence[Upload]:
    """Return uploads whose links ended longer than ``grace`` ago: nobody stores or checks them any more."""
    query = select(Upload).where(col(Upload.expires_at) < now() - grace).limit(_BATCH)
    return (await tx.execute(query)).scalars().all()


async def abandon(tx: AsyncSession, upload_id: UUID) -> tuple[Upload, bool] | None:
    """Let an overdue upload become nothing any more: an asset that is none yet ends as FAILED.

    Returns:
        The upload, and whether no object of its asset may stay; None where it is gone.
    """
    upload, asset = await _locked(tx, upload_id)
    if upload is None or asset is None:
        return None
    if asset.status in {AssetStatus.UPLOADING, AssetStatus.SCANNING}:
        media.move(asset, AssetStatus.FAILED)
    return upload, asset.status is not AssetStatus.READY and asset.ready_at is None


async def forget(tx: AsyncSession, upload_id: UUID) -> None:
    """Delete an abandoned upload whose objects are gone."""
    await tx.execute(delete(Upload).where(col(Upload.id) == upload_id))


def _require_parent(asset: MediaAsset, parent_id: UUID | None) -> None:
    if parent_id not in {None, asset.parent_id}:
        raise InvalidInput("upload.used", UPLOAD)


async def _locked(tx: AsyncSession, upload_id: UUID) -> tuple[Upload | None, MediaAsset | None]:
    upload = await tx.get(Upload, upload_id, with_for_update=True, populate_existing=True)
    if upload is None:
        return None, None
    return upload, await tx.get(MediaAsset, upload.asset_id, with_for_update=True, populate_existing=True)
