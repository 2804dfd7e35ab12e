"""Characters, stories and original chats: the things that galleries belong to, and the prompts that they suggest."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

from sqlalchemy import Uuid, and_, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col
from uuid_utils.compat import uuid7

from db.tables import Gallery, MediaAsset, OwnerEntity, User
from db.tables.columns import now
from db.words import ContentLevel, OwnerKind, Visibility
from domain import galleries, quotas, restrictions, sight
from domain.bounds import INPUT
from domain.errors import InvalidInput, Missing
from domain.judged import require_passed
from domain.texts import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement, Subquery
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value
    from domain.galleries import Owner
    from domain.judged import Passed

MAXIMUM_OWNERS: Final = 1_000
"""Of one user, characters, stories and original chats together."""
MAXIMUM_NAME: Final = 100
MAXIMUM_TEXT: Final = 2_000
MAXIMUM_DRAFT: Final = 500
"""Characters of a prompt that is suggested, which every engine takes."""
_LIMITS: Final[Mapping[str, tuple[int, int]]] = {"name": (1, MAXIMUM_NAME)}


@dataclass(frozen=True, slots=True)
class Texts:
    """What is told of an owner entity; None leaves a text as it is, or empty where it is new."""

    name: str | None = None
    description: str | None = None
    personality: str | None = None
    tone: str | None = None
    world: str | None = None
    summary: str | None = None


def _tell(entity: OwnerEntity, texts: Texts) -> None:
    for name in (each.name for each in fields(Texts)):
        text = getattr(texts, name)
        if text is not None:
            minimum, maximum = _LIMITS.get(name, (0, MAXIMUM_TEXT))
            setattr(entity, name, clean(text, ("input", name), minimum=minimum, maximum=maximum))


def _require_passed(passed: Passed, entity: OwnerEntity, visibility: Visibility) -> None:
    """See to it that what others may read of an owner entity was judged."""
    if visibility is not Visibility.PRIVATE:
        require_passed(passed, {(*INPUT, each.name): getattr(entity, each.name) or "" for each in fields(Texts)})


async def create(
    tx: AsyncSession, user_id: UUID, kind: OwnerKind, texts: Texts, visibility: Visibility, passed: Passed = None
) -> UUID:
    """Make an owner entity with an empty gallery; return its key.

    Raises:
        InvalidInput: a text is not acceptable, or the user has too many.
        Restricted: moderation keeps the user from publishing, and others would see it.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    await restrictions.check_shown(tx, user_id, visibility)
    entity = OwnerEntity(id=uuid7(), name="")
    _tell(entity, texts)
    _require_passed(passed, entity, visibility)
    await quotas.take_turn(tx, user_id)
    if await _number_of(tx, user_id) >= MAXIMUM_OWNERS:
        raise InvalidInput("owners.too_many", ("input", "name"), maximum=MAXIMUM_OWNERS)
    tx.add(Gallery(id=entity.id, user_id=user_id, kind=kind, visibility=visibility))
    await tx.flush()
    tx.add(entity)
    return entity.id


async def update(
    tx: AsyncSession,
    user_id: UUID,
    owner: Owner,
    texts: Texts,
    visibility: Visibility | None,
    passed: Passed = None,
) -> None:
    """Change what is told of an owner entity, or who may see it.

    Raises:
        NotFound: the user has no such entity.
        InvalidInput: a text is not acceptable.
        Restricted: moderation keeps the user from publishing, and others would see it.
        Unjudged: others would read words that are not among those that the guard ``passed``.
    """
    gallery = await galleries.lock(tx, user_id, owner, ("input", "id"))
    await restrictions.check_shown(tx, user_id, visibility or gallery.visibility)
    if visibility:
        gallery.visibility = visibility
    entity = await tx.get_one(OwnerEntity, owner.id)
    _tell(entity, texts)
    _require_passed(passed, entity, gallery.visibility)
    entity.updated_at = now()


async def delete(tx: AsyncSession, user_id: UUID, owner: Owner) -> None:
    """Delete an owner entity; its pictures stay among those of its user, in no gallery.

    Raises:
        NotFound: the user has no such entity.
    """
    gallery = await galleries.lock(tx, user_id, owner, ("input", "id"))
    await galleries.clear(tx, gallery)
    gallery.deleted_at = now()
    await tx.delete(await tx.get_one(OwnerEntity, owner.id))


def entities(kind: OwnerKind) -> Subquery:
    """Return the owner entities of a kind with what their galleries say, as (id, user_id, name, …, avatar_asset_id).

    The avatar is the primary picture, if everybody may see it.
    """
    entity, gallery, primary = OwnerEntity, Gallery, aliased(MediaAsset)
    texts = (getattr(entity, each.name) for each in fields(Texts))
    shown = (
        *(col(primary.gallery_id) == col(entity.id), col(primary.is_primary)),
        col(primary.content_level) == ContentLevel.GENERAL,
    )
    return (
        select(
            *(col(entity.id), *map(col, texts), col(entity.created_at), col(entity.updated_at)),
            *(col(gallery.user_id), col(gallery.visibility), col(gallery.image_count), col(gallery.version)),
            *(col(gallery.default_preset_id), col(gallery.hidden_at)),
            type_coerce(primary.id, Uuid()).label("avatar_asset_id"),  # the plain column would be a part of the key
        )
        .join(gallery, col(gallery.id) == col(entity.id))
        .outerjoin(primary, and_(*shown))
        .where(col(gallery.kind) == kind)
        .subquery()
    )


def is_listed(entity: Row, user: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which of a user's entities are shown in lists: public ones, and one's own.

    None of people that one of both has blocked.
    """
    shown = and_(
        entity.visibility == Visibility.PUBLIC, entity.hidden_at.is_(None), sight.in_sight(entity.user_id, viewer_id)
    )
    return and_(entity.user_id == user.id, or_(shown, entity.user_id == viewer_id))


async def _number_of(tx: AsyncSession, user_id: UUID) -> int:
    living = (col(Gallery.kind) != OwnerKind.USER, col(Gallery.deleted_at).is_(None))
    counted = select(func.count()).select_from(Gallery).where(col(Gallery.user_id) == user_id, *living)
    return (await tx.execute(counted)).scalar_one()


async def words_of(tx: AsyncSession, user_id: UUID, owner: Owner) -> list[str]:
    """Return what is told of an owner, as a prompt says it: what it looks like first, then how it is, then where.

    Raises:
        Missing: the user has no such owner.
    """
    if not await galleries.is_own(tx, user_id, owner):
        raise Missing("There is no such owner, or it is not yours.")
    if owner.kind is OwnerKind.USER:
        user = await tx.get_one(User, user_id)
        return [user.display_name, user.bio]
    entity = await tx.get_one(OwnerEntity, owner.id)
    about = [entity.description, entity.personality, entity.tone, entity.world, entity.summary]
    if owner.kind is OwnerKind.STORY:
        about = [entity.description, entity.summary, entity.world, entity.personality, entity.tone]
    return [entity.name, *about]


def on_one_line(texts: Sequence[str], maximum: int = MAXIMUM_DRAFT) -> str:
    """Return texts on one line, cut at a word where they have more than ``maximum`` characters."""
    whole = ", ".join(" ".join(text.split()).rstrip(".,。") for text in texts if text.strip())
    if len(whole) <= maximum:
        return whole
    cut = whole[: maximum + 1].rpartition(" ")[0] or whole[:maximum]
    return cut.rstrip(" ,")
