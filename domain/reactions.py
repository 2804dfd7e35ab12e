"""Reacting to artworks. Many may like the same one at once: what is said to PostgreSQL is put into words once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import Text, Uuid, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Artwork, Reaction, metadata
from db.words import NotificationKind, ReactionKind
from domain import artwork_news, artworks, counters, notifications, recommendations
from domain.bounds import INPUT
from domain.errors import NotFound
from domain.notifications import Note

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect, Select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

    from domain.bounds import Path

SUBJECT: Final[Path] = (*INPUT, "subjectId")
_ARTWORK: Final = bindparam("artwork", type_=Uuid())
_USER: Final = bindparam("user", type_=Uuid())
_KIND: Final = bindparam("kind", type_=Text())
_NOTED: Final = {ReactionKind.LIKE: NotificationKind.LIKE}


async def set_reaction(tx: AsyncSession, user_id: UUID, artwork_id: UUID, kind: ReactionKind, *, on: bool) -> None:
    """Let a user react to an artwork, or no more. Done again, it changes nothing.

    Raises:
        NotFound: there is no such artwork that the user may see.
    """
    given = {"artwork": artwork_id, "user": user_id}
    changed = await tx.execute(_add() if on else _remove(), given | {"kind": kind.value})
    if author_id := changed.scalar_one_or_none():
        note = Note(_NOTED[kind], author_id, subject_id=artwork_id, actor_id=user_id)
        (notifications.note if on else notifications.withdraw)(tx, note)
        if await counters.change(tx, counters.ARTWORK_LIKES, {artwork_id: 1 if on else -1}):
            await artwork_news.likes_counted(tx, artwork_id)
        if on:
            await recommendations.stir(tx, user_id)
    elif (await tx.execute(_seen(), given)).first() is None:
        raise NotFound(SUBJECT)


def _shown() -> tuple[ColumnElement[bool], ...]:
    return col(Artwork.id) == _ARTWORK, artworks.visible_to(Artwork, _USER)


@cache
def _seen() -> Select[UUID]:
    return select(col(Artwork.id)).where(*_shown())


@cache
def _add() -> ReturningInsert[UUID]:
    """Return the statement that adds a reaction where the artwork is in sight, whose row is not to go meanwhile.

    It returns the author where the reaction is new.

    FOR KEY SHARE: one that is changed or deleted as this comes is looked at as it is afterwards.
    """
    row = select(col(Artwork.id), _USER, _KIND, func.clock_timestamp()).where(*_shown())
    row = row.with_for_update(read=True, key_share=True, of=Artwork)
    table = metadata.tables["reactions"]  # of the class itself, SQLAlchemy would take what is bound for its columns
    added = insert(table).from_select(["artwork_id", "user_id", "kind", "created_at"], row)
    return added.on_conflict_do_nothing().returning(_author())


@cache
def _remove() -> ReturningDelete[UUID]:
    """Return the statement that takes a reaction away; it returns the artwork's author where there was one."""
    mine = col(Reaction.artwork_id) == _ARTWORK, col(Reaction.user_id) == _USER, col(Reaction.kind) == _KIND
    removed = delete(Reaction).where(*mine, _seen().exists()).returning(_author())
    return removed.execution_options(synchronize_session=False)  # no reaction was read before


def _author() -> ScalarSelect[UUID]:
    return select(col(Artwork.author_id)).where(col(Artwork.id) == _ARTWORK).scalar_subquery()
