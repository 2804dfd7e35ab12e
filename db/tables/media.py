"""Stored images: a row for each, written before its objects, so that no object is without a row."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import AssetStatus, ContentLevel


class MediaAsset(SQLModel, table=True):
    """A picture in the object store with its variants; object keys derive from ``id``."""

    __tablename__ = "media_assets"
    __table_args__ = (
        Index("ix_media_assets_owner_id_id", "owner_id", "id"),
        Index("ix_media_assets_gallery_id_position", "gallery_id", "position"),
        Index("uq_media_assets_primary", "gallery_id", unique=True, postgresql_where=text("is_primary")),
        CheckConstraint("NOT is_primary OR (status = 'READY' AND gallery_id IS NOT NULL)", name="primary"),
        Index("ix_media_assets_trash", "trashed_at", postgresql_where=text("trashed_at IS NOT NULL")),
        Index("ix_media_assets_owner_id_byte_size", "owner_id", "byte_size", "id"),
        Index("ix_media_assets_folder_id_id", "folder_id", "id", postgresql_where=text("folder_id IS NOT NULL")),
        Index("ix_media_assets_starred", "owner_id", "id", postgresql_where=text("is_starred")),
        Index(
            "ix_media_assets_dhash_bands",
            text("dhash_bands(dhash)"),
            postgresql_using="gin",
            postgresql_where=text("status = 'READY'"),
        ),
        Index("ix_media_assets_unfinished", "created_at", postgresql_where=text("status = 'PENDING'")),
    )

    id: UUID = key()
    owner_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    job_id: UUID | None = Field(default=None, foreign_key="generation_jobs.id", ondelete="SET NULL", index=True)
    parent_id: UUID | None = Field(default=None, foreign_key="media_assets.id", ondelete="SET NULL", index=True)
    status: AssetStatus = word(AssetStatus, "status", AssetStatus.PENDING)
    width: int = 0
    height: int = 0
    byte_size: int = Field(default=0, sa_type=BigInteger)
    sha256: str = ""
    dhash: int = Field(default=0, sa_type=BigInteger)
    blurhash: str = ""
    dominant_color: str = ""
    engine: str = ""
    engine_revision: str = Field(default="", sa_column_kwargs={"server_default": ""})
    method: str = Field(default="", sa_column_kwargs={"server_default": ""})
    style: str = ""
    ratio: str = ""
    seed: int = Field(default=0, sa_type=BigInteger)
    gallery_id: UUID | None = Field(default=None, foreign_key="galleries.id", ondelete="SET NULL")
    position: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    is_primary: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    alt_text: str = Field(default="", sa_column_kwargs={"server_default": ""})
    content_level: ContentLevel = word(ContentLevel, "content_level", ContentLevel.GENERAL)
    folder_id: UUID | None = Field(default=None, foreign_key="folders.id", ondelete="SET NULL")
    is_starred: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    created_at: datetime = moment()
    ready_at: datetime | None = moment_or_none()
    trashed_at: datetime | None = moment_or_none()
    """When it was deleted; of a PURGED one, only while its objects are still to be removed."""


class EditRecipe(SQLModel, table=True):
    """How a picture was made out of its parent: crop, rotate, flip, resize, in this order."""

    __tablename__ = "edit_recipes"
    __table_args__ = (
        CheckConstraint("num_nulls(crop_x, crop_y, crop_width, crop_height) IN (0, 4)", name="crop_whole"),
        CheckConstraint("num_nulls(width, height) IN (0, 2)", name="size_whole"),
        CheckConstraint("rotation IN (0, 90, 180, 270)", name="rotation_square"),
    )

    asset_id: UUID = Field(primary_key=True, foreign_key="media_assets.id", ondelete="CASCADE")
    crop_x: int | None = None
    crop_y: int | None = None
    crop_width: int | None = None
    crop_height: int | None = None
    rotation: int = 0
    """Degrees clockwise."""
    flip_horizontal: bool = False
    flip_vertical: bool = False
    width: int | None = None
    """Pixels of the result, where it was resized."""
    height: int | None = None
