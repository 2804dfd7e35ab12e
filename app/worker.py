"""The background processes: GPU worker, outbox relay, sweeper. Each runs until it is asked to stop."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog

from adapters.engines.factory import build_engine
from app.services import open_broker, open_database, open_messaging, open_store
from db.outbox import Doorbell
from workers.broker import GPU_QUEUE, Bell, declare_actor
from workers.painter import Painter
from workers.relay import Relay
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from app.settings import Settings

IDLE_WAIT_MS: Final = 1_000
STOP_WAIT_MS: Final = 5_000
UNFINISHED_GRACE: Final = timedelta(minutes=10)

logger = structlog.get_logger()


def run_worker(settings: Settings) -> None:
    """Paint what waits, until SIGINT or SIGTERM; a running job then goes back to the line."""
    os.environ.setdefault("dramatiq_queue_prefetch", "1")  # a GPU worker hoards no jobs
    os.environ.setdefault("dramatiq_restart_delay", "500")  # ms until a consumer looks for Redis again
    from dramatiq.worker import Worker  # noqa: PLC0415 - reads the environment when it is imported

    broker = open_broker(settings)
    engine = build_engine(settings.engine, settings.model or None)
    painter = Painter(
        open_database(settings),
        open_store(settings),
        open_messaging(settings).events,
        {engine.key: engine},
        timedelta(seconds=settings.lease_s),
    )
    declare_actor(broker, painter.paint_waiting)
    worker = Worker(broker, queues={GPU_QUEUE}, worker_threads=1, worker_timeout=IDLE_WAIT_MS)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    worker.start()
    logger.info("worker ready", engine=engine.key)
    stop.wait()
    painter.stop()
    worker.stop(timeout=STOP_WAIT_MS)
    broker.close()


def run_relay(settings: Settings) -> None:
    """Say what committed transactions left to be said, until SIGINT or SIGTERM."""
    db, messaging = open_database(settings), open_messaging(settings)
    relay = Relay(db, Bell(open_broker(settings)), messaging.events)
    _run_until_stopped(relay.run(Doorbell(settings.database_url)))


def run_sweeper(settings: Settings) -> None:
    """Find what fell between two stools, until SIGINT or SIGTERM."""
    sweeper = Sweeper(
        open_database(settings),
        Bell(open_broker(settings)),
        open_store(settings),
        timedelta(seconds=settings.patience_s),
        UNFINISHED_GRACE,
    )
    _run_until_stopped(sweeper.run())


def _run_until_stopped(work: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        task = asyncio.create_task(work)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await asyncio.wait({task})
        if not task.cancelled():
            task.result()

    asyncio.run(run())
