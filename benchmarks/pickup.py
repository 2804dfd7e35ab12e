"""How soon an idle worker starts on a job: from the commit of the mutation to its actor, and to the job's claim.

Worker, relay and sweeper run as processes of their own over embedded servers. This process submits jobs of one image
with ``domain.generation.submit``, one at a time, at random gaps of 0.3 to 1.7 s, and not through the API: behind the
API the instant of the commit could only be guessed. The clock starts when PostgreSQL has acknowledged the COMMIT.
*Actor starts* is when Dramatiq has called the worker's actor, as the worker, which is that of ``easel worker``, tells
this process: outbox, relay, broker and hand-over are within. *Job claimed* is the job's ``started_at``, which is
written once the worker holds the row: the claiming statement too. All instants are read from the one clock of the
machine. The jobs ask for ``#block``, which ends at once, so that the worker is idle again whenever the next one comes.

Beside it, in the same minutes and at gaps of the same kind, a stock Dramatiq worker (RedisBroker, all settings as
they come) is sent messages for an actor that notes the time and does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import event, select
from sqlmodel import col

from app import worker
from app.demo import DEMO
from app.engines import open_engines
from app.settings import Settings
from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.session import Database
from db.tables import GenerationJob, User
from domain import generation
from domain.generation import GenerationRequest
from workers.painter import Painter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from multiprocessing.connection import Connection
    from uuid import UUID

    from conftest import Installation

STARTS: Final = "p50 ≤ 3, p99 ≤ 15"
CLAIMS: Final = "p50 ≤ 5, p99 ≤ 25"
ACTOR: Final = "nothing"
QUEUE: Final = "stock"
SPAWN: Final = multiprocessing.get_context("spawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many jobs, and how many messages (200)")
    count = parser.parse_args().count
    described = machine.describe()
    with installation("relay", "sweeper") as place:
        easel, stock = asyncio.run(measure(place, count))
    report(
        "pickup",
        [
            {"worker": "Easel: commit → actor starts", **spread(easel.starts), "bar ms": STARTS},
            {"worker": "Easel: commit → job claimed", **spread(easel.claims), "bar ms": CLAIMS},
            {"worker": "stock Dramatiq: send → actor runs", **spread(stock), "bar ms": "for comparison"},
        ],
        described,
    )


@dataclass(frozen=True, slots=True)
class Pickups:
    """How many milliseconds after its commit each job was met by its worker."""

    starts: list[float] = field(default_factory=list)
    """The actor was called."""
    claims: list[float] = field(default_factory=list)
    """The job was claimed."""


async def measure(place: Installation, count: int) -> tuple[Pickups, list[float]]:
    """Return how long Easel's jobs and a stock worker's messages waited; relay and sweeper run, a worker does not."""
    url = place.environment["REDIS_URL"]
    with _worker(_run_worker, place.environment) as started, _worker(_run_stock_worker, url) as received:
        db = Database(place.environment["DATABASE_URL"])
        try:
            await _submit(db, started, 3)  # the first claim of a worker connects and prepares its statements
            return await asyncio.gather(_submit(db, started, count), _send(url, received, count))
        finally:
            await db.close()


@contextmanager
def _worker(run: Callable[..., None], argument: object) -> Iterator[Connection[Any, Any]]:
    """Run a worker in a process; yield where it says when its actor starts."""
    ours, theirs = SPAWN.Pipe()
    worker = SPAWN.Process(target=run, args=(argument, theirs), daemon=True)
    worker.start()
    try:
        yield ours
    finally:
        worker.terminate()
        worker.join()


async def _submit(db: Database, started: Connection[Any, Any], count: int) -> Pickups:
    """Submit jobs and return how long each waited for its worker."""
    async with db.read() as tx:
        user_id = (await tx.execute(select(col(User.id)).where(col(User.email) == DEMO.email))).scalar_one()
    spec = generation.check(GenerationRequest(prompt="a quiet sea #block", count=1), ["sandbox"])
    pickups = Pickups()
    for _ in range(count):
        committed: list[float] = []
        async with db.write() as tx:
            event.listen(tx.sync_session, "after_commit", lambda _tx, at=committed: at.append(time.time()))
            job_id = await generation.submit(tx, user_id, spec, key=str(time.time_ns()))
        await _pause()
        claimed = (await _ended(db, job_id)).started_at
        assert claimed
        starts = [started.recv() for _ in iter(started.poll, False)]
        start = min((start for start in starts if start > committed[0]), default=committed[0])  # it ran already
        pickups.starts.append((start - committed[0]) * 1e3)
        pickups.claims.append((claimed.timestamp() - committed[0]) * 1e3)
    return pickups


async def _ended(db: Database, job_id: UUID) -> GenerationJob:
    while True:
        async with db.read() as tx:
            job = await tx.get_one(GenerationJob, job_id)
        if job.status.is_final:
            return job
        await asyncio.sleep(0.1)


async def _send(redis_url: str, received: Connection[Any, Any], count: int) -> list[float]:
    """Send messages to the stock worker and return how many milliseconds each waited for its actor."""
    broker = RedisBroker(url=redis_url, namespace="stock")
    message: dramatiq.Message[None] = dramatiq.Message(
        queue_name=QUEUE, actor_name=ACTOR, args=(), kwargs={}, options={}
    )
    await asyncio.to_thread(received.recv)  # it has started
    waits = []
    for _ in range(count):
        sent = time.time()
        broker.enqueue(message.copy())
        await _pause()
        waits.append((await asyncio.to_thread(received.recv) - sent) * 1e3)
    return waits


async def _pause() -> None:
    await asyncio.sleep(random.uniform(0.3, 1.7))  # noqa: S311 - gaps of a measurement


def _run_worker(environment: Mapping[str, str], started: Connection[Any, Any]) -> None:
    """Be the worker of ``easel worker`` that says when its actor starts."""
    os.environ.update(environment)

    class Noting(Painter):
        async def paint_waiting(self) -> None:
            started.send(time.time())
            await super().paint_waiting()

    vars(worker)["Painter"] = Noting
    settings = Settings()
    worker.run_worker(settings, open_engines(settings))


def _run_stock_worker(redis_url: str, started: Connection[Any, Any]) -> None:
    broker = RedisBroker(url=redis_url, namespace="stock")
    dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name=ACTOR)(lambda: started.send(time.time()))
    worker = dramatiq.Worker(broker)
    worker.start()
    started.send(time.time())
    signal.pause()


if __name__ == "__main__":
    main()
