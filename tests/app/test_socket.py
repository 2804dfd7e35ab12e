"""Ending an operation of a socket."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from app.socket import cancel_for_good

pytestmark = pytest.mark.anyio


async def test_a_task_that_misses_its_cancellation_is_cancelled_again() -> None:
    async def stubborn() -> None:
        for _ in range(2):
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)

    await cancel_for_good(task)

    assert task.cancelled()
