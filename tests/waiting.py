"""Waiting for what another process does: it sets no event of ours, so it is asked until the answer is there."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, TypeVar, overload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

Answer = TypeVar("Answer")


@overload
async def until(ask: Callable[[], Awaitable[Answer]], at_most_s: float = 20) -> Answer: ...
@overload
async def until(ask: Callable[[], Answer], at_most_s: float = 20) -> Answer: ...
async def until(ask: Callable[[], Any], at_most_s: float = 20) -> Any:
    """Return the first answer that is true."""
    async with asyncio.timeout(at_most_s):
        while True:
            answer = ask()
            answer = await answer if inspect.isawaitable(answer) else answer
            if answer:
                return answer
            await asyncio.sleep(0.02)
