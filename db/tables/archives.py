"""Archives: pictures that are packed into one file for their owner, and which pictures under which names."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import JobStatus


class Archive(SQLModel, table=True):
    """A zip of a selection or a folder; the keys of its objects derive from ``id`` and ``claims``."""

    __tablename__ = "archives"
    __table_args__ = (
        CheckConstraint("image_count > 0 AND packed_count + skipped_count <= image_count", name="counts"),
        Index("ix_archives_user_id_id", "user_id", "id"),
        Index("ix_archives_user_id_fingerprint", "user_id", "fingerprint"),
        Index("ix_archives_waiting", "due_at", "id", postgresql_where=text("status = 'QUEUED'")),
        Index("ix_archives_running", "lease_expires_at", postgresql_where=text("status = 'RUNNING'")),
        Index("ix_archives_uncleared", "status", postgresql_where=text("NOT is_cleared")),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    folder_id: UUID | None = Field(default=None, foreign_key="folders.id", ondelete="SET NULL", index=True)
    name: str
    """Of the file, as it is downloaded."""
    fingerprint: str
    """Of what was selected: equal for the same pictures in the same folders."""
    status: JobStatus = word(JobStatus, "status", JobStatus.QUEUED)
    image_count: int
    packed_count: int = 0
    skipped_count: int = 0
    byte_size: int | None = Field(default=None, sa_type=BigInteger)
    """Of the finished file."""
    failure_code: str | None = None
    claims: int = 0
    """How often a worker took it: each time it is written under a key of its own."""
    losses: int = 0
    """How often that was in vain."""
    lease_owner: UUID | None = None
    lease_expires_at: datetime | None = moment_or_none()
    is_cleared: bool = False
    """Whether nothing of it is in the store any more, nor will be."""
    created_at: datetime = moment()
    due_at: datetime = moment()
    """Before when no worker takes it."""
    started_at: datetime | None = moment_or_none()
    finished_at: datetime | None = moment_or_none()
    expires_at: datetime | None = moment_or_none()
    """Until when the finished file is kept."""


class ArchiveItem(SQLModel, table=True):
    """A picture of an archive, under the name that it had when it was asked for."""

    __tablename__ = "archive_items"

    archive_id: UUID = Field(foreign_key="archives.id", ondelete="CASCADE", primary_key=True)
    position: int = Field(primary_key=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", index=True)
    name: str
    """Path in the archive, folders with slashes between them."""
