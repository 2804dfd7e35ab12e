"""Content levels in SQL: which rows suit somebody who has chosen what they want to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import case, false, literal, or_, select, true
from sqlmodel import col

from db.tables import User
from db.words import ContentLevel

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from domain.clauses import Row, Value


def suits(row: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which pictures or artworks of others somebody wants to see; strangers GENERAL ones.

    What the viewer has chosen is looked up once for a statement, and only where a row is not GENERAL.
    """
    chosen = select(col(User.content_level)).where(col(User.id) == viewer_id).scalar_subquery()
    mature, sensitive = (literal(level, chosen.type) for level in (ContentLevel.MATURE, ContentLevel.SENSITIVE))
    suitable = case((mature, true()), (sensitive, row.content_level == sensitive), value=chosen, else_=false())
    return or_(row.content_level == ContentLevel.GENERAL, suitable)
