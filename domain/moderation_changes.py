"""What decisions have changed and is not undone, as clauses: for who hides and shows, and for who would show again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlmodel import col

from db.tables import CasePicture, ModerationCase, ModerationChange
from db.words_moderation import ChangeKind
from domain import moderation_states

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.clauses import Value


def standing(subject_id: UUID, kind: ChangeKind) -> tuple[ColumnElement[bool], ...]:
    """Return the clauses for changes of one kind to one row that are not undone."""
    return (
        col(ModerationChange.subject_id) == subject_id,
        col(ModerationChange.kind) == kind,
        col(ModerationChange.undone_at).is_(None),
    )


def is_awaited(asset_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures are of a case that is not decided."""
    waiting = select(col(ModerationCase.id)).where(col(ModerationCase.id) == col(CasePicture.case_id))
    waits = waiting.where(col(ModerationCase.status).in_(moderation_states.WAITING)).exists()
    return exists().where(col(CasePicture.asset_id) == asset_id, waits)


async def is_hidden(tx: AsyncSession, subject_id: UUID) -> bool:
    """Return whether any decision hides a row."""
    return bool((await tx.execute(select(exists().where(*standing(subject_id, ChangeKind.HIDDEN))))).scalar_one())
