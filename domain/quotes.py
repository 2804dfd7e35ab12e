"""What a job would cost and how long it would wait, were it submitted now; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlmodel import col

from db.tables import CreditAccount
from domain import allowance, galleries, line, operations
from domain.bounds import INPUT
from domain.errors import NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.allowance import Allowance
    from domain.generation import GenerationSpec
    from domain.line import Place


@dataclass(frozen=True, slots=True)
class Quote:
    """What a job would come to."""

    spec: GenerationSpec
    """With all that its source decides."""
    available_credits: int
    place: Place
    """Where it would stand."""
    allowance: Allowance
    """Of today, without this job."""

    @property
    def total(self) -> int:
        """Credits for all images."""
        return self.spec.price * self.spec.count


async def quote(tx: AsyncSession, user_id: UUID, spec: GenerationSpec, daily_limit: int) -> Quote:
    """Return what a job of this specification would come to.

    Raises:
        NotFound: a picture that it is to be made from is not the user's, or not ready; or the owner is not theirs.
        InvalidInput: the source can not be worked on like that.
    """
    spec = await operations.prepared(tx, user_id, spec)
    if spec.owner and not await galleries.is_own(tx, user_id, spec.owner):
        raise NotFound((*INPUT, "ownerId"))
    free = select(col(CreditAccount.balance) - col(CreditAccount.held)).where(col(CreditAccount.user_id) == user_id)
    return Quote(
        spec,
        (await tx.execute(free)).scalar_one(),
        await line.place_of_next(tx, spec.engine, user_id),
        await allowance.today(tx, user_id, daily_limit),
    )
