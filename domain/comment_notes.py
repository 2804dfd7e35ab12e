"""Who is notified of a comment: each of those whom it concerns once, of what concerns them most."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlmodel import col

from db.tables import Comment, CommentMention
from db.words import NotificationKind
from domain import notifications
from domain.notifications import Note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.tables import Artwork


async def notes_of(tx: AsyncSession, comment: Comment, artwork: Artwork) -> dict[UUID, Note]:
    """Return of what each person is notified by a comment as it is written.

    That it answers their own comment, or else that they are named in it, or else that it is under their artwork.
    """
    actor, item = comment.author_id, comment.id
    notes = {artwork.author_id: Note(NotificationKind.COMMENT, artwork.author_id, artwork.id, actor, item)}
    named = select(col(CommentMention.user_id)).where(col(CommentMention.comment_id) == comment.id)
    for user_id in (await tx.execute(named.distinct())).scalars():
        notes[user_id] = Note(NotificationKind.MENTION, user_id, artwork.id, actor, item)
    if comment.parent_id:
        answered = select(col(Comment.author_id)).where(col(Comment.id) == comment.parent_id)
        parent_author_id = (await tx.execute(answered)).scalar_one_or_none()
        if parent_author_id:
            notes[parent_author_id] = Note(NotificationKind.REPLY, parent_author_id, comment.parent_id, actor, item)
    return notes


def change(tx: AsyncSession, before: Mapping[UUID, Note], after: Mapping[UUID, Note]) -> None:
    """Note what a comment says now and did not say before, and take back what it says no more."""
    for user_id in sorted(before.keys() | after.keys()):
        old, new = before.get(user_id), after.get(user_id)
        if old != new:
            if old:
                notifications.withdraw(tx, old)
            if new:
                notifications.note(tx, new)
