"""What people were shown: told by their clients, kept for the newest 5,000 of each, recommended no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import SeenArtwork
from db.tables.columns import now
from domain import recommendations
from domain.bounds import INPUT
from domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

MAXIMUM_AT_ONCE: Final = 100
KEPT: Final = 5_000


async def note(tx: AsyncSession, user_id: UUID, artwork_ids: Collection[UUID]) -> None:
    """Note that a user was shown artworks; told again, it changes nothing. Whether there are such is not asked.

    Raises:
        InvalidInput: none, or too many.
    """
    if not 1 <= len(artwork_ids) <= MAXIMUM_AT_ONCE:
        raise InvalidInput("seen.count", (*INPUT, "artworkIds"), maximum=MAXIMUM_AT_ONCE)
    await recommendations.stir(tx, user_id)  # its row is locked: of two reports of one user each has its turn
    rows = [{"user_id": user_id, "artwork_id": each, "seen_at": now()} for each in sorted(set(artwork_ids))]
    added = insert(SeenArtwork).values(rows).on_conflict_do_nothing().returning(col(SeenArtwork.artwork_id))
    if (await tx.execute(added)).first():
        mine = col(SeenArtwork.user_id) == user_id
        newest_first = (col(SeenArtwork.seen_at).desc(), col(SeenArtwork.artwork_id))
        surplus = select(col(SeenArtwork.artwork_id)).where(mine).order_by(*newest_first).offset(KEPT)
        await tx.execute(delete(SeenArtwork).where(mine, col(SeenArtwork.artwork_id).in_(surplus)))
