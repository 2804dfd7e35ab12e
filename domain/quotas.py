"""How many of something one user may have, exact also where they add several at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import any_, func, select
from sqlmodel import col

from db.tables import User
from domain.clauses import USERS
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path


async def take_turn(tx: AsyncSession, *user_ids: UUID) -> None:
    """Let nobody else add to what users have until the transaction ends; of two at once the second counts the first.

    FOR NO KEY UPDATE: rows that are just being added refer to the user's, and may be waited for.
    """
    users = select(col(User.id)).where(col(User.id) == any_(USERS))
    await tx.execute(users.order_by(col(User.id)).with_for_update(key_share=True), {"users": sorted(user_ids)})


async def require_within(tx: AsyncSession, maximum: int, reason: str, path: Path, mine: ColumnElement[bool]) -> None:
    """Refuse where a user, whose turn it is, has more rows than they may, the one that was just added included.

    Raises:
        InvalidInput: for ``reason``; more than ``maximum`` rows are ``mine``.
    """
    some: Select[Any] = select(func.count()).select_from(select(1).where(mine).limit(maximum + 1).subquery())
    if (await tx.execute(some)).scalar_one() > maximum:
        raise InvalidInput(reason, path, maximum=maximum)
