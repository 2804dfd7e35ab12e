"""Reacting to artworks. Many may like the same one at once: what is said to PostgreSQL is put into words once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import Text, Uuid, and_, any_, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col

from db.tables import Artwork, Reaction, metadata
from db.words import NotificationKind, ReactionKind
from domain import artwork_news, artworks, counters, notifications, recommendations
from domain.bounds import INPUT
from domain.clauses import USERS, WHO
from domain.errors import NotFound
from domain.notifications import Note

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, ScalarSelect, Select
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.sql.dml import ReturningDelete, ReturningInsert

    from domain.bounds import Path
    from domain.clauses import Value

SUBJECT: Final[Path] = (*INPUT, "subjectId")
_ARTWORK: Final = bindparam("artwork_id", type_=Uuid())
_KIND: Final = bindparam("kind", type_=Text())
_NOTED: Final = {ReactionKind.LIKE: NotificationKind.LIKE}


class Subject(NamedTuple):
    """What is reacted to, and how."""

    artwork_id: UUID
    kind: ReactionKind


async def set_reactions(tx: AsyncSession, subject: Subject, wanted: Mapping[UUID, bool]) -> Mapping[UUID, NotFound]:
    """Let users react to an artwork in one way, each as they want: or no more. Done again, it changes nothing.

    Returns what is refused, by user: there is no such artwork that they may see.
    """
    given = {"artwork_id": subject.artwork_id, "kind": subject.kind.value}
    changes: dict[UUID, int] = {}
    author_id: UUID | None = None
    for on, statement in ((True, _add()), (False, _remove())):
        if users := sorted(user for user, wish in wanted.items() if wish is on):
            for user_id, by in await tx.execute(statement, given | {"users": users}):
                author_id, changes[user_id] = by, 1 if on else -1
    if author_id:
        if await counters.change(tx, counters.ARTWORK_LIKES, {subject.artwork_id: sum(changes.values())}):
            await artwork_news.likes_counted(tx, subject.artwork_id)
        await notifications.note_changes(tx, Note(_NOTED[subject.kind], author_id, subject.artwork_id), changes)
        await recommendations.stir(tx, *(user_id for user_id, change in changes.items() if change > 0))
    if rest := wanted.keys() - changes.keys():
        rest -= {*(await tx.execute(_seeing(), given | {"users": sorted(rest)})).scalars()}
    return {user_id: NotFound(SUBJECT) for user_id in rest}


def _shown(viewer_id: Value) -> tuple[ColumnElement[bool], ...]:
    """Return the clauses of a statement that has the artwork, and whoever looks, among its rows."""
    return col(Artwork.id) == _ARTWORK, artworks.visible_to(Artwork, viewer_id)


@cache
def _seeing() -> Select[UUID]:
    """Return the statement that tells which of some users see the artwork."""
    return select(WHO.c.id).join(Artwork, and_(*_shown(WHO.c.id)))


@cache
def _add() -> ReturningInsert[UUID, UUID]:
    """Return the statement that adds reactions where the artwork is in sight, whose row is not to go meanwhile.

    It returns the users whose reaction is new, and the author.

    FOR KEY SHARE: one that is changed or deleted as this comes is looked at as it is afterwards. In the order of users:
    whoever else adds the same waits for this, and not this for them as well.
    """
    rows = select(col(Artwork.id), WHO.c.id, _KIND, func.clock_timestamp()).where(*_shown(WHO.c.id))
    rows = rows.order_by(WHO.c.id).with_for_update(read=True, key_share=True, of=Artwork)
    table = metadata.tables["reactions"]  # of the class itself, SQLAlchemy would take what is bound for its columns
    added = insert(table).from_select(["artwork_id", "user_id", "kind", "created_at"], rows)
    return added.on_conflict_do_nothing().returning(table.c.user_id, _author())


@cache
def _remove() -> ReturningDelete[UUID, UUID]:
    """Return the statement that takes reactions away; it returns the users who had one, and the author."""
    mine = col(Reaction.artwork_id) == _ARTWORK, col(Reaction.kind) == _KIND
    user_id = col(Reaction.user_id)
    locked = select(user_id).join(Artwork, and_(*_shown(user_id))).where(*mine, user_id == any_(USERS))
    locked = locked.order_by(user_id).with_for_update(of=Reaction)
    removed = delete(Reaction).where(*mine, user_id.in_(select(locked.cte("locked")))).returning(user_id, _author())
    return removed.execution_options(synchronize_session=False)  # no reaction was read before


def _author() -> ScalarSelect[UUID]:
    return select(col(Artwork.author_id)).where(col(Artwork.id) == _ARTWORK).scalar_subquery()
