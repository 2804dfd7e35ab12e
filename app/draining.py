"""Workers as an operator at a shell sees and drains them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from app.services import open_database
from domain import workers
from domain.words import WorkerStatus

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from app.settings import Settings
    from domain.workers import KnownWorker

LOOK_S: Final = 0.5
"""How often a worker is looked at that is waited for."""


async def known_workers(settings: Settings) -> Sequence[KnownWorker]:
    """Return the workers that are known, oldest first."""
    db = open_database(settings)
    try:
        return await db.look_up(workers.listed)
    finally:
        await db.close()


async def drain(settings: Settings, worker_id: UUID, patience_s: float) -> KnownWorker | None:
    """Drain a worker and wait for at most ``patience_s`` until it is DRAINED; return it, or None where it is gone.

    Raises:
        NotFound: there is no such worker.
    """
    db = open_database(settings)
    deadline = asyncio.get_running_loop().time() + patience_s
    try:
        async with db.write() as tx:
            await workers.drain(tx, worker_id)
        while True:
            found = await db.look_up(lambda tx: workers.find(tx, worker_id))
            is_over = found is None or found.status is WorkerStatus.DRAINED
            if is_over or asyncio.get_running_loop().time() >= deadline:
                return found
            await asyncio.sleep(LOOK_S)
    finally:
        await db.close()


async def resume(settings: Settings, worker_id: UUID) -> None:
    """Let a worker take jobs again.

    Raises:
        NotFound: there is no such worker.
    """
    db = open_database(settings)
    try:
        async with db.write() as tx:
            await workers.resume(tx, worker_id)
    finally:
        await db.close()
