"""Presets: settings of a generation that are kept under a name, to be used again and shared."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, word
from db.words import ContentLevel, Visibility


class PromptPreset(SQLModel, table=True):
    """What a user wants to have painted again: words and settings, as they were good for ``engine`` when saved."""

    __tablename__ = "prompt_presets"
    __table_args__ = (
        CheckConstraint("count BETWEEN 1 AND 8", name="count"),
        CheckConstraint("num_nulls(width, height) IN (0, 2)", name="size_whole"),
        CheckConstraint("use_count >= 0", name="uses"),
        Index("ix_prompt_presets_user_id_id", "user_id", "id"),
        Index("ix_prompt_presets_visibility_id", "visibility", "id"),
        Index(
            "ix_prompt_presets_words",
            *("name", "prompt"),
            postgresql_using="gin",
            postgresql_ops={"name": "gin_trgm_ops", "prompt": "gin_trgm_ops"},
        ),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    name: str
    prompt: str = ""
    negative_prompt: str = ""
    style: str
    ratio: str
    width: int | None = None
    """Pixels, where a size was chosen in place of a ratio."""
    height: int | None = None
    count: int
    engine: str
    steps: int
    guidance: float
    seed: int | None = Field(default=None, sa_type=BigInteger)
    visibility: Visibility = word(Visibility, "visibility", Visibility.PRIVATE)
    content_level: ContentLevel = word(ContentLevel, "content_level", ContentLevel.GENERAL)
    """For whom its words are suitable, as they were judged when it was last shared."""
    use_count: int = 0
    created_at: datetime = moment()
    updated_at: datetime = moment()
