"""What search looks things up in: words and other traits of public artworks, and which artworks have them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, BigInteger, Column, Identity, Index, Integer, Text, column, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from db.tables.columns import key, moment, moment_or_none, word
from db.words import ContentLevel, SearchTermKind, TrendWindow


class SearchTerm(SQLModel, table=True):
    """A word, or another trait, that public artworks have."""

    __tablename__ = "search_terms"
    __table_args__ = (
        Index("uq_search_terms_kind_word", "kind", "word", unique=True),
        Index("ix_search_terms_prefix", "kind", "word", postgresql_ops={"word": "text_pattern_ops"}),
        Index("ix_search_terms_letter", "kind", text("left(word, 1)"), text("uses DESC"), "id"),
        Index("ix_search_terms_letters", "kind", text("left(word, 2)"), text("uses DESC"), "id"),
        Index(
            "ix_search_terms_letters_within",
            func.search_letters(column("word")).label("letters"),
            postgresql_using="gin",
            postgresql_ops={"letters": "gin_trgm_ops"},
            postgresql_where=text("kind IN ('WORD', 'TAG')"),
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(Integer, Identity(always=True), primary_key=True))
    kind: SearchTermKind = word(SearchTermKind, "kind")
    word: str = Field(sa_type=Text)
    """Normalised as ``domain.search_words`` does."""
    uses: int = 0
    """How many documents have it."""


class SearchDocument(SQLModel, table=True):
    """A public artwork as search knows it."""

    __tablename__ = "search_documents"

    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Microseconds from 1970 to its publication; of two in the same one, the later found is moved on by one."""
    artwork_id: UUID = Field(unique=True)
    """No foreign key: whoever deletes an artwork does not wait for search, which looks at it later."""
    style: str
    ratio: str
    engine: str
    color: str
    content_level: ContentLevel = word(ContentLevel, "content_level")
    terms: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    """All that it has."""
    strong: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    """The words of its title and tags."""
    tags: list[int] = Field(sa_column=Column(ARRAY(Integer), nullable=False))
    text: str = Field(sa_type=Text)
    """Title, description and shown prompt as phrases are compared with them."""


class SearchPosting(SQLModel, table=True):
    """A document has a term."""

    __tablename__ = "search_postings"

    term_id: int = Field(sa_type=Integer, primary_key=True, sa_column_kwargs={"autoincrement": False})
    number: int = Field(sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False})


class SearchPending(SQLModel, table=True):
    """An artwork that was changed since search looked at it last; triggers write it."""

    __tablename__ = "search_pending"
    __table_args__ = (Index("ix_search_pending_changed_at", "changed_at"),)

    artwork_id: UUID = Field(primary_key=True)
    changed_at: datetime = moment()


class TagHour(SQLModel, table=True):
    """How many people published an artwork with a tag for everybody within an hour."""

    __tablename__ = "tag_hours"

    hour: datetime = Field(sa_type=TIMESTAMP(timezone=True), primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    uses: int


class TagUser(SQLModel, table=True):
    """Somebody published an artwork with a tag for everybody within an hour: however often, they count once."""

    __tablename__ = "tag_users"

    hour: datetime = Field(sa_type=TIMESTAMP(timezone=True), primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE", primary_key=True, index=True)


class TrendingTag(SQLModel, table=True):
    """A tag that is more used within a window than is usual; all are written anew from time to time."""

    __tablename__ = "trending_tags"
    __table_args__ = (Index("ix_trending_tags_window_score", "window", "score", "tag_id"),)

    window: TrendWindow = word(TrendWindow, "window", primary_key=True)
    tag_id: UUID = Field(foreign_key="tags.id", ondelete="CASCADE", primary_key=True, index=True)
    uses: int
    score: int
    """How far beyond what is usual, in hundredths of its standard deviation."""
    measured_at: datetime = moment()


class SearchNews(SQLModel, table=True):
    """An artwork that was published for everybody: those who saved a search that it matches are to be told of it."""

    __tablename__ = "search_news"
    __table_args__ = (
        Index("ix_search_news_open", "found_at", postgresql_where=text("told_at IS NULL")),
        Index("ix_search_news_told_at", "told_at", postgresql_where=text("told_at IS NOT NULL")),
    )

    artwork_id: UUID = Field(primary_key=True)
    reached: UUID | None = None
    """The last saved search that was looked at, where there are more than a batch."""
    found_at: datetime = moment()
    told_at: datetime | None = moment_or_none()


def _words() -> Any:  # noqa: ANN401 - SQLModel's own Field returns Any
    """Return a column of texts."""
    return Field(default_factory=list, sa_column=Column(ARRAY(Text), nullable=False))


class SavedSearch(SQLModel, table=True):
    """A search that somebody wants to be told of anew."""

    __tablename__ = "saved_searches"
    __table_args__ = (
        Index("ix_saved_searches_user_id_id", "user_id", "id"),
        Index("ix_saved_searches_trait_id", "trait", "id"),
    )

    id: UUID = key()
    user_id: UUID = Field(foreign_key="users.id", ondelete="CASCADE")
    name: str
    query: str
    """As it was written."""
    styles: list[str] = _words()
    ratios: list[str] = _words()
    engines: list[str] = _words()
    colors: list[str] = _words()
    content_levels: list[str] = _words()
    tags: list[str] = _words()
    author_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="CASCADE", index=True)
    notify: bool
    trait: str
    """One of the traits without which nothing matches it: by it, it is found for an artwork; empty where none is."""
    created_at: datetime = moment()
