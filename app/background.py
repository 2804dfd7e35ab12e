"""The processes beside API and GPU worker: outbox relay and sweeper. Each runs until it is asked to stop."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from app.services import open_broker, open_database, open_messaging, open_store
from db.outbox import Doorbell
from workers.broker import Bell
from workers.notifier import Notifier
from workers.relay import Relay
from workers.sweeper import Sweeper

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from app.settings import Settings

UNFINISHED_GRACE: Final = timedelta(minutes=10)


def run_relay(settings: Settings) -> None:
    """Say what committed transactions left to be said, and notify people, until SIGINT or SIGTERM."""
    db, messaging = open_database(settings), open_messaging(settings)
    relay, notifier = Relay(db, Bell(open_broker(settings)), messaging.events), Notifier(db)

    async def work() -> None:
        async with asyncio.TaskGroup() as both:
            both.create_task(relay.run(Doorbell(settings.database_url)))
            both.create_task(notifier.run())

    _run_until_stopped(work())


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
