"""Short links to artworks, by which people share them elsewhere."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from db.tables.columns import moment, word
from db.words import ShareChannel


class ShareLink(SQLModel, table=True):
    """A short link: one for each artwork, channel and user who shares it there."""

    __tablename__ = "share_links"
    __table_args__ = (UniqueConstraint("user_id", "artwork_id", "channel"),)

    code: str = Field(primary_key=True)
    """What nobody guesses: letters and digits."""
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", index=True)
    channel: ShareChannel = word(ShareChannel, "channel")
    created_at: datetime = moment()
