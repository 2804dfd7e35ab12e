"""Galleries: the ordered pictures of a character, story, original chat or user, one of which stands for all."""

from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import word
from db.words import OwnerKind


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
