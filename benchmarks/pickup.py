"""How soon an idle worker starts on a job: from the commit of the mutation to the worker's claim.

Worker, relay and sweeper run as processes of their own over embedded servers. This process submits jobs of one image
with ``domain.generation.submit``, one at a time, at random gaps of 0.3 to 1.7 s, and not through the API: behind the
API the instant of the commit could only be guessed. The clock starts when PostgreSQL has acknowledged the COMMIT, and
stops at the job's ``started_at``, which the worker writes once it holds the row: outbox, relay, broker, hand-over and
the claiming statement are all within. Both instants are read from the one clock of the machine. The jobs ask for
``#block``, which ends at once, so that the worker is idle again whenever the next one comes.

Beside it, in the same minutes and at gaps of the same kind, a stock Dramatiq worker (RedisBroker, all settings as
they come) is sent messages for an actor that notes the time and does nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import random
import signal
import time
from typing import TYPE_CHECKING, Any, Final

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from sqlalchemy import event, select
from sqlmodel import col

from app.demo import DEMO
from benchmarks import machine
from benchmarks.installation import installation
from benchmarks.report import report, spread
from db.session import Database
from db.tables import GenerationJob, User
from domain import generation
from domain.generation import GenerationRequest

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from uuid import UUID


BAR: Final = "p50 ≤ 5, p99 ≤ 25"
ACTOR: Final = "nothing"
QUEUE: Final = "stock"
SPAWN: Final = multiprocessing.get_context("spawn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="how many jobs, and how many messages (200)")
    count = parser.parse_args().count
    described = machine.describe()
    with installation("worker", "relay", "sweeper") as place:
        database_url, redis_url = place.environment["DATABASE_URL"], place.environment["REDIS_URL"]
        easel, stock = asyncio.run(measure(database_url, redis_url, count))
    report(
        "pickup",
        [
            {"worker": "Easel: commit → job claimed", **spread(easel), "bar ms": BAR},
            {"worker": "stock Dramatiq: send → actor runs", **spread(stock), "bar ms": "for comparison"},
        ],
        described,
    )


async def measure(database_url: str, redis_url: str, count: int) -> tuple[list[float], list[float]]:
    """Return how many milliseconds Easel's jobs and a stock worker's messages waited; Easel runs already."""
    ours, theirs = SPAWN.Pipe()
    worker = SPAWN.Process(target=_run_stock_worker, args=(redis_url, theirs), daemon=True)
    worker.start()
    db = Database(database_url)
    try:
        await _submit(db, 3)  # the first claim of a worker connects and prepares its statements
        return await asyncio.gather(_submit(db, count), _send(redis_url, ours, count))
    finally:
        await db.close()
        worker.terminate()
        worker.join()


async def _submit(db: Database, count: int) -> list[float]:
    """Submit jobs and return how many milliseconds each waited for its worker."""
    async with db.read() as tx:
        user_id = (await tx.execute(select(col(User.id)).where(col(User.email) == DEMO.email))).scalar_one()
    spec = generation.check(GenerationRequest(prompt="a quiet sea #block", count=1), ["sandbox"])
    waits = []
    for _ in range(count):
        committed: list[float] = []
        async with db.write() as tx:
            event.listen(tx.sync_session, "after_commit", lambda _tx, at=committed: at.append(time.time()))
            job_id = await generation.submit(tx, user_id, spec, key=str(time.time_ns()))
        await _pause()
        started = (await _ended(db, job_id)).started_at
        assert started
        waits.append((started.timestamp() - committed[0]) * 1e3)
    return waits


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


def _run_stock_worker(redis_url: str, started: Connection[Any, Any]) -> None:
    broker = RedisBroker(url=redis_url, namespace="stock")
    dramatiq.actor(broker=broker, queue_name=QUEUE, actor_name=ACTOR)(lambda: started.send(time.time()))
    worker = dramatiq.Worker(broker)
    worker.start()
    started.send(time.time())
    signal.pause()


if __name__ == "__main__":
    main()
