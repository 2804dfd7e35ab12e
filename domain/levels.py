"""Content levels: which rows suit somebody who has chosen what they want to see, and whose turn it is to change one."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from sqlalchemy import case, false, func, literal, or_, select, true
from sqlmodel import col

from db.tables import User
from db.words import ContentLevel

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Row, Value


def suits(row: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures or artworks of others somebody wants to see; strangers GENERAL ones.

    What the viewer has chosen is looked up once for a statement, and only where a row is not GENERAL.
    """
    chosen = select(col(User.content_level)).where(col(User.id) == viewer_id).scalar_subquery()
    mature, sensitive = (literal(level, chosen.type) for level in (ContentLevel.MATURE, ContentLevel.SENSITIVE))
    suitable = case((mature, true()), (sensitive, row.content_level == sensitive), value=chosen, else_=false())
    return or_(row.content_level == ContentLevel.GENERAL, suitable)


async def lock(tx: AsyncSession, owner_id: UUID) -> None:
    """Let nobody else change the levels of somebody's pictures, or show them anew, until the transaction ends.

    An artwork has the highest level of its pictures: both are then read and written as one. It is taken before any
    artwork is locked, and after a case.
    """
    number = int.from_bytes(blake2b(owner_id.bytes, digest_size=8, person=b"levels").digest(), "big", signed=True)
    await tx.execute(select(func.pg_advisory_xact_lock(number)))
