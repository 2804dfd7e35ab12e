"""Popularity: scores of artworks in versions, so that a ranking stays as it was while somebody pages through it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import TIMESTAMP, BigInteger, Double, Index, text
from sqlmodel import Field, SQLModel


def score() -> Any:  # noqa: ANN401 - SQLModel's own Field returns Any
    """Return a column for a score."""
    return Field(sa_type=Double, nullable=False)


def bound(text_: str) -> Any:  # noqa: ANN401
    """Return a column for an end of the time in which a version is good."""
    options = {"server_default": text(f"'{text_}'")}
    return Field(default=None, sa_type=TIMESTAMP(timezone=True), nullable=False, sa_column_kwargs=options)


class ArtworkScore(SQLModel, table=True):
    """How popular a public artwork is, in each window, from one round of scoring until another.

    A score is log2(1 + points) + the age of publication in half-lives of the window: its order changes with points
    alone, never with time.
    """

    __tablename__ = "artwork_scores"
    __table_args__ = (
        *(
            Index(f"ix_artwork_scores_{window}", text(f"{window} DESC"), text("artwork_id DESC"))
            for window in ("day", "week", "month", "ever")
        ),
        Index("ix_artwork_scores_until", "until", postgresql_where=text("until < 'infinity'")),
    )

    artwork_id: UUID = Field(foreign_key="artworks.id", ondelete="CASCADE", primary_key=True)
    since: datetime = Field(
        default=None,
        sa_type=TIMESTAMP(timezone=True),
        primary_key=True,
        sa_column_kwargs={"server_default": text("'-infinity'")},
    )
    """The round that made it; -infinity for the first, which is good at once."""
    until: datetime = bound("infinity")
    """The round that made the next."""
    day: float = score()
    week: float = score()
    month: float = score()
    ever: float = score()


class ScoreRound(SQLModel, table=True):
    """A round of scoring: a moment as of which the rankings can be read."""

    __tablename__ = "score_rounds"

    at: datetime = Field(sa_type=TIMESTAMP(timezone=True), primary_key=True)


class ScoreMark(SQLModel, table=True):
    """Says that an artwork has other likes or comments than before: added by a trigger, taken away by a round."""

    __tablename__ = "score_marks"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    artwork_id: UUID
