"""Private order among one's own pictures: nested folders, and tags."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment


class Folder(SQLModel, table=True):
    """A folder of a user, in another one or at the top; its name is its own among those beside it."""

    __tablename__ = "folders"
    __table_args__ = (
        Index(
            "uq_folders_user_id_parent_id_name",
            *("user_id", "parent_id", "name"),
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    parent_id: UUID | None = Field(default=None, foreign_key="folders.id", ondelete="CASCADE", index=True)
    name: str
    created_at: datetime = moment()


class MediaTag(SQLModel, table=True):
    """A word by which an owner finds a picture again; nobody else sees it."""

    __tablename__ = "media_tags"
    __table_args__ = (Index("ix_media_tags_owner_id_name", "owner_id", "name", "asset_id"),)

    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", primary_key=True)
    name: str = Field(primary_key=True)
    owner_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    position: int
