"""The few kinds of column that the tables are made of."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import TIMESTAMP, Enum
from sqlmodel import Field, SQLModel
from uuid_utils.compat import uuid7

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


def now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def key() -> Any:  # noqa: ANN401 - SQLModel's own Field returns Any
    """Return a primary key column: UUIDv7, so that keys sort by their time of birth."""
    return Field(default_factory=uuid7, primary_key=True)


def moment(*, index: bool = False) -> Any:  # noqa: ANN401
    """Return a point-in-time column, the present moment by default."""
    return Field(default_factory=now, sa_type=TIMESTAMP(timezone=True), nullable=False, index=index)


def moment_or_none(*, index: bool = False) -> Any:  # noqa: ANN401
    """Return a point-in-time column that is NULL until something happens."""
    return Field(default=None, sa_type=TIMESTAMP(timezone=True), nullable=True, index=index)


def word(
    kind: type[StrEnum],
    column: str,
    default: Any = ...,  # noqa: ANN401
    *,
    primary_key: bool = False,
    server_default: str | None = None,
) -> Any:  # noqa: ANN401
    """Return a text column that holds one word of a closed vocabulary, nullable where ``default`` is None.

    ``server_default`` is what rows have that were there before the column, or are written without it.
    """
    known = Enum(kind, native_enum=False, create_constraint=True, name=f"{column}_known", length=32)
    options: dict[str, Any] = {} if server_default is None else {"sa_column_kwargs": {"server_default": server_default}}
    return Field(default=default, sa_type=known, primary_key=primary_key, nullable=default is None, **options)
