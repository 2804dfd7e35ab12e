"""Nested folders of one's own pictures. Whoever changes a tree locks its owner first: no two changes make a cycle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import func, literal, select, update
from sqlmodel import col

from db.tables import Folder, MediaAsset, User
from domain import media
from domain.bounds import INPUT
from domain.errors import InvalidInput, NotFound
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_DEPTH: Final = 8
MAXIMUM_FOLDERS: Final = 1_000
MAXIMUM_MOVED: Final = 100
_NAME_LENGTH: Final = 100


async def create(tx: AsyncSession, user_id: UUID, name: str, parent_id: UUID | None) -> UUID:
    """Make a folder in another one, or at the top; return its key.

    Raises:
        InvalidInput: the name is not acceptable or taken, it would be too deep, or there are too many.
        NotFound: the user has no such parent.
    """
    name = clean(name, (*INPUT, "name"), maximum=_NAME_LENGTH)
    await lock_tree(tx, user_id)
    if parent_id and await _owned(tx, user_id, parent_id) is None:
        raise NotFound((*INPUT, "parentId"))
    counted = select(func.count()).select_from(Folder).where(col(Folder.user_id) == user_id)
    if (await tx.execute(counted)).scalar_one() >= MAXIMUM_FOLDERS:
        raise InvalidInput("folders.too_many", (*INPUT, "parentId"), maximum=MAXIMUM_FOLDERS)
    if len(await _ancestors(tx, parent_id)) >= MAXIMUM_DEPTH:
        raise InvalidInput("folder.too_deep", (*INPUT, "parentId"), maximum=MAXIMUM_DEPTH)
    await _check_name(tx, user_id, parent_id, name)
    folder = Folder(user_id=user_id, parent_id=parent_id, name=name)
    tx.add(folder)
    return folder.id


async def rename(tx: AsyncSession, user_id: UUID, folder_id: UUID, name: str | None) -> None:
    """Give a folder another name; None leaves it as it is.

    Raises:
        InvalidInput: the name is not acceptable or taken.
        NotFound: the user has no such folder.
    """
    if name is not None:
        name = clean(name, (*INPUT, "name"), maximum=_NAME_LENGTH)
    await lock_tree(tx, user_id)
    folder = await _required(tx, user_id, folder_id)
    if name is not None and folder.name != name:
        await _check_name(tx, user_id, folder.parent_id, name)
        folder.name = name


async def move(tx: AsyncSession, user_id: UUID, folder_id: UUID, parent_id: UUID | None) -> None:
    """Put a folder, with all that is in it, into another one, or at the top.

    Raises:
        InvalidInput: it would be in itself or too deep, or its name is taken there.
        NotFound: the user has no such folder, or no such parent.
    """
    await lock_tree(tx, user_id)
    folder = await _required(tx, user_id, folder_id)
    if parent_id and await _owned(tx, user_id, parent_id) is None:
        raise NotFound((*INPUT, "parentId"))
    path = await _ancestors(tx, parent_id)
    if folder_id in path:
        raise InvalidInput("folder.cycle", (*INPUT, "parentId"))
    if len(path) + await _height(tx, folder_id) > MAXIMUM_DEPTH:
        raise InvalidInput("folder.too_deep", (*INPUT, "parentId"), maximum=MAXIMUM_DEPTH)
    if folder.parent_id != parent_id:
        await _check_name(tx, user_id, parent_id, folder.name)
        folder.parent_id = parent_id


async def delete(tx: AsyncSession, user_id: UUID, folder_id: UUID) -> UUID | None:
    """Delete a folder and those in it; their pictures stay, one level up. Return the key of the folder above.

    Raises:
        NotFound: the user has no such folder.
    """
    await lock_tree(tx, user_id)
    folder = await _required(tx, user_id, folder_id)
    inside = [key for key, _ in await _below(tx, folder_id)]
    pictures = update(MediaAsset).where(col(MediaAsset.folder_id).in_(inside))
    await tx.execute(pictures.values(folder_id=folder.parent_id))
    await tx.delete(folder)
    return folder.parent_id


async def put(tx: AsyncSession, user_id: UUID, asset_ids: Sequence[UUID], folder_id: UUID | None) -> None:
    """Put pictures into a folder, or out of all; all of them, or none.

    Raises:
        InvalidInput: too many, or one of them twice.
        NotFound: the user has no such folder, or not all of the pictures.
    """
    path = (*INPUT, "assetIds")
    if not 1 <= len(asset_ids) <= MAXIMUM_MOVED:
        raise InvalidInput("assets.moved", path, maximum=MAXIMUM_MOVED)
    if len(set(asset_ids)) < len(asset_ids):
        raise InvalidInput("assets.moved_twice", path)
    await lock_tree(tx, user_id)
    if folder_id and await _owned(tx, user_id, folder_id) is None:
        raise NotFound((*INPUT, "folderId"))
    ready = await media.own_ready(tx, user_id, asset_ids)
    for index, asset_id in enumerate(asset_ids):
        if asset_id not in ready:
            raise NotFound((*path, str(index)))
    chosen = update(MediaAsset).where(col(MediaAsset.id).in_(asset_ids))
    await tx.execute(chosen.values(folder_id=folder_id))


async def lock_tree(tx: AsyncSession, user_id: UUID) -> None:
    """Let no other transaction change the user's folders until this one ends; rows that point to the user may come."""
    await tx.execute(select(col(User.id)).where(col(User.id) == user_id).with_for_update(key_share=True))


async def tree(tx: AsyncSession, user_id: UUID, folder_id: UUID) -> Sequence[Folder]:
    """Return a folder of the user's and all in it, each behind the one it is in; nothing where it is not theirs."""
    if await _owned(tx, user_id, folder_id) is None:
        return ()
    depths = dict(await _below(tx, folder_id))
    found = (await tx.execute(select(Folder).where(col(Folder.id).in_(depths)))).scalars()
    return sorted(found, key=lambda folder: (depths[folder.id], folder.name, folder.id))


async def _owned(tx: AsyncSession, user_id: UUID, folder_id: UUID) -> Folder | None:
    folder = await tx.get(Folder, folder_id, populate_existing=True)
    return folder if folder and folder.user_id == user_id else None


async def _required(tx: AsyncSession, user_id: UUID, folder_id: UUID) -> Folder:
    folder = await _owned(tx, user_id, folder_id)
    if folder is None:
        raise NotFound((*INPUT, "folderId"))
    return folder


async def _check_name(tx: AsyncSession, user_id: UUID, parent_id: UUID | None, name: str) -> None:
    taken = select(col(Folder.id)).where(
        col(Folder.user_id) == user_id,
        col(Folder.parent_id).is_not_distinct_from(parent_id),
        col(Folder.name) == name,
    )
    if (await tx.execute(taken)).scalar_one_or_none():
        raise InvalidInput("folder.name_taken", (*INPUT, "name"))


async def _ancestors(tx: AsyncSession, folder_id: UUID | None) -> Sequence[UUID]:
    """Return the path from the top to a folder, itself included; nothing for the top."""
    first = select(col(Folder.id), col(Folder.parent_id)).where(col(Folder.id) == folder_id)
    path = first.cte("path", recursive=True)
    path = path.union_all(select(col(Folder.id), col(Folder.parent_id)).join(path, path.c.parent_id == col(Folder.id)))
    return (await tx.execute(select(path.c.id))).scalars().all()


async def _below(tx: AsyncSession, folder_id: UUID) -> Sequence[tuple[UUID, int]]:
    """Return a folder and all in it, each with how deep it is: 1 for itself."""
    first = select(col(Folder.id), literal(1).label("depth")).where(col(Folder.id) == folder_id)
    tree = first.cte("tree", recursive=True)
    tree = tree.union_all(select(col(Folder.id), tree.c.depth + 1).join(tree, tree.c.id == col(Folder.parent_id)))
    return [(key, depth) for key, depth in await tx.execute(select(tree.c.id, tree.c.depth))]


async def _height(tx: AsyncSession, folder_id: UUID) -> int:
    return max(depth for _, depth in await _below(tx, folder_id))
