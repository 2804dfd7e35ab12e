"""Random work on credits by many clients at once, some of whom fail in the middle of it and try again."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import func, select, text, update
from sqlmodel import col

from db.session import AWAY
from db.tables import CreditBucket, User
from db.tables.columns import now
from db.words import BucketKind, SlotStatus
from domain import credits, generation, jobs
from domain.credits import Grant, Welcome
from domain.errors import AlreadyFinished, InsufficientCredits
from domain.words import FailureCode
from workshop import make_ready, small

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator, Awaitable, Callable

    from sqlalchemy.ext.asyncio import AsyncSession

    from db.session import Database

Result = TypeVar("Result")

ATTEMPTS: Final = 5
_SECOND: Final = timedelta(seconds=1)


class InjectedFault(Exception):
    """A client failed."""


class Fault(Enum):
    """How a client fails."""

    RAISED = auto()
    """Its own code raises before the commit."""
    KILLED = auto()
    """Its connection is ended by the server before the commit."""
    DEAF = auto()
    """It commits, and never hears of it."""


@dataclass(slots=True)
class LedgerWork:
    """Users whose credits are given, held, captured, released and expire; every operation may fail and is repeated."""

    db: Database
    chance: random.Random
    fault_share: float
    users: list[UUID] = field(default_factory=list)
    jobs: list[UUID] = field(default_factory=list)
    """Those that were put in the line; some of them have ended."""
    done: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    refused: int = 0

    async def welcome(self, count: int) -> None:
        """Store users with a few credits each."""
        for _ in range(count):
            name = f"u{uuid4().hex[:12]}"
            user = User(email=f"{name}@easel.example", password_hash="", handle=name, display_name=name)
            async with self.db.write() as tx:
                tx.add(user)
                await tx.flush()
                grant = Grant(BucketKind.PROMOTIONAL, self.chance.randint(0, 30), timedelta(days=1))
                await credits.open_account(tx, user.id, Welcome(grant, low_mark=5))
            self.users.append(user.id)

    async def run(self, operations: int, clients: int) -> None:
        """Let ``clients`` at once do ``operations`` in all."""
        turns = iter(range(operations))

        async def client() -> None:
            for _ in turns:
                await self._one()

        await asyncio.gather(*(client() for _ in range(clients)))

    async def end(self) -> None:
        """Cancel whatever has not ended, so that nothing is held any more."""
        for job_id in self.jobs:
            async with self.db.write() as tx:
                with suppress(AlreadyFinished):
                    await generation.cancel(tx, await self._owner(tx, job_id), job_id)

    async def _one(self) -> None:
        ways = (self._submit, self._settle, self._settle, self._settle, self._cancel, self._give, self._outlive)
        weights = (6, 4, 4, 4, 1, 1, 1)
        (way,) = self.chance.choices(ways, weights)
        await way()

    async def _submit(self) -> None:
        user, key = self.chance.choice(self.users), uuid4().hex
        spec = replace(small(count=self.chance.randint(1, 8)), price=self.chance.randint(1, 3))

        async def submit(tx: AsyncSession) -> UUID:
            return await generation.submit(tx, user, spec, key)

        try:
            job_id = await self._surely("submit", submit)
        except InsufficientCredits:
            self.refused += 1
        else:
            self.jobs.append(job_id)

    async def _settle(self) -> None:
        """End one image of a job, well or not."""
        if not self.jobs:
            return
        job_id, is_ready = self.chance.choice(self.jobs[-200:]), self.chance.random() < 0.6

        async def settle(tx: AsyncSession) -> None:
            wallet = await credits.lock_hold(tx, job_id)
            job = await jobs.lock(tx, job_id)
            slot = next((each for each in await jobs.slots(tx, job_id) if not each.status.is_final), None)
            if slot and is_ready:
                await make_ready(tx, slot)
                credits.capture(tx, wallet, slot.id, job.price)
            elif slot:
                jobs.close_slot(tx, wallet, job, slot, SlotStatus.FAILED, FailureCode.ENGINE_ERROR)

        await self._surely("capture" if is_ready else "release", settle)

    async def _cancel(self) -> None:
        if not self.jobs:
            return
        job_id = self.chance.choice(self.jobs[-200:])

        async def cancel(tx: AsyncSession) -> None:
            await generation.cancel(tx, await self._owner(tx, job_id), job_id)

        with suppress(AlreadyFinished):
            await self._surely("cancel", cancel)

    async def _give(self) -> None:
        user, key, kind = self.chance.choice(self.users), uuid4().hex, self.chance.choice(list(BucketKind))
        grant = Grant(kind, self.chance.randint(1, 40), self.chance.choice((None, timedelta(hours=1))))

        async def give(tx: AsyncSession) -> bool:
            return await credits.give(tx, user, grant, key)

        await self._surely("give", give)

    async def _outlive(self) -> None:
        """Let the time of somebody's promotional credits run out, and sweep."""
        user = self.chance.choice(self.users)

        async def outlive(tx: AsyncSession) -> None:
            bought = col(CreditBucket.kind) == BucketKind.PAID
            account = await credits.lock_account(tx, user)
            mine = col(CreditBucket.account_id) == account.id
            await tx.execute(update(CreditBucket).where(mine, ~bought).values(expires_at=now() - _SECOND))

        await self._surely("outlive", outlive)
        async with self.db.read() as tx:
            ended = await credits.expiring(tx)
        for bucket_id in ended:

            async def expire(tx: AsyncSession, bucket_id: UUID = bucket_id) -> None:
                await credits.expire(tx, bucket_id)

            await self._surely("expire", expire)

    async def _owner(self, tx: AsyncSession, job_id: UUID) -> UUID:
        ((owner, _),) = (await generation.states_of(tx, [job_id])).values()
        return owner

    async def _surely(self, name: str, work: Callable[[AsyncSession], Awaitable[Result]]) -> Result:
        """Do the work as a client that repeats it, unchanged, until it hears that it is done."""
        for _ in range(ATTEMPTS):
            with suppress(InjectedFault, *AWAY):
                async with self._transaction() as tx:
                    result = await work(tx)
                self.done[name] += 1
                return result
        raise TimeoutError(name)

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncSession]:
        fault = self.chance.choice(list(Fault)) if self.chance.random() < self.fault_share else None
        if fault:
            self.faults[fault.name] += 1
        async with self.db.write() as tx:
            yield tx
            await tx.flush()
            if fault is Fault.RAISED:
                raise InjectedFault
            if fault is Fault.KILLED:
                await self._kill(tx)
        if fault is Fault.DEAF:
            raise InjectedFault

    async def _kill(self, tx: AsyncSession) -> None:
        pid = (await tx.execute(select(func.pg_backend_pid()))).scalar_one()
        async with self.db.read() as other:
            await other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
