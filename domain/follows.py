"""Following people and tags."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import BigInteger, Uuid, and_, any_, bindparam, delete, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Follow, HiddenTag, Tag, TagFollow, User, metadata
from db.words import NotificationKind
from domain import counters, notifications, quotas, recommendations, sight
from domain.bounds import INPUT
from domain.clauses import USERS, WHO, there_is
from domain.errors import InvalidInput, NotFound
from domain.notifications import Note

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert
    from sqlalchemy.sql.selectable import TypedReturnsRows

    from domain.bounds import Path
    from domain.clauses import Row, Value

TARGET: Final[Path] = (*INPUT, "target")
MAXIMUM_FOLLOWED: Final = 10_000
"""People whom one user follows: their feed stays fast, which looks through what the followed have."""
MAXIMUM_TAGS: Final = 1_000
"""Tags that one user follows."""
_FOLLOWED: Final = bindparam("followed", type_=Uuid())


async def set_followers(
    tx: AsyncSession, followed_id: UUID, wanted: Mapping[UUID, bool]
) -> Mapping[UUID, InvalidInput | NotFound]:
    """Let users follow another one, each as they want: or no more. Done again, it changes nothing.

    Returns what is refused, by user: they see nobody there, it is themselves, or they follow as many as they may.
    """
    await sight.lock_pairs(tx, followed_id, *wanted)
    unseen = wanted.keys() - await _found(tx, _seeing(), followed_id, wanted)
    refused: dict[UUID, InvalidInput | NotFound] = {each: NotFound(TARGET) for each in unseen}
    if followed_id in wanted:
        refused[followed_id] = InvalidInput("follow.oneself", TARGET)
    starting, ending = ({each for each, wish in wanted.items() if wish is on} - refused.keys() for on in (True, False))
    if starting:
        await quotas.take_turn(tx, *starting)  # before anything is counted: rows of users hold counts, too
        full = await _found(tx, _full(), followed_id, starting, before_last=MAXIMUM_FOLLOWED - 1)
        refused |= {each: InvalidInput("follows.too_many", TARGET, maximum=MAXIMUM_FOLLOWED) for each in full}
    added = await _found(tx, _add(), followed_id, starting - refused.keys())
    ended = await _found(tx, _remove(), followed_id, ending)
    await _note(tx, followed_id, dict.fromkeys(added, 1) | dict.fromkeys(ended, -1))
    return refused


async def end(tx: AsyncSession, user_id: UUID, followed_id: UUID) -> None:
    """Let a user follow another one no more, if they do."""
    await _note(tx, followed_id, dict.fromkeys(await _found(tx, _remove(), followed_id, [user_id]), -1))


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


async def _found(
    tx: AsyncSession,
    statement: TypedReturnsRows[UUID],
    followed_id: UUID,
    user_ids: Collection[UUID],
    **more: int,
) -> set[UUID]:
    """Run a statement for users, and one whom they follow or not; return the users that it finds."""
    given = {"followed": followed_id, "users": sorted(user_ids), **more}
    return {*(await tx.execute(statement, given)).scalars()} if user_ids else set()


async def _note(tx: AsyncSession, followed_id: UUID, changes: Mapping[UUID, int]) -> None:
    """Count those who follow somebody now (1), and those who do so no more (-1), and let the followed one know."""
    if changes:
        await counters.change(tx, counters.USER_FOLLOWERS, {followed_id: sum(changes.values())})
        await counters.change(tx, counters.USER_FOLLOWING, changes)
        await notifications.note_changes(tx, Note(NotificationKind.FOLLOW, followed_id, followed_id), changes)


@cache
def _seeing() -> Select[UUID]:
    """Return the statement that tells which of some users have another in sight."""
    shown = col(User.id) == _FOLLOWED, sight.in_sight(col(User.id), WHO.c.id)
    return select(WHO.c.id).join(User, and_(*shown))


@cache
def _full() -> Select[UUID]:
    """Return the statement that tells which of some users follow as many as they may, and not this one."""
    theirs = select(col(Follow.followee_id)).where(col(Follow.follower_id) == WHO.c.id)
    last = theirs.offset(bindparam("before_last", type_=BigInteger())).exists()
    return select(WHO.c.id).where(last, ~theirs.where(col(Follow.followee_id) == _FOLLOWED).exists())


@cache
def _add() -> ReturningInsert[UUID]:
    """Return the statement that lets users follow another one; it returns those who did not."""
    table = metadata.tables["follows"]  # of the class itself, SQLAlchemy would take what is bound for its columns
    rows = select(WHO.c.id, _FOLLOWED, func.clock_timestamp()).order_by(WHO.c.id)
    added = insert(table).from_select(["follower_id", "followee_id", "created_at"], rows)
    return added.on_conflict_do_nothing().returning(table.c.follower_id)


@cache
def _remove() -> ReturningDelete[UUID]:
    """Return the statement that lets users follow another one no more; it returns those who did."""
    pairs = col(Follow.follower_id) == any_(USERS), col(Follow.followee_id) == _FOLLOWED
    removed = delete(Follow).where(*pairs).returning(col(Follow.follower_id))
    return removed.execution_options(synchronize_session=False)  # none was read before
