"""The GPU workers that run, each of which keeps its row fresh while it lives."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Column, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from db.tables.columns import moment, moment_or_none


class Worker(SQLModel, table=True):
    """A process that paints. Its moments are PostgreSQL's, so that clocks which differ tell no lies about it."""

    __tablename__ = "workers"

    id: UUID = Field(primary_key=True)
    """What its jobs have as ``lease_owner`` and ``worker_id``."""
    name: str
    """Its host and the number of its process there; two may have the same."""
    engines: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """Keys of the engines that it serves."""
    version: str
    started_at: datetime = moment()
    seen_at: datetime = moment()
    draining_since: datetime | None = moment_or_none()
    """Since when it is to claim nothing more; NULL where it may."""
