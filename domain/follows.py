"""Following people and tags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Follow, HiddenTag, Tag, TagFollow
from db.words import NotificationKind
from domain import counters, notifications, quotas, recommendations, sight
from domain.bounds import INPUT
from domain.clauses import there_is
from domain.errors import InvalidInput, NotFound
from domain.notifications import Note

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path
    from domain.clauses import Row, Value

TARGET: Final[Path] = (*INPUT, "target")
MAXIMUM_FOLLOWED: Final = 10_000
"""People whom one user follows: their feed stays fast, which looks through what the followed have."""
MAXIMUM_TAGS: Final = 1_000
"""Tags that one user follows."""


async def set_user(tx: AsyncSession, user_id: UUID, followed_id: UUID, *, on: bool) -> None:
    """Let a user follow another one, or no more. Done again, it changes nothing.

    Raises:
        InvalidInput: they are the same, or the user follows as many as they may.
        NotFound: there is no such user in sight.
    """
    if user_id == followed_id:
        raise InvalidInput("follow.oneself", TARGET)
    await sight.lock_pair(tx, user_id, followed_id)
    await sight.require_user(tx, user_id, followed_id, TARGET)
    if not on:
        await end(tx, user_id, followed_id)
        return
    await quotas.take_turn(tx, user_id)
    added = insert(Follow).values(Follow(follower_id=user_id, followee_id=followed_id).model_dump())
    if (await tx.execute(added.on_conflict_do_nothing().returning(col(Follow.followee_id)))).first():
        mine = col(Follow.follower_id) == user_id
        await quotas.require_within(tx, MAXIMUM_FOLLOWED, "follows.too_many", TARGET, mine)
        await _count(tx, user_id, followed_id, 1)
        notifications.note(tx, _note(user_id, followed_id))


async def end(tx: AsyncSession, user_id: UUID, followed_id: UUID) -> None:
    """Let a user follow another one no more, if they do."""
    pair = col(Follow.follower_id) == user_id, col(Follow.followee_id) == followed_id
    if (await tx.execute(delete(Follow).where(*pair).returning(col(Follow.followee_id)))).first():
        await _count(tx, user_id, followed_id, -1)
        notifications.withdraw(tx, _note(user_id, followed_id))


async def set_tag(tx: AsyncSession, user_id: UUID, tag_id: UUID, *, on: bool) -> None:
    """Let a user follow a tag, or no more. Done again, it changes nothing.

    Raises:
        NotFound: there is no such tag.
        InvalidInput: the user follows as many as they may.
    """
    shown = select(col(Tag.id)).where(col(Tag.id) == tag_id, tag_visible_to(Tag, user_id))
    if (await tx.execute(shown)).first() is None:
        raise NotFound(TARGET)
    if on:
        await quotas.take_turn(tx, user_id)
        added = insert(TagFollow).values(TagFollow(user_id=user_id, tag_id=tag_id).model_dump())
        changed = await tx.execute(added.on_conflict_do_nothing().returning(col(TagFollow.tag_id)))
        mine = col(TagFollow.user_id) == user_id
        await quotas.require_within(tx, MAXIMUM_TAGS, "tag_follows.too_many", TARGET, mine)
    else:
        pair = col(TagFollow.user_id) == user_id, col(TagFollow.tag_id) == tag_id
        changed = await tx.execute(delete(TagFollow).where(*pair).returning(col(TagFollow.tag_id)))
    if changed.first():
        await counters.change(tx, counters.TAG_FOLLOWERS, {tag_id: 1 if on else -1})
        if on:
            await recommendations.stir(tx, user_id)


def tag_visible_to(tag: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says of which tags somebody may know: those of public artworks, and their own choice.

    A tag of nothing but private artworks would tell that there are some.
    """
    return or_(tag.artwork_count > 0, follows_tag(tag, viewer_id), hides_tag(tag, viewer_id))


def follows_tag(tag: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody follows a tag."""
    follow = select(col(TagFollow.tag_id))
    return there_is(follow.where(col(TagFollow.tag_id) == tag.id, col(TagFollow.user_id) == viewer_id))


def hides_tag(tag: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody hides a tag."""
    hidden = select(col(HiddenTag.tag_id))
    return there_is(hidden.where(col(HiddenTag.tag_id) == tag.id, col(HiddenTag.user_id) == viewer_id))


def _note(user_id: UUID, followed_id: UUID) -> Note:
    return Note(NotificationKind.FOLLOW, followed_id, followed_id, user_id)


async def _count(tx: AsyncSession, user_id: UUID, followed_id: UUID, delta: int) -> None:
    await counters.change(tx, counters.USER_FOLLOWERS, {followed_id: delta})
    await counters.change(tx, counters.USER_FOLLOWING, {user_id: delta})
