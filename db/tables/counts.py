"""Changes of counts that wait for the row that holds the count."""

from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index
from sqlmodel import Field, SQLModel


class CountChange(SQLModel, table=True):
    """What is still to be added to a count; ``domain.counters`` writes and folds it.

    No foreign key: the row may go, and whoever is just adding to its count is not to wait for that.
    """

    __tablename__ = "count_changes"
    __table_args__ = (Index("ix_count_changes_subject", "counter", "subject_id"),)

    id: int | None = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    counter: str
    """Table and column that hold the count."""
    subject_id: UUID
    """Key of the row."""
    delta: int
