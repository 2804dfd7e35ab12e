"""Published artworks with their images, tags and reactions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import ArtworkLicense, ContentLevel, PromptVisibility, ReactionKind, Visibility


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
        Index(
            "ix_artworks_author_latest",
            "author_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("visibility = 'PUBLIC'"),
        ),
        Index(
            "ix_artworks_style_latest",
            "style",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("visibility = 'PUBLIC'"),
        ),
        Index("ix_artworks_author_id_created_at", "author_id", text("created_at DESC"), text("id DESC")),
        Index(
            "ix_artworks_remix_of_id_created_at",
            *("remix_of_id", text("created_at DESC"), text("id DESC")),
            postgresql_where=text("remix_of_id IS NOT NULL"),
        ),
        Index("ix_artworks_deleted_at", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
        Index(
            "ix_artworks_sitemap",
            "id",
            postgresql_include=["created_at"],
            postgresql_where=text("visibility = 'PUBLIC' AND content_level = 'GENERAL'"),
        ),
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
    license: ArtworkLicense = word(
        ArtworkLicense,
        "license",
        ArtworkLicense.ALL_RIGHTS_RESERVED,
        server_default="ALL_RIGHTS_RESERVED",
    )
    remix_of_id: UUID | None = Field(default=None, foreign_key="artworks.id", ondelete="SET NULL")
    remix_license: ArtworkLicense | None = word(ArtworkLicense, "remix_license", None)
    """The licence under which it was made out of somebody else's artwork: what is granted once stays granted."""
    like_count: int = 0
    comment_count: int = 0
    are_comments_locked: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether nobody but the author may comment."""
    was_public: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether it is, or ever was, PUBLIC."""
    created_at: datetime = moment()
    """When it became PUBLIC for the first time; until it does, when it was published."""
    hidden_at: datetime | None = moment_or_none()
    """When moderation took it out of sight."""
    likes_told_at: datetime | None = moment_or_none()
    """When those who watch it were last told of its likes by somebody who likes it."""
    deleted_at: datetime | None = moment_or_none()
    """When its author deleted it: PRIVATE since then, and soon gone with all that belongs to it."""


class ArtworkImage(SQLModel, table=True):
    """An image of an artwork; position 0 is the one that feeds show."""

    __tablename__ = "artwork_images"
    __table_args__ = (UniqueConstraint("artwork_id", "position"),)

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    asset_id: UUID = Field(foreign_key="media_assets.id", ondelete="CASCADE", primary_key=True, index=True)
    position: int


class Tag(SQLModel, table=True):
    """A hashtag, as ``domain.hashtags`` compares it: NFKC, case folded, without the sign."""

    __tablename__ = "tags"
    __table_args__ = (CheckConstraint("artwork_count >= 0 AND follower_count >= 0", name="counts"),)

    id: UUID = key()
    name: str = Field(unique=True)
    artwork_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Public ones that have it."""
    follower_count: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ArtworkTag(SQLModel, table=True):
    """A tag of an artwork, in the author's order."""

    __tablename__ = "artwork_tags"
    __table_args__ = (
        Index(
            "ix_artwork_tags_latest",
            "tag_id",
            text("listed_at DESC"),
            text("artwork_id DESC"),
            postgresql_where=text("listed_at IS NOT NULL"),
        ),
    )

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    position: int
    is_from_text: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Whether it stands in title or description alone, and goes when these change."""
    listed_at: datetime | None = moment_or_none()
    """The artwork's ``created_at`` while it is public, so that a tag's artworks are found in their order."""


class Reaction(SQLModel, table=True):
    """Somebody likes an artwork."""

    __tablename__ = "reactions"
    __table_args__ = (
        Index("ix_reactions_artwork_id_created_at", "artwork_id", "created_at", "user_id"),
        Index("ix_reactions_user_id_created_at", "user_id", "created_at", "artwork_id"),
    )

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True)
    kind: ReactionKind = word(ReactionKind, "kind", ReactionKind.LIKE, primary_key=True)
    created_at: datetime = moment()
