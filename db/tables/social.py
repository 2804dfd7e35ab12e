"""What people want to see of each other and what not: tags that they follow or hide, people that they mute or block."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import moment


class TagFollow(SQLModel, table=True):
    """A user follows a tag."""

    __tablename__ = "tag_follows"
    __table_args__ = (Index("ix_tag_follows_user_id_created_at", "user_id", "created_at", "tag_id"),)

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    created_at: datetime = moment()


class HiddenTag(SQLModel, table=True):
    """A user wants no feed to show them artworks with a tag."""

    __tablename__ = "hidden_tags"

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    created_at: datetime = moment()


class Mute(SQLModel, table=True):
    """A user wants no feed to show them what another one makes; that one is not told, and can see them as before."""

    __tablename__ = "mutes"
    __table_args__ = (
        CheckConstraint("user_id <> muted_id", name="not_oneself"),
        Index("ix_mutes_user_id_created_at", "user_id", "created_at", "muted_id"),
    )

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    muted_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True, index=True)
    created_at: datetime = moment()


class Block(SQLModel, table=True):
    """A user and another one are out of each other's sight: two rows for each pair, one for either side."""

    __tablename__ = "blocks"
    __table_args__ = (
        CheckConstraint("user_id <> other_id", name="not_oneself"),
        Index("ix_blocks_user_id_created_at", "user_id", "created_at", "other_id"),
    )

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    other_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True, index=True)
    is_own: bool
    """Whether it was this user who wanted it; both may."""
    created_at: datetime = moment()
