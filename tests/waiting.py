"""Waiting for what another process does: it sets no event of ours, so it is asked until the answer is there."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Answer = TypeVar("Answer")


async def until(ask: Callable[[], Awaitable[Answer] | Answer], at_most_s: float = 20) -> Answer:
    """Return the first answer that is true."""
    async with asyncio.timeout(at_most_s):
        while True:
            answer = ask()
            answer = await answer if inspect.isawaitable(answer) else answer
            if answer:
                return answer
            await asyncio.sleep(0.02)
