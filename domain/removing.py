"""Removing artworks that their authors have deleted: piece by piece, so that no transaction is long."""

from __future__ import annotations

from collections import Counter
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
    if max(len(kinds), await _remove_comments(tx, artwork)) < AT_ONCE:
        await tx.delete(artwork)
    return True


async def _remove_comments(tx: AsyncSession, artwork: Artwork) -> int:
    """Remove the newest comments of an artwork, so that none goes before its answers; return how many."""
    newest_first = col(Comment.created_at).desc(), col(Comment.id).desc()
    some = select(col(Comment.id)).where(col(Comment.artwork_id) == artwork.id).order_by(*newest_first).limit(AT_ONCE)
    removed = delete(Comment).where(col(Comment.id).in_(some))
    gone = (await tx.execute(removed.returning(col(Comment.id), col(Comment.root_id), counters.SHOWN))).all()
    keys = {key for key, *_ in gone}
    threads = Counter(root_id for _, root_id, counts in gone if counts and root_id and root_id not in keys)
    await counters.change(tx, counters.ARTWORK_COMMENTS, {artwork.id: -sum(counts for *_, counts in gone)})
    await counters.change(tx, counters.THREAD_REPLIES, {root_id: -number for root_id, number in threads.items()})
    return len(gone)
