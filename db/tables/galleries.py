"""Galleries: the ordered pictures of a character, story, original chat or user, one of which stands for all."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import moment, moment_or_none, word
from db.words import OwnerKind, Visibility


class Gallery(SQLModel, table=True):
    """What all owners of pictures have; the pictures are the ``media_assets`` that name it, by ``position``."""

    __tablename__ = "galleries"
    __table_args__ = (CheckConstraint("image_count >= 0 AND version >= 0", name="counts"),)

    id: UUID = Field(primary_key=True)
    """The owner's own key."""
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    kind: OwnerKind = word(OwnerKind, "kind")
    image_count: int = 0
    version: int = 0
    """Grows by one with every change of the gallery."""
    visibility: Visibility = word(Visibility, "visibility", Visibility.PUBLIC)
    """Who may see it, its owner and its pictures."""
    default_preset_id: UUID | None = Field(
        default=None, foreign_key="prompt_presets.id", ondelete="SET NULL", index=True
    )
    """What prompts that are drafted for its owner begin with."""
    hidden_at: datetime | None = moment_or_none()
    """When moderation took it out of sight of all but its user."""
    deleted_at: datetime | None = moment_or_none()
    """When its owner was deleted: it is empty then, and stays for the jobs that still paint for it."""


class OwnerEntity(SQLModel, table=True):
    """A character, story or original chat: what its gallery shows, in words."""

    __tablename__ = "owner_entities"

    id: UUID = Field(primary_key=True, foreign_key="galleries.id", ondelete="CASCADE")
    name: str
    description: str = ""
    personality: str = ""
    tone: str = ""
    world: str = ""
    summary: str = ""
    created_at: datetime = moment()
    updated_at: datetime = moment()
