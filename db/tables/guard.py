"""The content guard: what it decided, and the pictures that it knows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, word
from db.words import ContentLevel, GuardEffect, GuardSubject


class GuardDecision(SQLModel, table=True):
    """What the guard said about a prompt or a picture; a trigger forbids changing or deleting it."""

    __tablename__ = "guard_decisions"
    __table_args__ = (Index("ix_guard_decisions_user_id_id", "user_id", "id"),)

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id")
    subject: GuardSubject = word(GuardSubject, "subject")
    effect: GuardEffect = word(GuardEffect, "effect")
    reason: str
    """Of ``domain.words.GuardReason``."""
    content_level: ContentLevel = word(ContentLevel, "content_level")
    policy: str
    policy_version: str
    text: str = ""
    """The prompt; empty for a picture."""
    words: str = ""
    """Those of the prompt that were found, as they were read."""
    job_id: UUID | None = Field(default=None, index=True)
    """None where there is no job, because its prompt was blocked."""
    slot_id: UUID | None = None
    asset_id: UUID | None = Field(default=None, index=True)
    """Of a picture that no engine painted: the upload's, or the one that was to be edited."""
    created_at: datetime = moment()


class BlockedPicture(SQLModel, table=True):
    """A picture that must not be shown again."""

    __tablename__ = "blocked_pictures"

    dhash: int = Field(sa_type=BigInteger, primary_key=True)
    """As ``media_assets.dhash``."""
    reason: str = ""
    created_at: datetime = moment()
