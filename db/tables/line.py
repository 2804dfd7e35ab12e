"""The line of waiting jobs: who stands where, counted in blocks, and engines that are told to pause.

``line_places`` and ``line_counts`` follow ``generation_jobs`` by triggers, at the commit of whatever changed a job; see
the migration that makes them. Nothing else writes them, but for ``domain.line.tidy``, which sums counts up.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field, SQLModel

from db.tables.columns import moment


class LinePlace(SQLModel, table=True):
    """Where a waiting job stands: those before it have a smaller (rank, turn, block, queued_at, job_id)."""

    __tablename__ = "line_places"
    __table_args__ = (
        Index(
            "ix_line_places_order",
            *("engine", "rank", "turn", "block", "queued_at", "job_id"),
            unique=True,
            postgresql_include=["images", "load"],
        ),
        Index("ix_line_places_user_id_engine", "user_id", "engine"),
    )

    job_id: UUID = Field(foreign_key="generation_jobs.id", ondelete="CASCADE", primary_key=True)
    engine: str
    user_id: UUID
    rank: int
    """The job's priority, negative: the least is first."""
    turn: int
    """1 for the first of its user's waiting jobs in this line."""
    block: int = Field(sa_type=BigInteger)
    """In which sixteen seconds it was queued."""
    queued_at: datetime = moment()
    images: int
    load: int


class LineCount(SQLModel, table=True):
    """How many jobs and images a block of the line gained (or lost, where negative); their sum is what is in it.

    Each place is counted once on every level: in a block of sixteen seconds, in sixteen of those (256 seconds), in
    sixteen of these (68 minutes), and in its whole turn.
    """

    __tablename__ = "line_counts"
    __table_args__ = (
        Index(
            "ix_line_counts_order",
            *("engine", "level", "rank", "turn", "block"),
            postgresql_include=["load", "jobs", "images"],
        ),
    )

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    engine: str
    level: int
    """0, 1 and 2 for blocks of 16, 256 and 4,096 seconds, 3 for the whole turn."""
    rank: int
    turn: int
    block: int = Field(sa_type=BigInteger)
    """Of a place, shifted by four bits for each level; 0 for a turn."""
    load: int
    jobs: int
    images: int


class PausedEngine(SQLModel, table=True):
    """An engine for which no job is claimed."""

    __tablename__ = "paused_engines"

    engine: str = Field(primary_key=True)
    user_id: UUID | None = Field(default=None, foreign_key="users.id", ondelete="SET NULL")
    """Who paused it."""
    paused_at: datetime = moment()
