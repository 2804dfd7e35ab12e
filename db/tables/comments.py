"""What people write under artworks, in threads that are flat: replies know their thread and whom they answer."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none


class Comment(SQLModel, table=True):
    """What somebody wrote under an artwork; once deleted, a stub for as long as there are answers to it."""

    __tablename__ = "comments"
    __table_args__ = (
        CheckConstraint("(deleted_at IS NULL) = (author_id IS NOT NULL)", name="author_or_deleted"),
        CheckConstraint("(root_id IS NULL) = (parent_id IS NULL)", name="reply_whole"),
        CheckConstraint("reply_count >= 0", name="replies"),
        Index(
            "ix_comments_artwork_id_created_at",
            "artwork_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("root_id IS NULL"),
        ),
        Index(
            "ix_comments_root_id_created_at",
            *("root_id", "created_at", "id"),
            postgresql_where=text("root_id IS NOT NULL"),
        ),
        Index("ix_comments_author_id_artwork_id", "author_id", "artwork_id"),
        Index("ix_comments_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index(
            "ix_comments_artwork_id_pinned_at",
            *("artwork_id", "pinned_at"),
            postgresql_where=text("pinned_at IS NOT NULL"),
        ),
    )

    id: UUID = key()
    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", index=True)
    author_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE")
    """None of a stub."""
    root_id: UUID | None = Field(default=None, foreign_key="comments.id", ondelete="CASCADE")
    """The comment that began the thread; None of that one itself."""
    parent_id: UUID | None = Field(default=None, foreign_key="comments.id", ondelete="CASCADE")
    """The comment of the thread that this one answers."""
    text: str
    """Empty of a stub."""
    reply_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """How many replies its thread has that are not deleted; 0 of a reply."""
    created_at: datetime = moment()
    edited_at: datetime | None = moment_or_none()
    deleted_at: datetime | None = moment_or_none()
    pinned_at: datetime | None = moment_or_none()
    hidden_at: datetime | None = moment_or_none()
    """When moderation took it out of sight."""


class CommentMention(SQLModel, table=True):
    """A place in a comment where somebody is named by their handle."""

    __tablename__ = "comment_mentions"

    comment_id: UUID = Field(foreign_key="comments.id", ondelete="CASCADE", primary_key=True)
    offset: int = Field(primary_key=True)
    """UTF-16 code units before the sign."""
    length: int
    """UTF-16 code units, the sign included."""
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
