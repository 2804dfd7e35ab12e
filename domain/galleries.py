"""Galleries: the ordered pictures of an owner, one of which stands for all; what changes them, and who may.

Whoever changes a gallery locks its row first, then those of its pictures, and says what happened by ``_changed``: the
version grows by one with each change, and the watchers are told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ARRAY, Text, Uuid, and_, case, cast, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db import outbox
from db.tables import Gallery, MediaAsset, User
from db.tables.columns import now
from db.words import AssetStatus, ContentLevel, OwnerKind, Visibility
from db.words_moderation import Activity
from domain import media, restrictions, sight, streams
from domain.errors import InvalidInput, NotFound, VersionConflict
from domain.words import MediaChange

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path
    from domain.clauses import Row, Value
    from domain.sight import Sight

MAXIMUM_ORDER: Final = 100
"""Pictures that one order may name, and that a refused one is answered with."""
WORDS: Final[Mapping[OwnerKind, str]] = {
    OwnerKind.USER: "user",
    OwnerKind.CHARACTER: "character",
    OwnerKind.STORY: "story",
    OwnerKind.ORIG_CHAT: "origchat",
}
"""What global ids of owners begin with."""
_OWNER: Final[Path] = ("input", "ownerId")
_ASSET: Final[Path] = ("input", "assetId")


@dataclass(frozen=True, slots=True)
class Owner:
    """What has a gallery, by kind and key."""

    kind: OwnerKind
    id: UUID


async def require(tx: AsyncSession, user_id: UUID, owner: Owner) -> None:
    """See to it that an owner is the user's, or is the user, and has a gallery.

    Raises:
        NotFound: it is not theirs.
    """
    await _open_own(tx, user_id, owner)
    if not await is_own(tx, user_id, owner):
        raise NotFound(_OWNER)


async def is_own(tx: AsyncSession, user_id: UUID, owner: Owner) -> bool:
    """Return whether an owner is the user's, or is the user."""
    if owner == Owner(OwnerKind.USER, user_id):
        return True
    mine = (
        *(col(Gallery.id) == owner.id, col(Gallery.kind) == owner.kind),
        *(col(Gallery.user_id) == user_id, col(Gallery.deleted_at).is_(None)),
    )
    return (await tx.execute(select(col(Gallery.id)).where(*mine))).scalar_one_or_none() is not None


async def still_own(tx: AsyncSession, user_id: UUID, gallery_id: UUID | None) -> Owner | None:
    """Return the owner of a gallery where it is the user's and not deleted."""
    gallery = await tx.get(Gallery, gallery_id, populate_existing=True) if gallery_id else None
    if gallery is None or gallery.deleted_at or gallery.user_id != user_id:
        return None
    return Owner(gallery.kind, gallery.id)


async def lock(tx: AsyncSession, user_id: UUID, owner: Owner, path: Path = _OWNER) -> Gallery:
    """Return the gallery of an owner that is the user's, or is the user, locked until the transaction ends.

    Raises:
        NotFound: it is not theirs; ``path`` names it.
    """
    await _open_own(tx, user_id, owner)
    gallery = await locked(tx, owner.id)
    if gallery is None or gallery.kind is not owner.kind or gallery.user_id != user_id:
        raise NotFound(path)
    return gallery


async def locked(tx: AsyncSession, gallery_id: UUID | None) -> Gallery | None:
    """Return a gallery, locked until the transaction ends; None where there is none, or none any more.

    Its user is locked before it, and before any picture, as by who changes folders: what both do to the same pictures
    is done one after the other, nobody who comes to a second gallery of the user waits in a circle, and who stands for
    the user needs that row in the end.

    FOR NO KEY UPDATE: jobs and pictures that are just being added refer to the rows, and may be waited for.
    """
    if gallery_id is None:
        return None
    query = (
        select(Gallery)
        .join(User, col(User.id) == col(Gallery.user_id))
        .where(col(Gallery.id) == gallery_id, col(Gallery.deleted_at).is_(None))
        .with_for_update(key_share=True, of=[User, Gallery])  # in this order
    )
    return (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()


async def next_position(tx: AsyncSession, gallery: Gallery) -> int:
    """Return the place behind all pictures of a locked gallery, those that are not ready or deleted included."""
    last = select(func.max(col(MediaAsset.position))).where(col(MediaAsset.gallery_id) == gallery.id)
    found = (await tx.execute(last)).scalar_one()
    return 0 if found is None else found + 1


async def welcome(tx: AsyncSession, gallery: Gallery, asset: MediaAsset, change: MediaChange) -> None:
    """Count a picture of a locked gallery that has just become READY; it stands for all where none does so far."""
    gallery.image_count += 1
    if await _primary(tx, gallery) is None:
        await _stand_for(tx, gallery, asset.id)
    _changed(tx, gallery, change, asset.id)


async def withdraw(tx: AsyncSession, gallery: Gallery, asset: MediaAsset, to: AssetStatus) -> None:
    """Take a READY picture of a locked gallery out of sight; the next in order stands for all where it did.

    Raises:
        IllegalMove: what is READY can not become so.
    """
    media.move(asset, to)
    was_primary, asset.is_primary = asset.is_primary, False
    gallery.image_count -= 1
    await tx.flush()
    if was_primary:
        (first,) = (await _order(tx, gallery, limit=1)) or (None,)
        await _stand_for(tx, gallery, first)
    _changed(tx, gallery, MediaChange.REMOVED, asset.id)


async def stand_again(tx: AsyncSession, asset: MediaAsset) -> None:
    """Let a picture that stands for a locked gallery do so after its content level has changed: not as every avatar."""
    gallery = await locked(tx, asset.gallery_id)
    if gallery:
        await _stand_for(tx, gallery, asset.id)
        _changed(tx, gallery, MediaChange.PRIMARY_SET, asset.id)


async def set_primary(tx: AsyncSession, user_id: UUID, owner: Owner, asset_id: UUID) -> None:
    """Let a picture stand for all of its gallery. Done again, it changes nothing.

    Raises:
        NotFound: the owner is not the user's, or its gallery has no such picture.
        InvalidInput: the picture is not READY.
    """
    gallery = await lock(tx, user_id, owner)
    asset = (await media.own(tx, user_id, [asset_id])).get(asset_id)
    if asset is None or asset.gallery_id != gallery.id:
        raise NotFound(_ASSET)
    if asset.status is not AssetStatus.READY:
        raise InvalidInput("asset.not_ready", _ASSET)
    await _put_forward(tx, gallery, asset_id)


async def set_avatar(tx: AsyncSession, user_id: UUID, asset_id: UUID | None) -> None:
    """Let a picture stand for its user, and hang it into the user's gallery if it is in none; or let none do so.

    Raises:
        NotFound: the user has no such picture.
        InvalidInput: it is not READY, not for everybody, or in the gallery of something else.
        Restricted: moderation keeps the user from publishing, and there is a picture.
    """
    path = ("input", "avatarAssetId")
    gallery = await lock(tx, user_id, Owner(OwnerKind.USER, user_id))
    if asset_id is None:
        if await _primary(tx, gallery):
            await _stand_for(tx, gallery, None)
            _changed(tx, gallery, MediaChange.PRIMARY_SET, None)
        return
    await restrictions.check(tx, user_id, Activity.PUBLISH)
    owned = select(MediaAsset).where(col(MediaAsset.id) == asset_id, col(MediaAsset.owner_id) == user_id)
    asset = (await tx.execute(owned.with_for_update(key_share=True))).scalar_one_or_none()
    if asset is None:
        raise NotFound(path)
    if asset.status is not AssetStatus.READY:
        raise InvalidInput("asset.not_ready", path)
    if asset.content_level is not ContentLevel.GENERAL:
        raise InvalidInput("avatar.not_general", path)
    if asset.gallery_id not in {None, gallery.id}:
        raise InvalidInput("gallery.elsewhere", path)
    if asset.gallery_id is None:
        asset.gallery_id, asset.position = gallery.id, await next_position(tx, gallery)
        await welcome(tx, gallery, asset, MediaChange.ADDED)
    await _put_forward(tx, gallery, asset_id)


async def reorder(
    tx: AsyncSession, user_id: UUID, owner: Owner, asset_ids: Sequence[UUID], expected_version: int
) -> None:
    """Put pictures of a gallery first, in the order given; all others follow in the order that they had.

    Raises:
        NotFound: the owner is not the user's, or its gallery has no such picture that is READY.
        InvalidInput: no picture, too many, or one twice.
        VersionConflict: the gallery has changed since ``expected_version``.
    """
    path = ("input", "ids")
    if not asset_ids:
        raise InvalidInput("order.empty", path)
    if len(asset_ids) > MAXIMUM_ORDER:
        raise InvalidInput("order.too_long", path, maximum=MAXIMUM_ORDER)
    if len(set(asset_ids)) < len(asset_ids):
        raise InvalidInput("order.repeated", path)
    gallery = await lock(tx, user_id, owner)
    present = await _order(tx, gallery)
    known = set(present)
    for index, asset_id in enumerate(asset_ids):
        if asset_id not in known:
            raise NotFound((*path, str(index)))
    if gallery.version != expected_version:
        raise VersionConflict(gallery.version, present[:MAXIMUM_ORDER])
    named = set(asset_ids)
    wanted = [*asset_ids, *(each for each in present if each not in named)]
    if wanted == present:
        return
    others = and_(col(MediaAsset.gallery_id) == gallery.id, col(MediaAsset.status) != AssetStatus.READY)
    await tx.execute(update(MediaAsset).where(others).values(position=col(MediaAsset.position) + len(wanted)))
    place = func.unnest(literal(wanted, ARRAY(Uuid))).table_valued("id", with_ordinality="number").render_derived()
    ordered = update(MediaAsset).where(col(MediaAsset.id) == place.c.id)
    await tx.execute(ordered.values(position=place.c.number - 1))
    _changed(tx, gallery, MediaChange.REORDERED, None)


def describe(tx: AsyncSession, gallery: Gallery, asset_id: UUID) -> None:
    """Say that what is told of a picture of a locked gallery has changed."""
    _changed(tx, gallery, MediaChange.DESCRIBED, asset_id)


async def make_room(tx: AsyncSession, gallery: Gallery, position: int) -> None:
    """Free a place in a locked gallery: what stands there, or behind, moves on by one."""
    behind = and_(col(MediaAsset.gallery_id) == gallery.id, col(MediaAsset.position) >= position)
    await tx.execute(update(MediaAsset).where(behind).values(position=col(MediaAsset.position) + 1))


async def clear(tx: AsyncSession, gallery: Gallery) -> None:
    """Take all pictures out of a locked gallery of no user; they stay, as their owner's."""
    freed = {"gallery_id": None, "is_primary": False, "position": 0}
    await tx.execute(update(MediaAsset).where(col(MediaAsset.gallery_id) == gallery.id).values(freed))
    gallery.image_count = 0
    _changed(tx, gallery, MediaChange.REMOVED, None)


async def set_hidden(tx: AsyncSession, gallery_id: UUID, *, on: bool) -> bool:
    """Take a gallery with its owner out of sight of all but its user and moderators, or not.

    Returns whether it is there. Done again, it changes nothing.
    """
    gallery = await locked(tx, gallery_id)
    if gallery and (gallery.hidden_at is not None) is not on:
        gallery.hidden_at = now() if on else None
    return gallery is not None


async def audiences(tx: AsyncSession, ids: Collection[UUID]) -> dict[UUID, tuple[OwnerKind, UUID, Visibility]]:
    """Return of galleries what their owners are, whose they are, and who may see them; a user's is always there.

    What moderation has hidden is PRIVATE.
    """
    shown = case((col(Gallery.hidden_at).is_(None), col(Gallery.visibility)), else_=Visibility.PRIVATE)
    columns = col(Gallery.id), col(Gallery.kind), col(Gallery.user_id), shown
    query = select(*columns).where(col(Gallery.id).in_(list(ids)), col(Gallery.deleted_at).is_(None))
    found = {key: (kind, user, visibility) for key, kind, user, visibility in await tx.execute(query)}
    users = (await tx.execute(select(col(User.id)).where(col(User.id).in_(list(ids))))).scalars()
    return {key: (OwnerKind.USER, key, Visibility.PUBLIC) for key in users} | found


async def owner_of(tx: AsyncSession, asset_id: UUID) -> Owner | None:
    """Return the owner of the gallery that a picture is in, deleted or not; None where it is in none."""
    query = select(col(Gallery.kind), col(Gallery.id)).join(MediaAsset, col(MediaAsset.gallery_id) == col(Gallery.id))
    found = (await tx.execute(query.where(col(MediaAsset.id) == asset_id))).one_or_none()
    return Owner(*found) if found else None


def owner_id_of(asset: Row, viewer_id: Value) -> ColumnElement[str]:
    """Return the global id of the owner whose gallery an asset is in, where the viewer may see it."""
    word = case({kind.value: word for kind, word in WORDS.items()}, value=cast(col(Gallery.kind), Text))
    text = word + "_" + func.replace(cast(col(Gallery.id), Text), "-", "")
    found = select(text).where(col(Gallery.id) == asset.gallery_id, visible_to(Gallery, viewer_id))
    return found.scalar_subquery()


def visible_to(owner: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which owners of galleries somebody may see: all but other people's private ones.

    None of people that one of both has blocked, and none that moderation has hidden.
    """
    shown = and_(owner.visibility != Visibility.PRIVATE, owner.hidden_at.is_(None), seen(owner.user_id, viewer_id))
    return or_(shown, owner.user_id == viewer_id)


def count_of(user: Row) -> ColumnElement[int]:
    """Return how many pictures a user's gallery has, which need not be there."""
    count = select(col(Gallery.image_count)).where(col(Gallery.id) == user.id).scalar_subquery()
    return func.coalesce(count, 0)


def version_of(user: Row) -> ColumnElement[int]:
    """Return the version of a user's gallery, which need not be there."""
    version = select(col(Gallery.version)).where(col(Gallery.id) == user.id).scalar_subquery()
    return func.coalesce(version, 0)


async def _open_own(tx: AsyncSession, user_id: UUID, owner: Owner) -> None:
    """Give a user a gallery, the first time that they need one."""
    if owner == Owner(OwnerKind.USER, user_id):
        mine = Gallery(id=user_id, user_id=user_id, kind=OwnerKind.USER)
        await tx.execute(insert(Gallery).values(mine.model_dump()).on_conflict_do_nothing())


async def _put_forward(tx: AsyncSession, gallery: Gallery, asset_id: UUID) -> None:
    if await _primary(tx, gallery) != asset_id:
        await _stand_for(tx, gallery, asset_id)
        _changed(tx, gallery, MediaChange.PRIMARY_SET, asset_id)


async def _primary(tx: AsyncSession, gallery: Gallery) -> UUID | None:
    query = select(col(MediaAsset.id)).where(col(MediaAsset.gallery_id) == gallery.id, col(MediaAsset.is_primary))
    return (await tx.execute(query)).scalar_one_or_none()


async def _stand_for(tx: AsyncSession, gallery: Gallery, asset_id: UUID | None) -> None:
    """Let a READY picture, or none, stand for a locked gallery: a user's avatar is that, if everybody may see it."""
    was = and_(col(MediaAsset.gallery_id) == gallery.id, col(MediaAsset.is_primary))
    await tx.execute(update(MediaAsset).where(was).values(is_primary=False))
    if asset_id:
        await tx.execute(update(MediaAsset).where(col(MediaAsset.id) == asset_id).values(is_primary=True))
    if gallery.kind is OwnerKind.USER:
        shown = select(col(MediaAsset.id)).where(
            col(MediaAsset.id) == asset_id, col(MediaAsset.content_level) == ContentLevel.GENERAL
        )
        avatar = update(User).where(col(User.id) == gallery.user_id).values(avatar_asset_id=shown.scalar_subquery())
        await tx.execute(avatar)


async def _order(tx: AsyncSession, gallery: Gallery, limit: int | None = None) -> list[UUID]:
    """Return the READY pictures of a locked gallery, in order."""
    query = select(col(MediaAsset.id)).where(media.hangs_in(MediaAsset, gallery)).limit(limit)
    return list((await tx.execute(query.order_by(col(MediaAsset.position), col(MediaAsset.id)))).scalars())


def _changed(tx: AsyncSession, gallery: Gallery, change: MediaChange, asset_id: UUID | None) -> None:
    gallery.version += 1
    data = {"change": change, "asset": str(asset_id) if asset_id else None}
    outbox.publish(tx, streams.of_media(gallery.id), "changed", data)
