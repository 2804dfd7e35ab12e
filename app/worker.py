"""The GPU worker's process."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NoReturn

import structlog
from prometheus_client import CollectorRegistry, start_http_server

from app.metrics import PaintMetrics
from app.services import open_broker, open_checker, open_database, open_messaging, open_store
from workers.broker import ARCHIVE_QUEUE, GPU_QUEUE, declare_actors
from workers.deliveries import Outlet
from workers.packer import Packer
from workers.painter import Painter

if TYPE_CHECKING:
    from app.settings import Settings
    from domain.ports import Engines

IDLE_WAIT_MS: Final = 1_000
STOP_WAIT_MS: Final = 5_000

logger = structlog.get_logger()


def run_worker(settings: Settings, engines: Engines) -> None:
    """Paint what waits with ``engines``, and pack archives, until SIGINT or SIGTERM; what runs is then given back."""
    os.environ.update(dramatiq_queue_prefetch="1")  # a worker hoards nothing, and runs each actor once
    os.environ.setdefault("dramatiq_restart_delay", "500")  # ms until a consumer looks for Redis again
    from dramatiq.worker import Worker  # noqa: PLC0415 - reads the environment when it is imported

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
    declare_actors(broker, painter.paint_waiting, packer.pack_waiting)
    queues = {GPU_QUEUE, ARCHIVE_QUEUE}
    worker = Worker(broker, queues=queues, worker_threads=len(queues), worker_timeout=IDLE_WAIT_MS)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    worker.start()
    logger.info("worker ready", engines=list(engines.by_key))
    stop.wait()
    painter.stop()
    packer.stop()
    worker.stop(timeout=STOP_WAIT_MS)
    checker.close()
    broker.close()


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
