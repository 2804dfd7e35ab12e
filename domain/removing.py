"""Removing artworks that their authors have deleted: piece by piece, so that no transaction is long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlmodel import col

from db.tables import Artwork, Comment, Reaction
from db.words import ReactionKind
from domain import counters

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

AT_ONCE: Final = 2_000
"""Likes, and comments, that one transaction removes."""


async def remove_some(tx: AsyncSession) -> bool:
    """Remove what belongs to the artwork that was deleted first, then itself; return whether there was anything."""
    first = select(Artwork).where(col(Artwork.deleted_at).is_not(None)).order_by(col(Artwork.deleted_at)).limit(1)
    artwork = (await tx.execute(first.with_for_update(skip_locked=True))).scalar_one_or_none()
    if artwork is None:
        return False
    some = select(col(Reaction.user_id)).where(col(Reaction.artwork_id) == artwork.id).limit(AT_ONCE)
    likes = delete(Reaction).where(col(Reaction.artwork_id) == artwork.id, col(Reaction.user_id).in_(some))
    kinds = (await tx.execute(likes.returning(col(Reaction.kind)))).scalars().all()
    await counters.change(tx, counters.ARTWORK_LIKES, {artwork.id: -kinds.count(ReactionKind.LIKE)})
    some_said = select(col(Comment.id)).where(col(Comment.artwork_id) == artwork.id).limit(AT_ONCE)
    comments = delete(Comment).where(col(Comment.id).in_(some_said)).returning(col(Comment.id))
    said = (await tx.execute(comments)).all()
    if max(len(kinds), len(said)) < AT_ONCE:
        await tx.delete(artwork)
    return True
