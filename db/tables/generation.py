"""Generation jobs and their slots, one slot an image."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import ContentLevel, JobStatus, Operation, SlotStatus, Visibility

MAXIMUM_MASK_BYTES: Final = 2**20
"""Bytes of a stored mask: one bit for each pixel, compressed."""


class GenerationJob(SQLModel, table=True):
    """One request for images: what to paint, whose credits pay, and how far it is.

    ``effective_…`` is what the engine is told where that is not the prompt itself: a translation of it.
    """

    __tablename__ = "generation_jobs"
    __table_args__ = (
        CheckConstraint("count BETWEEN 1 AND 8", name="count"),
        CheckConstraint("strength > 0 AND strength <= 1", name="strength"),
        CheckConstraint(
            "num_nulls(margin_left, margin_top, margin_right, margin_bottom) IN (0, 4)"
            " AND least(margin_left, margin_top, margin_right, margin_bottom) >= 0",
            name="margins",
        ),
        Index("ix_generation_jobs_line", "user_id", "engine", postgresql_where=text("status = 'QUEUED'")),
        Index("ix_generation_jobs_measured", "engine", "finished_at", postgresql_where=text("status = 'SUCCEEDED'")),
        Index("ix_generation_jobs_waited", "engine", "started_at", postgresql_where=text("started_at IS NOT NULL")),
        Index(
            "ix_generation_jobs_active",
            "lease_expires_at",
            postgresql_where=text("status IN ('PREPARING', 'RUNNING', 'CANCELING')"),
        ),
        Index("ix_generation_jobs_user_id_id", "user_id", "id"),
        Index("ix_generation_jobs_user_id_created_at", "user_id", "created_at"),
        Index(
            "uq_generation_jobs_unfinished_of_gallery",
            "gallery_id",
            unique=True,
            postgresql_where=text("gallery_id IS NOT NULL AND finished_at IS NULL"),
        ),
        Index(
            "ix_generation_jobs_prompt",
            "prompt",
            postgresql_using="gin",
            postgresql_ops={"prompt": "gin_trgm_ops"},
        ),
        Index(
            "ix_generation_jobs_source_asset_id",
            "source_asset_id",
            postgresql_where=text("source_asset_id IS NOT NULL"),
        ),
        Index("ix_generation_jobs_preset_id", "preset_id", postgresql_where=text("preset_id IS NOT NULL")),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    status: JobStatus = word(JobStatus, "status", JobStatus.QUEUED)
    operation: Operation = word(Operation, "operation", Operation.TEXT_TO_IMAGE)
    engine: str
    prompt: str
    negative_prompt: str = ""
    effective_prompt: str | None = None
    effective_negative_prompt: str | None = None
    style: str
    ratio: str
    width: int
    height: int
    count: int
    seed: int = Field(sa_type=BigInteger)
    steps: int
    guidance: float
    source_asset_id: UUID | None = Field(
        default=None, sa_column=Column(ForeignKey("media_assets.id", ondelete="SET NULL", use_alter=True))
    )
    strength: float | None = None
    margin_left: int | None = None
    margin_top: int | None = None
    margin_right: int | None = None
    margin_bottom: int | None = None
    factor: int | None = None
    gallery_id: UUID | None = Field(default=None, foreign_key="galleries.id", ondelete="SET NULL", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="generation_jobs.id", ondelete="SET NULL", index=True)
    preset_id: UUID | None = Field(default=None, foreign_key="prompt_presets.id", ondelete="SET NULL")
    price: int
    content_level: ContentLevel = word(ContentLevel, "content_level", ContentLevel.GENERAL, server_default="GENERAL")
    visibility: Visibility = word(Visibility, "visibility", Visibility.PRIVATE)
    priority: int = 0
    load: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Class of images that take about as long, as ``domain.line_measures.load_of`` says."""
    promised_s: int | None = None
    """Seconds until it starts, as they were told when it was submitted; NULL where nothing had been measured."""
    attempt: int = 0
    lease_owner: UUID | None = None
    """Which worker has it in hand."""
    worker_id: UUID | None = None
    """Which worker claimed it last, also when that one or the job has ended."""
    lease_expires_at: datetime | None = moment_or_none()
    failure_code: str | None = None
    queued_at: datetime = moment()
    created_at: datetime = moment()
    started_at: datetime | None = moment_or_none()
    finished_at: datetime | None = moment_or_none()


class GenerationSlot(SQLModel, table=True):
    """One image of a job; ends ready, failed, blocked or skipped."""

    __tablename__ = "generation_slots"
    __table_args__ = (UniqueConstraint("job_id", "index"),)

    id: UUID = key()
    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE")
    index: int
    status: SlotStatus = word(SlotStatus, "status", SlotStatus.PENDING)
    seed: int = Field(sa_type=BigInteger)
    asset_id: UUID | None = Field(default=None, foreign_key="media_assets.id", ondelete="SET NULL", unique=True)
    failure_code: str | None = None
    finished_at: datetime | None = moment_or_none()


class GenerationReference(SQLModel, table=True):
    """A picture that a job paints something similar to."""

    __tablename__ = "generation_references"

    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE", primary_key=True)
    position: int = Field(primary_key=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", index=True)


class GenerationMask(SQLModel, table=True):
    """Where a job paints anew: apart from the job, whose row is read and locked all the time."""

    __tablename__ = "generation_masks"
    __table_args__ = (CheckConstraint(f"octet_length(png) <= {MAXIMUM_MASK_BYTES}", name="size"),)

    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE", primary_key=True)
    png: bytes


class IdempotencyKey(SQLModel, table=True):
    """The first use of a key: the same request again gets the same subject, another request is an error."""

    __tablename__ = "idempotency_keys"

    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    key: str = Field(primary_key=True)
    operation: str
    digest: bytes
    subject_id: UUID
    created_at: datetime = moment(index=True)
