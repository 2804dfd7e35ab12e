"""Counting what a list holds, as far as anybody wants to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, func, select

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

COUNT_LIMIT: Final = 10_001
"""Where counting stops, so that its cost is bounded: this number means "more than 10,000"."""


async def count(tx: AsyncSession, query: Select[Any]) -> int:
    """Return how many rows ``query`` has, ``COUNT_LIMIT`` at most."""
    counted = select(func.count()).select_from(query.limit(COUNT_LIMIT).subquery())
    return (await tx.execute(counted)).scalar_one()
