"""Archives as their owners ask for them: which pictures, under which names; asked for once, and canceled.

Whoever asks locks their user first: a second click finds what the first one asked for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Float, case, cast, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from uuid_utils.compat import uuid7

from db import outbox
from db.tables import Archive, ArchiveItem, GenerationJob, MediaAsset
from db.tables.columns import now
from db.words import AssetStatus, JobStatus
from domain import folders
from domain.archives_names import Directory, safe
from domain.archives_states import DOWNLOADABLE, UNFINISHED, finish, locked
from domain.bounds import INPUT
from domain.errors import AlreadyFinished, InvalidInput, NotFound, TooManyArchives

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.clauses import Row

MAXIMUM_IMAGES: Final = 1_000
MAXIMUM_BYTES: Final = 2 * 10**9
"""Of all originals together."""
MAXIMUM_UNFINISHED: Final = 2
"""Archives of one user that wait or are packed."""
MAXIMUM_KEPT: Final = 10
"""Archives of one user that can be downloaded: each may fill 2 GB of the store for a day."""
PER_USER: Final[Sequence[Stair]] = ((30, timedelta(hours=1)),)
"""How many one user may ask for."""
_ASSETS: Final = (*INPUT, "assetIds")
_FOLDER: Final = (*INPUT, "folderId")


class _Picture(NamedTuple):
    """What is read of a picture to be packed."""

    id: UUID
    folder_id: UUID | None
    byte_size: int
    alt_text: str
    prompt: str | None


@dataclass(frozen=True, slots=True)
class _Contents:
    """What goes into an archive."""

    name: str
    files: Sequence[tuple[str, _Picture]]
    """Each with its path in the archive."""
    path: tuple[str, ...]
    """Where in the input it was said."""


async def request(tx: AsyncSession, user_id: UUID, asset_ids: Sequence[UUID] | None, folder_id: UUID | None) -> UUID:
    """Ask for an archive of a selection, or of a folder with all folders in it; return its key.

    The same again, while that is unfinished or can be downloaded, is the same archive.

    Raises:
        InvalidInput: both or neither are given; no pictures, too many, too large, or one of them twice.
        NotFound: the user has no such folder, or not all of the pictures.
        TooManyArchives: they have as many unfinished ones as anybody may.
    """
    if (asset_ids is None) == (folder_id is None):
        raise InvalidInput("archive.one_of", INPUT)
    await folders.lock_tree(tx, user_id)
    contents = await (_folder(tx, user_id, folder_id) if folder_id else _selection(tx, user_id, asset_ids or ()))
    if sum(picture.byte_size for _, picture in contents.files) > MAXIMUM_BYTES:
        raise InvalidInput("archive.too_large", contents.path, maximum=MAXIMUM_BYTES // 10**9)
    fingerprint = _fingerprint(contents, folder_id)
    if known := await _known(tx, user_id, fingerprint):
        return known
    unfinished = select(func.count()).where(col(Archive.user_id) == user_id, col(Archive.status).in_(UNFINISHED))
    if (await tx.execute(unfinished)).scalar_one() >= MAXIMUM_UNFINISHED:
        raise TooManyArchives(MAXIMUM_UNFINISHED)
    await _let_older_ones_expire(tx, user_id)
    archive = Archive(
        id=uuid7(),
        user_id=user_id,
        folder_id=folder_id,
        name=contents.name,
        fingerprint=fingerprint,
        image_count=len(contents.files),
    )
    tx.add(archive)
    await tx.flush()
    rows = [
        {"archive_id": archive.id, "position": position, "asset_id": picture.id, "name": name}
        for position, (name, picture) in enumerate(contents.files)
    ]
    await tx.execute(insert(ArchiveItem), rows)
    outbox.ring_packer(tx)
    return archive.id


async def cancel(tx: AsyncSession, user_id: UUID, archive_id: UUID) -> None:
    """Stop an archive that waits or is packed; what of it is stored is removed. Canceling again changes nothing.

    Raises:
        NotFound: the user has no such archive.
        AlreadyFinished: it ended otherwise.
    """
    archive = await locked(tx, archive_id)
    if archive is None or archive.user_id != user_id:
        raise NotFound((*INPUT, "archiveId"))
    if archive.status is JobStatus.CANCELED:
        return
    if archive.status not in UNFINISHED:
        raise AlreadyFinished("archiveId")
    finish(tx, archive, JobStatus.CANCELED)


def progress(archive: Row) -> ColumnElement[float]:
    """Return the share of an archive's pictures that are packed or skipped, 0 to 1."""
    share: ColumnElement[float] = cast(archive.packed_count + archive.skipped_count, Float(53)) / archive.image_count
    return case((archive.status == JobStatus.QUEUED, 0.0), else_=share)


async def _selection(tx: AsyncSession, user_id: UUID, asset_ids: Sequence[UUID]) -> _Contents:
    if not 1 <= len(asset_ids) <= MAXIMUM_IMAGES:
        raise InvalidInput("assets.moved", _ASSETS, maximum=MAXIMUM_IMAGES)
    if len(set(asset_ids)) < len(asset_ids):
        raise InvalidInput("assets.moved_twice", _ASSETS)
    rows = await tx.execute(_pictures(user_id).where(col(MediaAsset.id).in_(asset_ids)))
    found = {picture.id: picture for picture in map(_Picture._make, rows)}
    for index, asset_id in enumerate(asset_ids):
        if asset_id not in found:
            raise NotFound((*_ASSETS, str(index)))
    names = Directory()
    files = [(_named(names, found[asset_id]), found[asset_id]) for asset_id in asset_ids]
    return _Contents(f"easel-{now():%Y-%m-%d}.zip", files, _ASSETS)


async def _folder(tx: AsyncSession, user_id: UUID, folder_id: UUID) -> _Contents:
    tree = await folders.tree(tx, user_id, folder_id)
    if not tree:
        raise NotFound(_FOLDER)
    places = {tree[0].id: ("", Directory())}
    for folder in tree[1:]:
        assert folder.parent_id, "it is in another one"
        above, names = places[folder.parent_id]
        places[folder.id] = (f"{above}{names.take(safe(folder.name, 'folder'))}/", Directory())
    inside = _pictures(user_id).where(col(MediaAsset.folder_id).in_(places)).order_by(col(MediaAsset.id).desc())
    pictures = [_Picture._make(row) for row in await tx.execute(inside.limit(MAXIMUM_IMAGES + 1))]
    if not pictures:
        raise InvalidInput("archive.empty_folder", _FOLDER)
    if len(pictures) > MAXIMUM_IMAGES:
        raise InvalidInput("archive.too_many", _FOLDER, maximum=MAXIMUM_IMAGES)
    files = []
    for folder in tree:
        above, names = places[folder.id]
        files += [(above + _named(names, each), each) for each in pictures if each.folder_id == folder.id]
    return _Contents(f"{safe(tree[0].name, 'folder')}.zip", files, _FOLDER)


def _pictures(user_id: UUID) -> Select[UUID, UUID | None, int, str, str | None]:
    return (
        select(
            col(MediaAsset.id),
            col(MediaAsset.folder_id),
            col(MediaAsset.byte_size),
            col(MediaAsset.alt_text),
            col(GenerationJob.prompt),
        )
        .outerjoin(GenerationJob, col(GenerationJob.id) == col(MediaAsset.job_id))
        .where(col(MediaAsset.owner_id) == user_id, col(MediaAsset.status) == AssetStatus.READY)
    )


def _named(names: Directory, picture: _Picture) -> str:
    return names.take(safe(picture.alt_text or picture.prompt or "", "image"), ".png")


def _fingerprint(contents: _Contents, folder_id: UUID | None) -> str:
    """Return the same for the same pictures in the same folders, in whatever order they were chosen."""
    lines = sorted(f"{picture.id} {name.rpartition('/')[0]}" for name, picture in contents.files)
    return hashlib.sha256("\n".join((str(folder_id), *lines)).encode()).hexdigest()


async def _let_older_ones_expire(tx: AsyncSession, user_id: UUID) -> None:
    """Leave no more archives to be downloaded than one may keep together with a new one."""
    mine = (col(Archive.user_id) == user_id, col(Archive.status).in_(DOWNLOADABLE), col(Archive.expires_at) > now())
    older = select(col(Archive.id)).where(*mine).order_by(col(Archive.id).desc()).offset(MAXIMUM_KEPT - 1)
    await tx.execute(update(Archive).where(col(Archive.id).in_(older)).values(expires_at=now()))


async def _known(tx: AsyncSession, user_id: UUID, fingerprint: str) -> UUID | None:
    """Return the user's archive of the same pictures that is still good for something: all of them are there now."""
    is_good = or_(
        col(Archive.status).in_(UNFINISHED), col(Archive.status).in_(DOWNLOADABLE) & (col(Archive.expires_at) > now())
    )
    same = (
        *(col(Archive.user_id) == user_id, col(Archive.fingerprint) == fingerprint),
        col(Archive.skipped_count) == 0,
    )
    query = select(col(Archive.id)).where(*same, is_good).order_by(col(Archive.id).desc()).limit(1)
    return (await tx.execute(query)).scalar_one_or_none()
