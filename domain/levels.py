"""Content levels in SQL: which rows suit somebody who has chosen what they want to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import and_, or_, select
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
    return or_(
        row.content_level == ContentLevel.GENERAL,
        chosen == ContentLevel.MATURE,
        and_(chosen == ContentLevel.SENSITIVE, row.content_level == ContentLevel.SENSITIVE),
    )
