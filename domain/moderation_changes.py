"""What decisions have changed and is not undone, as clauses: for who hides and shows, and for who would show again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import exists, select
from sqlmodel import col

from db.tables import ModerationChange
from db.words_moderation import ChangeKind

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncSession


def standing(subject_id: UUID, kind: ChangeKind) -> tuple[ColumnElement[bool], ...]:
    """Return the clauses for changes of one kind to one row that are not undone."""
    return (
        col(ModerationChange.subject_id) == subject_id,
        col(ModerationChange.kind) == kind,
        col(ModerationChange.undone_at).is_(None),
    )


async def is_hidden(tx: AsyncSession, subject_id: UUID) -> bool:
    """Return whether any decision hides a row."""
    return bool((await tx.execute(select(exists().where(*standing(subject_id, ChangeKind.HIDDEN))))).scalar_one())
