"""Who people are: users, their sessions and refresh tokens, and whom they follow."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text, column, func
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import ContentLevel, SessionEnd


class User(SQLModel, table=True):
    """A person with an account."""

    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("handle = lower(handle)", name="handle_lower"),
        CheckConstraint("follower_count >= 0 AND following_count >= 0 AND artwork_count >= 0", name="counts"),
        Index("ix_users_handle_prefix", "handle", postgresql_ops={"handle": "text_pattern_ops"}),
        Index(
            "ix_users_people",
            func.search_people(column("handle"), column("display_name")).label("people"),
            postgresql_using="gin",
            postgresql_ops={"people": "gin_trgm_ops"},
        ),
    )

    id: UUID = key()
    email: str = Field(unique=True)
    password_hash: str
    handle: str = Field(unique=True)
    display_name: str
    bio: str = ""
    links: list[str] = Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False, server_default="{}"))
    avatar_asset_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("media_assets.id", ondelete="SET NULL", use_alter=True))
    )
    content_level: ContentLevel = word(ContentLevel, "content_level", ContentLevel.GENERAL, server_default="GENERAL")
    """The highest that they want to see of others."""
    follower_count: int = 0
    following_count: int = 0
    artwork_count: int = 0
    created_at: datetime = moment()


class Session(SQLModel, table=True):
    """One sign-in on one device: the family of its refresh tokens."""

    __tablename__ = "sessions"
    __table_args__ = (
        Index("ix_sessions_user_id_live", "user_id", "created_at"),
        Index("ix_sessions_last_used_at", "last_used_at"),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    user_agent: str = ""
    created_at: datetime = moment()
    last_used_at: datetime = moment()
    expires_at: datetime = moment()
    ended_at: datetime | None = moment_or_none()
    end_reason: SessionEnd | None = word(SessionEnd, "end_reason", None)


class RefreshToken(SQLModel, table=True):
    """A refresh token, by its hash; used once, then kept to recognise a second use."""

    __tablename__ = "refresh_tokens"

    token_hash: bytes = Field(primary_key=True)
    session_id: UUID = Field(foreign_key="sessions.id", ondelete="CASCADE", index=True)
    created_at: datetime = moment()
    used_at: datetime | None = moment_or_none()


class Follow(SQLModel, table=True):
    """One user follows another."""

    __tablename__ = "follows"
    __table_args__ = (
        CheckConstraint("follower_id <> followee_id", name="not_oneself"),
        Index("ix_follows_followee_id_created_at", "followee_id", "created_at", "follower_id"),
        Index("ix_follows_follower_id_created_at", "follower_id", "created_at", "followee_id"),
    )

    follower_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    followee_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    created_at: datetime = moment()
