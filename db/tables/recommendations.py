"""What is recommended to whom, and what they have seen already."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import RecommendationReason


class RecommendationList(SQLModel, table=True):
    """What was put together for a user at one moment; without a user, for all who have no list of their own."""

    __tablename__ = "recommendation_lists"
    __table_args__ = (
        Index(
            "uq_recommendation_lists_current",
            "user_id",
            unique=True,
            postgresql_where=text("replaced_at IS NULL"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_recommendation_lists_user_id", "user_id"),
        Index("ix_recommendation_lists_replaced_at", "replaced_at", postgresql_where=text("replaced_at IS NOT NULL")),
        Index("ix_recommendation_lists_made_at", "made_at", postgresql_where=text("replaced_at IS NULL")),
    )

    id: UUID = key()
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    made_at: datetime = moment()
    replaced_at: datetime | None = moment_or_none()
    """When a newer one took its place; pages of it are read for a while."""


class Recommendation(SQLModel, table=True):
    """One place of a list, and why. What it refers to may be gone: whoever reads it looks for it first."""

    __tablename__ = "recommendations"
    __table_args__ = (CheckConstraint("rank >= 0", name="rank"), UniqueConstraint("list_id", "artwork_id"))

    list_id: UUID = Field(foreign_key="recommendation_lists.id", ondelete="CASCADE", primary_key=True)
    rank: int = Field(primary_key=True)
    artwork_id: UUID
    reason: RecommendationReason = word(RecommendationReason, "reason")
    tag_id: UUID | None = None
    """The tag because of which it is there."""
    liked_id: UUID | None = None
    """The artwork that the user likes and because of which it is there."""


class SeenArtwork(SQLModel, table=True):
    """A user was shown an artwork. No foreign key to it: reporting must cost next to nothing."""

    __tablename__ = "seen_artworks"
    __table_args__ = (Index("ix_seen_artworks_user_id_seen_at", "user_id", text("seen_at DESC"), "artwork_id"),)

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    artwork_id: UUID = Field(primary_key=True)
    seen_at: datetime = moment()


class Taste(SQLModel, table=True):
    """A user who acted lately: when their list is to be made anew, and when it was."""

    __tablename__ = "tastes"
    __table_args__ = (Index("ix_tastes_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    due_at: datetime | None = moment_or_none()
    made_at: datetime | None = moment_or_none()
