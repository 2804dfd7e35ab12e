"""The list of pictures that must not be shown again, by their difference hashes; moderators fill it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import BigInteger, bindparam, cast, delete, func, select
from sqlalchemy.dialects.postgresql import BIT, insert
from sqlmodel import col

from db.tables import BlockedPicture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncSession


class Known(NamedTuple):
    """A picture of the list that another one looks like."""

    reason: str
    distance: int
    """Bits in which the hashes differ."""


async def block(tx: AsyncSession, reasons: Mapping[int, str]) -> None:
    """Put pictures on the list, by their hashes as ``media_assets.dhash`` has them; a new reason replaces the old."""
    if not reasons:
        return
    rows = [BlockedPicture(dhash=dhash, reason=reason).model_dump() for dhash, reason in reasons.items()]
    new = insert(BlockedPicture).values(rows)
    await tx.execute(new.on_conflict_do_update(index_elements=["dhash"], set_={"reason": new.excluded.reason}))


async def unblock(tx: AsyncSession, hashes: Sequence[int]) -> int:
    """Take pictures from the list; return how many of them were on it."""
    gone = await tx.execute(
        delete(BlockedPicture).where(col(BlockedPicture.dhash).in_(hashes)).returning(col(BlockedPicture.dhash))
    )
    return len(gone.all())


async def nearest(tx: AsyncSession, dhash: int, distance: int) -> Known | None:
    """Return the picture of the list that is most like one of this hash, None where none is within ``distance``."""
    wanted = bindparam("dhash", dhash, BigInteger)
    apart = func.bit_count(cast(col(BlockedPicture.dhash).op("#")(wanted), BIT(64)))
    query = select(col(BlockedPicture.reason), apart).where(apart <= distance).order_by(apart).limit(1)
    found = (await tx.execute(query)).one_or_none()
    return Known(*found) if found else None
