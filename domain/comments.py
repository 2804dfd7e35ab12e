"""Comments: threads under artworks, who may write and see them, and what their authors and those of artworks may do.

Threads are flat: a reply knows the comment that began its thread and the one that it answers, so that nothing is ever
as deep as a quarrel is long. Whoever changes the comments of an artwork locks its row first: what is answered is then
not deleted at the same time, and no count is lost.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, func, not_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from db import outbox
from db.tables import Artwork, Comment, CommentMention
from db.tables.columns import now
from db.words_moderation import Activity
from domain import (
    artworks,
    comment_notes,
    counters,
    idempotency,
    mentions,
    recommendations,
    restrictions,
    sight,
    streams,
)
from domain.bounds import INPUT
from domain.errors import CommentsLocked, InvalidInput, NotFound
from domain.texts import clean
from domain.words import ArtworkChange

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.attempts import Stair
    from domain.clauses import Row, Value
    from domain.sight import Sight

_OPERATION: Final = "addComment"
MAXIMUM_LENGTH: Final = 2_000
MAXIMUM_PINNED: Final = 3
PER_USER: Final[Sequence[Stair]] = ((20, timedelta(minutes=1)), (200, timedelta(hours=1)))
"""Comments that one user writes or rewrites."""


def cleaned(text: str) -> str:
    """Return a comment's text in NFC without surrounding white space.

    Raises:
        InvalidInput: it has nothing visible, more than 2,000 characters, or characters that are not text.
    """
    return clean(text, (*INPUT, "text"), maximum=MAXIMUM_LENGTH)


def visible_to(comment: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which comments somebody may see: those of artworks and of people that they may."""
    artwork = select(col(Artwork.id)).where(
        col(Artwork.id) == comment.artwork_id, artworks.visible_to(Artwork, viewer_id, seen)
    )
    return and_(artwork.exists(), is_in_sight(comment, viewer_id, seen))


def is_in_sight(comment: Row, viewer_id: Value, seen: Sight = sight.in_sight) -> ColumnElement[bool]:
    """Return the clause that says which comments of an artwork somebody may see who may see that; all stubs.

    Of those that moderation has hidden, only their own.
    """
    shown = or_(comment.hidden_at.is_(None), comment.author_id == viewer_id)
    return or_(comment.author_id.is_(None), and_(shown, seen(comment.author_id, viewer_id)))


def is_listed(comment: Row, artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments began the threads of an artwork that somebody may see."""
    return and_(comment.artwork_id == artwork.id, comment.root_id.is_(None), is_in_sight(comment, viewer_id))


def is_pinned(comment: Row, artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments the author of an artwork has pinned."""
    return and_(comment.artwork_id == artwork.id, comment.pinned_at.is_not(None), is_in_sight(comment, viewer_id))


def is_reply_in(reply: Row, comment: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments are replies in the thread that a comment began."""
    return and_(reply.root_id == comment.id, is_in_sight(reply, viewer_id))


def is_open_to(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says on which artworks somebody who sees them may comment; on none who is a stranger."""
    return and_(viewer_id.is_not(None), or_(not_(artwork.are_comments_locked), artwork.author_id == viewer_id))


def is_editable_by(comment: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments somebody has written."""
    return and_(comment.author_id.is_not(None), comment.author_id.is_not_distinct_from(viewer_id))


def is_deletable_by(comment: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which comments somebody may delete: their own, and those of their artworks."""
    owned = select(col(Artwork.id)).where(col(Artwork.id) == comment.artwork_id, col(Artwork.author_id) == viewer_id)
    return and_(comment.author_id.is_not(None), or_(comment.author_id.is_not_distinct_from(viewer_id), owned.exists()))


async def add(tx: AsyncSession, author_id: UUID, artwork_id: UUID, text: str, reply_to: UUID | None, key: str) -> UUID:
    """Write a comment under an artwork, or a reply to one; return its key. The same request again returns the first.

    Args:
        tx: the transaction.
        author_id: who writes.
        artwork_id: under which artwork.
        text: what they write, ``cleaned``.
        reply_to: the comment of the same artwork that is answered.
        key: the idempotency key, which was checked.

    Raises:
        NotFound: there is no such artwork or comment that the author may see.
        CommentsLocked: nobody but the artwork's author may comment.
        IdempotencyConflict: the key was used for another request.
        Restricted: moderation keeps the author from commenting.
    """
    comment = Comment(artwork_id=artwork_id, author_id=author_id, text=text)
    asked = (artwork_id, text, reply_to)
    first = await idempotency.claim(tx, author_id, key, operation=_OPERATION, request=asked, subject_id=comment.id)
    if first:
        return first
    await restrictions.check(tx, author_id, Activity.COMMENT)
    artwork = await _lock_open(tx, author_id, artwork_id)
    if reply_to:
        parent = await _written(tx, author_id, artwork_id, reply_to, (*INPUT, "replyTo"))
        comment.parent_id, comment.root_id = parent.id, parent.root_id or parent.id
    comment.created_at = now()  # with the artwork locked: none that is seen later stands before it
    tx.add(comment)
    await tx.flush()
    await _mention(tx, comment, artwork)
    await _put_in(tx, comment, artwork)
    await recommendations.stir(tx, author_id)
    return comment.id


async def first_of(
    tx: AsyncSession, author_id: UUID, artwork_id: UUID, text: str, reply_to: UUID | None, key: str
) -> UUID | None:
    """Return what the same ``add`` wrote the first time, None where this is the first time.

    Raises:
        IdempotencyConflict: the key was used for another request.
    """
    asked = (artwork_id, text, reply_to)
    return await idempotency.first_of(tx, author_id, key, operation=_OPERATION, request=asked)


async def root_of(tx: AsyncSession, comment_id: UUID) -> UUID | None:
    """Return the comment that began the thread of a reply; None of one that began it, or is gone."""
    return (await tx.execute(select(col(Comment.root_id)).where(col(Comment.id) == comment_id))).scalar_one_or_none()


async def edit(tx: AsyncSession, author_id: UUID, comment_id: UUID, text: str) -> None:
    """Write one's own comment anew, ``text`` being ``cleaned``. The same text again changes nothing.

    Raises:
        NotFound: the author has no such comment, or may not see its artwork, or whom it answers, any more.
        CommentsLocked: nobody but the artwork's author may comment.
        Restricted: moderation keeps the author from commenting.
    """
    path = (*INPUT, "commentId")
    await restrictions.check(tx, author_id, Activity.COMMENT)
    artwork = await _lock_open(tx, author_id, await _artwork_of(tx, comment_id), path)
    comment = await _current(tx, comment_id)
    if comment is None or comment.author_id != author_id:
        raise NotFound(path)
    if comment.parent_id and not await _is_seen(tx, comment.parent_id, author_id):
        raise NotFound(path)
    if comment.text == text:
        return
    comment.text, comment.edited_at = text, now()
    before = await comment_notes.notes_of(tx, comment, artwork)
    await _forget_mentions(tx, comment.id)
    await _mention(tx, comment, artwork)
    if comment.hidden_at is None:
        comment_notes.change(tx, before, await comment_notes.notes_of(tx, comment, artwork))
        _tell(tx, ArtworkChange.COMMENT_EDITED, comment)


async def remove(tx: AsyncSession, user_id: UUID, comment_id: UUID) -> UUID:
    """Delete one's own comment, or one under one's own artwork; return the key of the artwork.

    One that was answered stays as a stub, without text and author, until the last answer is gone.

    Raises:
        NotFound: there is no such comment, or somebody else's under somebody else's artwork.
    """
    path = (*INPUT, "commentId")
    artwork = await _lock(tx, await _artwork_of(tx, comment_id))
    comment = await _current(tx, comment_id)
    if artwork is None or comment is None or comment.author_id is None:
        raise NotFound(path)
    if user_id not in {comment.author_id, artwork.author_id}:
        raise NotFound(path)
    if comment.hidden_at is None:
        await _take_out(tx, comment, artwork)
    if await _is_answered(tx, comment.id):
        await _forget_mentions(tx, comment.id)
        comment.text, comment.author_id = "", None
        comment.deleted_at, comment.edited_at, comment.pinned_at, comment.hidden_at = now(), None, None, None
    else:
        await _remove_with_stubs(tx, comment)
    return artwork.id


async def pin(tx: AsyncSession, user_id: UUID, comment_id: UUID, *, on: bool) -> UUID:
    """Let a comment that began a thread stand above the others of one's own artwork, or no more; return the artwork.

    Raises:
        NotFound: there is no such comment under an artwork of the user's that they may see.
        InvalidInput: it is a reply, or as many are pinned as can be.
    """
    path = (*INPUT, "commentId")
    artwork = await _lock(tx, await _artwork_of(tx, comment_id))
    if artwork is None or artwork.author_id != user_id:
        raise NotFound(path)
    comment = await _written(tx, user_id, artwork.id, comment_id, path)
    if comment.root_id:
        raise InvalidInput("comment.pinned_reply", path)
    if on is (comment.pinned_at is not None):
        return artwork.id
    if on:
        pinned = select(func.count()).where(is_pinned(Comment, artwork, user_id))
        if (await tx.execute(pinned)).scalar_one() >= MAXIMUM_PINNED:
            raise InvalidInput("comments.pinned", path, maximum=MAXIMUM_PINNED)
    comment.pinned_at = now() if on else None
    _tell(tx, ArtworkChange.COMMENT_PINNED if on else ArtworkChange.COMMENT_UNPINNED, comment)
    return artwork.id


async def set_locked(tx: AsyncSession, user_id: UUID, artwork_id: UUID, *, on: bool) -> None:
    """Let nobody but oneself comment on one's own artwork, or everybody again.

    Raises:
        NotFound: the user has no such artwork.
    """
    artwork = await _lock(tx, artwork_id)
    if artwork is None or artwork.author_id != user_id:
        raise NotFound((*INPUT, "artworkId"))
    if artwork.are_comments_locked is not on:
        artwork.are_comments_locked = on
        change = ArtworkChange.COMMENTS_LOCKED if on else ArtworkChange.COMMENTS_UNLOCKED
        outbox.publish(tx, streams.of_artwork(artwork.id), change, {})


async def hide(tx: AsyncSession, comment_id: UUID) -> bool:
    """Take a comment out of sight of all but its author and moderators; return whether it is there.

    Done again, it changes nothing.
    """
    comment, artwork = await _locked(tx, comment_id)
    if comment and artwork and comment.hidden_at is None:
        comment.hidden_at = now()
        await _take_out(tx, comment, artwork)
    return comment is not None


async def show(tx: AsyncSession, comment_id: UUID) -> None:
    """Let a comment that was hidden be seen again. Done again, it changes nothing."""
    comment, artwork = await _locked(tx, comment_id)
    if comment and artwork and comment.hidden_at is not None:
        comment.hidden_at = None
        await _put_in(tx, comment, artwork)


async def _locked(tx: AsyncSession, comment_id: UUID) -> tuple[Comment | None, Artwork | None]:
    """Return a comment that is not deleted, and its artwork, which is locked."""
    artwork = await _lock(tx, await _artwork_of(tx, comment_id))
    comment = await _current(tx, comment_id) if artwork else None
    return (comment if comment and comment.author_id else None), artwork


async def _put_in(tx: AsyncSession, comment: Comment, artwork: Artwork) -> None:
    """Count a comment that others see from now on, and tell of it."""
    comment_notes.change(tx, {}, await comment_notes.notes_of(tx, comment, artwork))
    await _count(tx, comment, 1)
    _tell(tx, ArtworkChange.COMMENT_ADDED, comment)


async def _take_out(tx: AsyncSession, comment: Comment, artwork: Artwork) -> None:
    """Count a comment no more that others see no more, take back what was noted of it, and tell watchers."""
    comment_notes.change(tx, await comment_notes.notes_of(tx, comment, artwork), {})
    await _count(tx, comment, -1)
    _tell(tx, ArtworkChange.COMMENT_DELETED, comment)


async def _artwork_of(tx: AsyncSession, comment_id: UUID) -> UUID | None:
    found = await tx.execute(select(col(Comment.artwork_id)).where(col(Comment.id) == comment_id))
    return found.scalar_one_or_none()


async def _lock(tx: AsyncSession, artwork_id: UUID | None) -> Artwork | None:
    """Return an artwork whose comments nobody else changes until the transaction ends; rows may point to it.

    None where there is none, or it is deleted: its comments are about to go.
    """
    there = select(Artwork).where(col(Artwork.id) == artwork_id, col(Artwork.deleted_at).is_(None))
    locked = there.with_for_update(key_share=True).execution_options(populate_existing=True)
    return (await tx.execute(locked)).scalar_one_or_none()


async def _lock_open(
    tx: AsyncSession, user_id: UUID, artwork_id: UUID | None, path: Sequence[str] = (*INPUT, "artworkId")
) -> Artwork:
    """Lock an artwork that the user may see and comment on."""
    artwork = await _lock(tx, artwork_id)
    if artwork is None or not await artworks.is_visible(tx, artwork.id, user_id):
        raise NotFound(path)
    if artwork.are_comments_locked and artwork.author_id != user_id:
        raise CommentsLocked(path)
    return artwork


async def _current(tx: AsyncSession, comment_id: UUID) -> Comment | None:
    return await tx.get(Comment, comment_id, populate_existing=True)


async def _written(tx: AsyncSession, user_id: UUID, artwork_id: UUID, comment_id: UUID, path: Sequence[str]) -> Comment:
    """Return a comment of a locked artwork that is not deleted, and in the user's sight."""
    query = select(Comment).where(
        col(Comment.id) == comment_id,
        col(Comment.artwork_id) == artwork_id,
        col(Comment.author_id).is_not(None),
        is_in_sight(Comment, user_id),
    )
    found = (await tx.execute(query.execution_options(populate_existing=True))).scalar_one_or_none()
    if found is None:
        raise NotFound(path)
    return found


async def _is_seen(tx: AsyncSession, comment_id: UUID, user_id: UUID) -> bool:
    """Return whether a user may see a comment whose artwork they see; a stub, too."""
    seen = select(col(Comment.id)).where(col(Comment.id) == comment_id, is_in_sight(Comment, user_id))
    return (await tx.execute(seen)).first() is not None


async def _mention(tx: AsyncSession, comment: Comment, artwork: Artwork) -> None:
    assert comment.author_id, "nobody rewrites a stub"
    found = await mentions.find(tx, comment.text, comment.author_id, artwork)
    tx.add_all(
        CommentMention(comment_id=comment.id, offset=each.offset, length=each.length, user_id=each.user_id)
        for each in found
    )


async def _forget_mentions(tx: AsyncSession, comment_id: UUID) -> None:
    await tx.execute(delete(CommentMention).where(col(CommentMention.comment_id) == comment_id))


async def _count(tx: AsyncSession, comment: Comment, by: int) -> None:
    await counters.change(tx, counters.ARTWORK_COMMENTS, {comment.artwork_id: by})
    if comment.root_id:
        await counters.change(tx, counters.THREAD_REPLIES, {comment.root_id: by})


async def _is_answered(tx: AsyncSession, comment_id: UUID) -> bool:
    answer = select(col(Comment.id)).where(col(Comment.parent_id) == comment_id).limit(1)
    return (await tx.execute(answer)).scalar_one_or_none() is not None


async def _remove_with_stubs(tx: AsyncSession, comment: Comment) -> None:
    """Delete a comment that nobody answered, and the stubs that were there for its sake alone."""
    first = select(col(Comment.id), col(Comment.parent_id)).where(col(Comment.id) == comment.id)
    gone = first.cte("gone", recursive=True)
    answer = aliased(Comment)
    answered = select(col(answer.id)).where(col(answer.parent_id) == col(Comment.id), col(answer.id) != gone.c.id)
    stubs = (
        select(col(Comment.id), col(Comment.parent_id))
        .join(gone, gone.c.parent_id == col(Comment.id))
        .where(col(Comment.deleted_at).is_not(None), ~answered.exists())
    )
    gone = gone.union_all(stubs)
    await tx.execute(delete(Comment).where(col(Comment.id).in_(select(gone.c.id))))


def _tell(tx: AsyncSession, change: ArtworkChange, comment: Comment) -> None:
    outbox.publish(tx, streams.of_artwork(comment.artwork_id), change, {"comment": str(comment.id)})
