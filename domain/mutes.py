"""What somebody wants to see in no feed: people whom they mute, and tags that they hide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import HiddenTag, Mute, Tag
from domain import quotas, sight
from domain.bounds import INPUT
from domain.errors import InvalidInput
from domain.hashtags import checked_tags

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path

MAXIMUM_HIDDEN: Final = 100
"""Tags that one user hides."""
MAXIMUM_MUTED: Final = 2_000
"""People whom one user mutes: every feed leaves them out anew."""
USER: Final[Path] = (*INPUT, "userId")


async def set_mute(tx: AsyncSession, user_id: UUID, muted_id: UUID, *, on: bool) -> None:
    """Let no feed show a user what another one makes, or again. Done again, it changes nothing.

    Raises:
        InvalidInput: they are the same, or the user mutes as many as they may.
        NotFound: there is no such user in sight.
    """
    if user_id == muted_id:
        raise InvalidInput("mute.oneself", USER)
    await sight.lock_pairs(tx, user_id, muted_id)
    await sight.require_user(tx, user_id, muted_id, USER)
    if on:
        await quotas.take_turn(tx, user_id)
        muted = insert(Mute).values(Mute(user_id=user_id, muted_id=muted_id).model_dump())
        await tx.execute(muted.on_conflict_do_nothing())
        await quotas.require_within(tx, MAXIMUM_MUTED, "mutes.too_many", USER, col(Mute.user_id) == user_id)
    else:
        await tx.execute(delete(Mute).where(col(Mute.user_id) == user_id, col(Mute.muted_id) == muted_id))


async def hide_tags(tx: AsyncSession, user_id: UUID, tags: Sequence[str]) -> None:
    """Let no feed show a user artworks with these tags, and let feeds show those with any other.

    Raises:
        InvalidInput: too many, or one that is not one word.
    """
    names = checked_tags(tags, (*INPUT, "hiddenTags"), maximum=MAXIMUM_HIDDEN)
    await quotas.take_turn(tx, user_id)  # of two who say it at once, the later one is right as a whole
    await tx.execute(delete(HiddenTag).where(col(HiddenTag.user_id) == user_id))
    if names:
        await tx.execute(
            insert(Tag).values([Tag(name=name).model_dump() for name in sorted(names)]).on_conflict_do_nothing()
        )
        keys = (await tx.execute(select(col(Tag.id)).where(col(Tag.name).in_(names)))).scalars()
        tx.add_all(HiddenTag(user_id=user_id, tag_id=key) for key in keys)
