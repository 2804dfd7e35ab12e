"""What a user may have painted: so many images a day, which begins at midnight in Seoul, and one job for each gallery.

Both are asked under the lock of the user's wallet, so that jobs which are submitted at once are counted one by one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from db.tables import GenerationJob, GenerationSlot
from db.tables.columns import now
from db.words import SlotStatus
from domain.errors import DailyLimitReached, NothingToRetry, OwnerBusy

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncSession

SEOUL: Final = timezone(timedelta(hours=9), "Asia/Seoul")
"""Korea has kept this time, winter and summer, since 1988."""
_GIVEN_BACK: Final = (SlotStatus.FAILED, SlotStatus.BLOCKED, SlotStatus.SKIPPED)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user may have painted today."""

    used: int
    """Images submitted today, but for those whose credits came back."""
    limit: int
    """Images."""
    resets_at: datetime

    @property
    def remaining(self) -> int:
        """How many more images may be submitted today."""
        return max(self.limit - self.used, 0)


def beginning_of_day(moment: datetime) -> datetime:
    """Return the midnight in Seoul before ``moment``, or at it."""
    return moment.astimezone(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)


async def today(tx: AsyncSession, user_id: UUID, limit: int) -> Allowance:
    """Return the user's allowance of ``limit`` images as it is now."""
    began = beginning_of_day(now())
    submitted = await tx.execute(_submitted(), {"user": user_id, "began": began})
    return Allowance(submitted.scalar_one(), limit, began + timedelta(days=1))


@cache
def _submitted() -> Select[int]:
    return (
        select(func.count())
        .select_from(GenerationSlot)
        .join(GenerationJob, col(GenerationJob.id) == col(GenerationSlot.job_id))
        .where(
            col(GenerationJob.user_id) == bindparam("user"),
            col(GenerationJob.created_at) >= bindparam("began"),
            col(GenerationSlot.status).not_in(_GIVEN_BACK),
        )
    )


async def require(tx: AsyncSession, user_id: UUID, count: int, limit: int) -> None:
    """Refuse ``count`` images that are more than is left of today's ``limit``; the wallet is locked.

    Raises:
        DailyLimitReached: they are.
    """
    allowance = await today(tx, user_id, limit)
    if count > allowance.remaining:
        raise DailyLimitReached(allowance.limit, allowance.used, allowance.resets_at)


async def require_idle(tx: AsyncSession, gallery_id: UUID) -> None:
    """Refuse a second job for a gallery while one has not ended; the wallet of its owner is locked.

    Raises:
        OwnerBusy: there is one.
    """
    unfinished = select(col(GenerationJob.id)).where(
        col(GenerationJob.gallery_id) == gallery_id, col(GenerationJob.finished_at).is_(None)
    )
    job_id = (await tx.execute(unfinished)).scalar_one_or_none()
    if job_id:
        raise OwnerBusy(job_id)


async def require_untried(tx: AsyncSession, parent_id: UUID) -> None:
    """Refuse to paint the failed images of a job again where that is done already; the wallet is locked.

    A job for them that ended without any image of it being tried, canceled or given up, is none.

    Raises:
        NothingToRetry: there is a job for them.
    """
    retried = (
        select(col(GenerationJob.id))
        .join(GenerationSlot, col(GenerationSlot.job_id) == col(GenerationJob.id))
        .where(col(GenerationJob.parent_id) == parent_id, col(GenerationSlot.status) != SlotStatus.SKIPPED)
        .limit(1)
    )
    if (await tx.execute(retried)).scalar_one_or_none():
        raise NothingToRetry
