"""Asking the content guard about what somebody wrote, and keeping what it decides."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from domain import guard
from domain.errors import ContentBlocked
from domain.guard import Ruling
from schema.context import Info


@asynccontextmanager
async def keeping_blocks(info: Info, ruling: Ruling) -> AsyncIterator[None]:
    """Run the block that the ruling may refuse; where it does, write the decision, and nothing else is written.

    Raises:
        ContentBlocked: as the block raised it.
    """
    viewer_id = info.context.required_viewer_id
    try:
        yield
    except ContentBlocked:
        async with info.context.services.db.write() as tx:
            guard.record(tx, viewer_id, ruling)
        raise


async def require_passed(info: Info, text: str, *path: str) -> Ruling:
    """Return what the guard says about a text that stands at ``path`` of the input, where nothing blocks it.

    Raises:
        ContentBlocked: something does; the decision is written.
    """
    ruling = await guard.rule(info.context.services.guard, text)
    async with keeping_blocks(info, ruling):
        ruling.require_passed(("input", *path))
    return ruling
