"""Who and what is out of sight: people that one of both has blocked, and what somebody wants to see in no feed."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from sqlalchemy import ARRAY, BigInteger, and_, bindparam, func, or_, select, tuple_
from sqlmodel import col

from db.tables import ArtworkTag, Block, HiddenTag, Mute, User
from domain.clauses import there_is
from domain.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.bounds import Path
    from domain.clauses import Row, Value

    Sight = Callable[[Row, Value], ColumnElement[bool]]
    """Says which users the viewer may see: ``in_sight``, or ``not_blocked`` for what the viewer would report."""

_LOCK: Final = select(func.pg_advisory_xact_lock(func.unnest(bindparam("numbers", type_=ARRAY(BigInteger)))))


def in_sight(user_id: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which users the viewer may see, and be seen by: no block stands between them.

    Args:
        user_id: the column that holds the user.
        viewer_id: who looks; nobody is out of the sight of a stranger.
    """
    condition: ColumnElement[bool] = user_id.not_in(select(col(Block.other_id)).where(col(Block.user_id) == viewer_id))
    return condition


def not_blocked(user_id: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which users have not blocked the viewer, whomever the viewer has blocked."""
    blocked = select(col(Block.user_id)).where(col(Block.other_id) == viewer_id, col(Block.is_own))
    condition: ColumnElement[bool] = user_id.not_in(blocked)
    return condition


def wanted(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks feeds may show to the viewer: of nobody muted, with no hidden tag."""
    muted = select(col(Mute.muted_id)).where(col(Mute.user_id) == viewer_id)
    hidden = select(col(HiddenTag.tag_id)).where(col(HiddenTag.user_id) == viewer_id)
    hidden_one = (
        select(col(ArtworkTag.tag_id))
        .join(HiddenTag, col(HiddenTag.tag_id) == col(ArtworkTag.tag_id))
        .where(col(ArtworkTag.artwork_id) == artwork.id, col(HiddenTag.user_id) == viewer_id)
    )
    return and_(artwork.author_id.not_in(muted), or_(~hidden.exists(), ~there_is(hidden_one)))


def mutes(user: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says whether somebody mutes a user."""
    mute = select(col(Mute.muted_id))
    return there_is(mute.where(col(Mute.muted_id) == user.id, col(Mute.user_id) == viewer_id))


async def apart(tx: AsyncSession, pairs: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], bool]:
    """Return those pairs of users who are out of each other's sight, each with True."""
    sides = col(Block.user_id), col(Block.other_id)
    found = await tx.execute(select(*sides).where(tuple_(*sides).in_(list(pairs))))
    return {(one, other): True for one, other in found}  # noqa: C420 - rows to be typed


async def lock_pairs(tx: AsyncSession, one: UUID, *others: UUID) -> None:
    """Let no other transaction change what a user and others are to each other until this one ends.

    It comes first in a transaction, once, and locks pairs in one order: nobody waits in a circle.
    """
    pairs = (b"".join(sorted((one.bytes, other.bytes))) for other in others)
    numbers = sorted(int.from_bytes(blake2b(pair, digest_size=8).digest(), "big", signed=True) for pair in pairs)
    await tx.execute(_LOCK, {"numbers": numbers})


async def require_user(tx: AsyncSession, viewer_id: UUID, user_id: UUID, path: Path) -> None:
    """See to it that there is a user in the viewer's sight.

    Raises:
        NotFound: there is none; ``path`` names them.
    """
    shown = col(User.id) == user_id, in_sight(col(User.id), viewer_id)
    if (await tx.execute(select(col(User.id)).where(*shown))).first() is None:
        raise NotFound(path)
