"""What can be reported, as data: where each kind of thing is kept, whose it is, and who may report it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, select
from sqlmodel import SQLModel, col

from db.tables import Artwork, Collection, Comment, Gallery, MediaAsset, User
from db.words import OwnerKind
from db.words_moderation import SubjectKind
from domain import artworks, collections, comments, galleries, media, sight

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Value
    from domain.sight import Sight


@dataclass(frozen=True, slots=True)
class Subject:
    """One thing that is reported."""

    kind: SubjectKind
    id: UUID
    owner_id: UUID
    """Whose it is."""


@dataclass(frozen=True, slots=True)
class _Kind:
    word: str
    table: type[SQLModel]
    owner: Any
    visible_to: Callable[[Value, Sight], ColumnElement[bool]]


def _entity(kind: OwnerKind) -> _Kind:
    """Return an owner entity, which is kept with its gallery."""
    living = and_(col(Gallery.kind) == kind, col(Gallery.deleted_at).is_(None))
    return _Kind(
        galleries.WORDS[kind], Gallery, Gallery.user_id, lambda *who: living & galleries.visible_to(Gallery, *who)
    )


_KINDS: Final[Mapping[SubjectKind, _Kind]] = {
    SubjectKind.ARTWORK: _Kind("artwork", Artwork, Artwork.author_id, lambda *who: artworks.visible_to(Artwork, *who)),
    SubjectKind.COMMENT: _Kind("comment", Comment, Comment.author_id, lambda *who: comments.visible_to(Comment, *who)),
    SubjectKind.PICTURE: _Kind(
        "asset", MediaAsset, MediaAsset.owner_id, lambda *who: media.visible_to(MediaAsset, *who)
    ),
    SubjectKind.USER: _Kind("user", User, User.id, lambda who, seen: seen(col(User.id), who)),
    SubjectKind.COLLECTION: _Kind(
        "collection", Collection, Collection.user_id, lambda *who: collections.visible_to(Collection, *who)
    ),
    SubjectKind.CHARACTER: _entity(OwnerKind.CHARACTER),
    SubjectKind.STORY: _entity(OwnerKind.STORY),
    SubjectKind.ORIG_CHAT: _entity(OwnerKind.ORIG_CHAT),
}
KINDS: Final[Mapping[str, SubjectKind]] = {kind.word: name for name, kind in _KINDS.items()}
"""By what global ids begin with."""


async def reportable(tx: AsyncSession, kind: SubjectKind, key: UUID, viewer_id: UUID) -> Subject | None:
    """Return a thing that somebody may see, or has only put out of their own sight by blocking; None for all others."""
    known = _KINDS[kind]
    query = select(known.owner).where(known.table.id == key, known.visible_to(viewer_id, sight.not_blocked))  # type: ignore[attr-defined]
    owner_id = (await tx.execute(query)).scalar_one_or_none()
    return Subject(kind, key, owner_id) if owner_id else None
