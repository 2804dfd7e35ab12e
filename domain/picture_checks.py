"""What every picture passes that no engine painted, uploads and edits alike, before anything of it is stored."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from domain.errors import PictureBlocked
from domain.ports import Blocked, CheckUnavailable
from domain.words import GuardReason

if TYPE_CHECKING:
    from db.session import Database
    from domain.bounds import Path
    from domain.ports import ObjectStore, PictureGuard
    from domain.renditions import Rendition

PATIENCE_S: Final = 4.0
"""How long a judgement is waited for; the request that brought the picture has ten seconds in all."""
EDITS_AT_ONCE: Final = 2
"""How many pictures one process edits at once: each may take 0.6 GB."""


def edit_places() -> asyncio.Semaphore:
    """Return the places of pictures that are edited in one process."""
    return asyncio.Semaphore(EDITS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Gate:
    """Where such pictures come in: their rows, their objects, and who judges them."""

    db: Database
    store: ObjectStore
    guard: PictureGuard
    edit_places: asyncio.Semaphore = field(default_factory=edit_places)
    """Of pictures that are edited in this process."""


async def passed(guard: PictureGuard, rendition: Rendition, path: Path) -> Rendition:
    """Return a picture that may be shown, with the content level that it is found to have.

    Raises:
        PictureBlocked: it must not be shown; whoever catches it writes the decision (``guard.record_picture``).
        CheckUnavailable: it can not be judged at present.
    """
    try:
        async with asyncio.timeout(PATIENCE_S):
            verdict = await guard.judge(rendition)
    except TimeoutError as error:
        raise CheckUnavailable("the judgement takes too long") from error
    if isinstance(verdict, Blocked):
        raise PictureBlocked(GuardReason(verdict.reason), path)
    return replace(rendition, content_level=verdict.level) if verdict else rendition
