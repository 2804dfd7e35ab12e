"""Published artworks with their images, tags, reactions and comments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, word
from db.words import ContentLevel, PromptVisibility, ReactionKind, Visibility


class Artwork(SQLModel, table=True):
    """One or several images that their author shows to others."""

    __tablename__ = "artworks"
    __table_args__ = (
        CheckConstraint("like_count >= 0 AND comment_count >= 0", name="counts"),
        Index(
            "ix_artworks_latest",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("visibility = 'PUBLIC'"),
        ),
        Index("ix_artworks_author_id_created_at", "author_id", text("created_at DESC"), text("id DESC")),
    )

    id: UUID = key()
    author_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    title: str
    description: str = ""
    visibility: Visibility = word(Visibility, "visibility", Visibility.PUBLIC)
    prompt: str
    prompt_visibility: PromptVisibility = word(PromptVisibility, "prompt_visibility", PromptVisibility.PUBLIC)
    style: str
    content_level: ContentLevel = word(ContentLevel, "content_level", ContentLevel.GENERAL, server_default="GENERAL")
    """The highest of its images."""
    like_count: int = 0
    comment_count: int = 0
    created_at: datetime = moment()


class ArtworkImage(SQLModel, table=True):
    """An image of an artwork; position 0 is the one that feeds show."""

    __tablename__ = "artwork_images"
    __table_args__ = (UniqueConstraint("artwork_id", "position"),)

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", primary_key=True, index=True)
    position: int


class Tag(SQLModel, table=True):
    """A hashtag, normalised: NFC, case folded, without the sign."""

    __tablename__ = "tags"

    id: UUID = key()
    name: str = Field(unique=True)


class ArtworkTag(SQLModel, table=True):
    """A tag of an artwork, in the author's order."""

    __tablename__ = "artwork_tags"

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    position: int


class Reaction(SQLModel, table=True):
    """Somebody likes an artwork."""

    __tablename__ = "reactions"

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True, index=True)
    kind: ReactionKind = word(ReactionKind, "kind", ReactionKind.LIKE, primary_key=True)
    created_at: datetime = moment()


class Comment(SQLModel, table=True):
    """What somebody wrote under an artwork."""

    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_artwork_id_created_at", "artwork_id", text("created_at DESC"), text("id DESC")),
    )

    id: UUID = key()
    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE")
    author_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", index=True)
    text: str
    created_at: datetime = moment()
