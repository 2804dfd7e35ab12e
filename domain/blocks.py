"""Blocking people: from then on the two are out of each other's sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Block, User
from domain import follows, quotas, sight
from domain.clauses import there_is
from domain.errors import InvalidInput, NotFound
from domain.mutes import USER

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value

MAXIMUM_BLOCKED: Final = 5_000
"""People whom one user blocks."""


async def set_block(tx: AsyncSession, user_id: UUID, other_id: UUID, *, on: bool) -> None:
    """Put two users out of each other's sight, and end that they follow each other; or undo what this user wanted.

    Where both want it, it lasts until neither does. Done again, it changes nothing.

    Raises:
        InvalidInput: they are the same, or the user blocks as many as they may.
        NotFound: there is no such user.
    """
    if user_id == other_id:
        raise InvalidInput("block.oneself", USER)
    await sight.lock_pairs(tx, user_id, other_id)
    if (await tx.execute(select(col(User.id)).where(col(User.id) == other_id))).first() is None:
        raise NotFound(USER)
    if not on:
        await _undo(tx, user_id, other_id)
        return
    await quotas.take_turn(tx, user_id)
    sides = insert(Block).values(
        [
            Block(user_id=user_id, other_id=other_id, is_own=True).model_dump(),
            Block(user_id=other_id, other_id=user_id, is_own=False).model_dump(),
        ]
    )
    wanted = or_(col(Block.is_own), sides.excluded.is_own)
    await tx.execute(sides.on_conflict_do_update(index_elements=["user_id", "other_id"], set_={"is_own": wanted}))
    mine = and_(col(Block.user_id) == user_id, col(Block.is_own))
    await quotas.require_within(tx, MAXIMUM_BLOCKED, "blocks.too_many", USER, mine)
    await follows.end(tx, user_id, other_id)
    await follows.end(tx, other_id, user_id)


def has_blocked(user_id: Value, other: Row) -> ColumnElement[bool]:
    """Return the clause that says whom somebody has blocked, whether or not these have blocked them, too."""
    own = col(Block.user_id) == user_id, col(Block.other_id) == other.id, col(Block.is_own)
    return there_is(select(col(Block.other_id)).where(*own))


async def _undo(tx: AsyncSession, user_id: UUID, other_id: UUID) -> None:
    own = and_(col(Block.user_id) == user_id, col(Block.other_id) == other_id)
    others = and_(col(Block.user_id) == other_id, col(Block.other_id) == user_id)
    await tx.execute(update(Block).where(own).values(is_own=False))
    if not (await tx.execute(select(col(Block.user_id)).where(others, col(Block.is_own)))).first():
        await tx.execute(delete(Block).where(or_(own, others)))
