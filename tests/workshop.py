"""The parts that paint, relay and sweep, inside the test process, and jobs small enough to be painted at once."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlmodel import col

from adapters.checkers.in_turn import InTurn
from adapters.checkers.known_pictures import KnownPictures
from adapters.checkers.renditions import RenditionGuard
from adapters.engines.sandbox import SandboxEngine
from adapters.event_log import RedisEventLog, event_of
from adapters.hub import Hub, redis_client
from adapters.storage.folder import FolderStore
from db.outbox import Doorbell
from db.session import Database
from db.tables import GenerationJob, GenerationSlot, User
from db.tables.columns import now
from db.words import BucketKind, OwnerKind, SlotStatus, Visibility
from domain import credits, generation, jobs, owners
from domain.credits import Grant, Welcome
from domain.galleries import Owner
from domain.generation import GenerationSpec
from domain.owners import Texts
from domain.picture_checks import Gate
from domain.ports import Engines
from local_graph import LocalGraph, local_graph
from workers.broker import Bell, WakingBroker
from workers.deliveries import Outlet
from workers.packer import Packer
from workers.painter import Painter
from workers.relay import Relay
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from redis.asyncio import Redis
    from sqlalchemy.ext.asyncio import AsyncSession

    from domain.ports import Engine, EventLog, ObjectStore, OutputChecker

LEASE = timedelta(seconds=3)


class Tally:
    """Counts nothing."""

    def job_ended(self, outcome: str) -> None:
        """Hear that a job ended."""

    def painted(self, engine: str, seconds: float) -> None:
        """Hear that an engine was called."""


@dataclass(frozen=True, slots=True)
class Workshop:
    """Real parts over real servers; each may be replaced where a test needs one that misbehaves."""

    db: Database
    database_url: str
    redis: Redis
    hub: Hub
    log: RedisEventLog
    bell: Bell
    store: FolderStore
    media: Path

    async def user(self, grant: int = 100, life: timedelta | None = None, low_mark: int = 0) -> UUID:
        """Store a user with promotional credits."""
        name = f"u{uuid4().hex[:12]}"
        user = User(email=f"{name}@easel.example", password_hash="", handle=name, display_name=name)
        async with self.db.write() as tx:
            tx.add(user)
            await tx.flush()
            welcome = Welcome(Grant(BucketKind.PROMOTIONAL, grant, life), low_mark)
            await credits.open_account(tx, user.id, welcome)
        return user.id

    async def character(self, user_id: UUID) -> Owner:
        """Store a character of a user, whose gallery is empty."""
        async with self.db.write() as tx:
            key = await owners.create(tx, user_id, OwnerKind.CHARACTER, Texts("Haru"), Visibility.PUBLIC)
        return Owner(OwnerKind.CHARACTER, key)

    async def job(self, user_id: UUID, prompt: str = "a cat", count: int = 1, owner: Owner | None = None) -> UUID:
        """Submit a job of small pictures, for a gallery or for none."""
        async with self.db.write() as tx:
            return await generation.submit(tx, user_id, replace(small(prompt, count), owner=owner), uuid4().hex)

    async def row(self, job_id: UUID) -> GenerationJob:
        """Return a job as it is."""
        async with self.db.read() as tx:
            return await tx.get_one(GenerationJob, job_id)

    def painter(
        self,
        engine: Engine | None = None,
        *,
        db: Database | None = None,
        store: ObjectStore | None = None,
        log: EventLog | None = None,
        checker: OutputChecker | None = None,
    ) -> Painter:
        """Return a worker's painter; unless told otherwise, it may let every picture out."""
        engine = engine or SandboxEngine()
        outlet = Outlet(checker or InTurn(()), store or self.store)
        return Painter(db or self.db, outlet, log or self.log, Engines({engine.key: engine}), LEASE, Tally())

    def gate(self, store: ObjectStore | None = None) -> Gate:
        """Return where pictures come in that no engine painted; they are judged by the block list alone."""
        return Gate(self.db, store or self.store, RenditionGuard(KnownPictures(self.db, LEASE)))

    def packer(self, store: ObjectStore | None = None) -> Packer:
        """Return a worker's packer."""
        return Packer(self.db, store or self.store, LEASE)

    async def cancel(self, user_id: UUID, job_id: UUID) -> int:
        """Cancel a job; return the credits that came back."""
        async with self.db.write() as tx:
            return await generation.cancel(tx, user_id, job_id)

    def relay(self, log: EventLog | None = None) -> Relay:
        """Return a relay."""
        return Relay(self.db, self.bell, log or self.log)

    def sweeper(self, grace: timedelta = timedelta(0)) -> Sweeper:
        """Return a sweeper that removes unfinished pictures after ``grace``."""
        return Sweeper(self.db, self.bell, self.store, timedelta(hours=1), grace)

    @asynccontextmanager
    async def relaying(self) -> AsyncIterator[None]:
        """Run a relay."""
        doorbell = Doorbell(self.database_url)
        task = asyncio.create_task(self.relay().run(doorbell))
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await doorbell.close()

    def stored(self) -> set[str]:
        """Return the keys of all objects."""
        return {str(path.relative_to(self.media)) for path in self.media.rglob("*") if path.is_file()}


@pytest.fixture
async def shop(spare_database_url: str, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[Workshop]:
    """Open a workshop over empty servers."""
    async with workshop(spare_database_url, spare_redis_url, tmp_path) as opened:
        yield opened


@pytest.fixture
async def graph(shop: Workshop, spare_redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    """Open the graph over the workshop's servers; tests over others have a fixture of their own of this name."""
    async with local_graph(shop.database_url, spare_redis_url, tmp_path) as opened:
        yield opened


@asynccontextmanager
async def workshop(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Workshop]:
    """Open the parts, and close what they opened."""
    db, broker = Database(database_url), WakingBroker(redis_url)
    redis, hub = redis_client(redis_url), Hub(redis_url, event_of)
    media = folder / "media"
    store = FolderStore(media, "http://easel.example", b"0123456789abcdef0123456789abcdef")
    await hub.connect()
    try:
        yield Workshop(db, database_url, redis, hub, RedisEventLog(redis, hub), Bell(broker), store, media)
    finally:
        await hub.disconnect()
        await redis.aclose()
        await db.close()
        broker.close()


def small(prompt: str = "a cat", count: int = 1) -> GenerationSpec:
    """Return what to ask for pictures of 64 × 64, painted in three steps."""
    return GenerationSpec(
        prompt=prompt,
        negative_prompt="",
        engine="sandbox",
        style="anime",
        ratio="1:1",
        width=64,
        height=64,
        count=count,
        seed=7,
        steps=3,
        guidance=5.0,
        price=1,
        visibility=Visibility.PRIVATE,
    )


async def make_ready(tx: AsyncSession, slot: GenerationSlot) -> None:
    """Let an image of a locked job that waits be ready, by all the moves that lead there."""
    for state in (SlotStatus.RENDERING, SlotStatus.CHECKING, SlotStatus.READY):
        jobs.move_slot(slot, state)
        await tx.flush()
    slot.finished_at = now()


async def slots_of(tx: AsyncSession, job_id: UUID) -> Sequence[GenerationSlot]:
    """Return the slots of a job, in order."""
    query = select(GenerationSlot).where(col(GenerationSlot.job_id) == job_id).order_by(col(GenerationSlot.index))
    return (await tx.execute(query)).scalars().all()
