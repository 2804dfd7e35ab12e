"""Collections: artworks that somebody keeps, under a title or as bookmarks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import Visibility


class Collection(SQLModel, table=True):
    """Artworks that a user keeps under a title; or their bookmarks, which have none and are nobody else's to see."""

    __tablename__ = "collections"
    __table_args__ = (
        CheckConstraint("NOT is_bookmarks OR (title = '' AND visibility = 'PRIVATE')", name="bookmarks"),
        UniqueConstraint("user_id", "title"),
        Index("ix_collections_user_id_id", "user_id", "id"),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    title: str
    """Its own among the user's; empty of bookmarks alone, so that there is one of them."""
    description: str = ""
    visibility: Visibility = word(Visibility, "visibility", Visibility.PRIVATE)
    is_bookmarks: bool = False
    hidden_at: datetime | None = moment_or_none()
    """When moderation took it out of sight of all but its owner."""
    created_at: datetime = moment()


class CollectionItem(SQLModel, table=True):
    """An artwork in a collection; keys are in the order of adding."""

    __tablename__ = "collection_items"
    __table_args__ = (
        UniqueConstraint("collection_id", "artwork_id"),
        Index("ix_collection_items_collection_id_id", "collection_id", "id"),
        Index("ix_collection_items_artwork_id_user_id", "artwork_id", "user_id"),
    )

    id: UUID = key()
    collection_id: UUID = Field(foreign_key="collections.id", ondelete="CASCADE")
    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE")
    user_id: UUID
    """Whose collection it is: by that and the artwork it is found."""
    created_at: datetime = moment()
