"""The GPU worker's process."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import socket
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import dramatiq.worker
import structlog
from dramatiq.asyncio import get_event_loop_thread
from prometheus_client import CollectorRegistry, start_http_server
from sqlalchemy.exc import SQLAlchemyError

from app.metrics import PaintMetrics
from app.services import open_broker, open_checker, open_database, open_messaging, open_store
from domain import workers
from domain.workers import Card
from workers.broker import ARCHIVE_QUEUE, GPU_QUEUE, declare_actors
from workers.deliveries import Outlet
from workers.heartbeat import Heartbeat
from workers.packer import Packer
from workers.painter import Painter

if TYPE_CHECKING:
    from concurrent.futures import Future
    from uuid import UUID

    from app.settings import Settings
    from domain.ports import Engines

IDLE_WAIT_MS: Final = 1_000
STOP_WAIT_MS: Final = 5_000
RESTART_S: Final = 0.5
"""Until a consumer looks for Redis again."""
LEAVE_WAIT_S: Final = 0.5
"""The sweeper forgets who does not leave in good order; who ends a worker shall not wait for that."""

logger = structlog.get_logger()


def run_worker(settings: Settings, engines: Engines) -> None:
    """Paint what waits with ``engines``, and pack archives, until SIGINT or SIGTERM; what runs is then given back."""
    db, store, lease = open_database(settings), open_store(settings), timedelta(seconds=settings.lease_s)
    checker = open_checker(settings, db)
    broker = open_broker(settings)
    registry = CollectorRegistry()
    if settings.metrics_port:
        start_http_server(settings.metrics_port, settings.host, registry)
    painter = Painter(
        db,
        Outlet(checker, store),
        open_messaging(settings).events,
        engines,
        lease,
        PaintMetrics(registry),
    )
    packer = Packer(db, store, lease)
    checker.warm_up()

    def drain(is_draining: bool) -> None:  # noqa: FBT001 - a state, not an option
        painter.drain(is_draining)
        packer.drain(is_draining)
        broker.is_resting = is_draining

    declare_actors(broker, painter.paint_waiting, packer.pack_waiting)
    queues = {GPU_QUEUE, ARCHIVE_QUEUE}
    dramatiq.worker.CONSUMER_RESTART_DELAY_SECS = RESTART_S  # the environment was read as dramatiq was imported
    worker = dramatiq.worker.Worker(broker, queues=queues, worker_threads=len(queues), worker_timeout=IDLE_WAIT_MS)
    worker.queue_prefetch = 1  # a worker hoards nothing, and runs each actor once
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    worker.start()
    beating = _keep_known(Heartbeat(db, _card(settings, painter, engines), drain))
    logger.info("worker ready", engines=list(engines.by_key), worker_id=str(painter.worker_id))
    stop.wait()
    painter.stop()
    packer.stop()
    beating.cancel()
    worker.stop(timeout=STOP_WAIT_MS)
    asyncio.run(_leave_registry(settings, painter.worker_id))
    checker.close()
    broker.close()


def _card(settings: Settings, painter: Painter, engines: Engines) -> Card:
    name = f"{socket.gethostname()}:{os.getpid()}"
    return Card(painter.worker_id, name, tuple(engines.by_key), settings.release)


def _keep_known(heartbeat: Heartbeat) -> Future[None]:
    """Let a heart beat on the loop that paints: where that stands still, the worker is not seen."""
    thread = get_event_loop_thread()
    assert thread, "the worker has started"
    return asyncio.run_coroutine_threadsafe(heartbeat.run(), thread.loop)


async def _leave_registry(settings: Settings, worker_id: UUID) -> None:
    """Take the worker's row away, on connections of this loop; the one that painted is over."""
    db = open_database(settings)
    try:
        async with asyncio.timeout(LEAVE_WAIT_S), db.write() as tx:
            await workers.leave(tx, worker_id)
        await db.close()
    except (SQLAlchemyError, OSError) as error:  # TimeoutError is one, too
        logger.warning("not taken from the registry", error=type(error).__name__)


def leave() -> NoReturn:
    """End this process and those of its engines, whatever they do.

    An exit in good order would wait for the thread that asks an engine: until a model is loaded, or ten minutes for a
    process that hangs.
    """
    for child in multiprocessing.active_children():
        child.kill()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)
