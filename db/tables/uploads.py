"""Uploads: what somebody announced to put into the store, until it is confirmed or given up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import UploadKind


class Upload(SQLModel, table=True):
    """An announced file; its object's key derives from ``id``, and the row outlives the object."""

    __tablename__ = "uploads"
    __table_args__ = (CheckConstraint("byte_size > 0", name="size"),)

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", unique=True)
    """What it becomes."""
    kind: UploadKind = word(UploadKind, "kind", UploadKind.IMAGE)
    media_type: str
    byte_size: int
    sha256: str
    problem: str | None = None
    """Why it was rejected."""
    created_at: datetime = moment()
    expires_at: datetime = moment(index=True)
    """Until when its link stores."""
    checked_at: datetime | None = moment_or_none()
    """When somebody last began to check it."""
