"""Judges pictures that no engine painted: by their hashes always, by a model where one is set."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from domain.ports import Blocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL import Image

    from adapters.checkers.known_pictures import KnownPictures
    from domain.ports import OutputChecker, Rated
    from domain.renditions import Rendition

logger = structlog.get_logger()


class RenditionGuard:
    """Asks the block list, then a model, which is opened for the first picture that it has to judge."""

    def __init__(self, known: KnownPictures, open_model: Callable[[], OutputChecker] | None = None) -> None:
        """Open nothing yet."""
        self._known = known
        self._open_model = open_model
        self._model: OutputChecker | None = None

    async def judge(self, rendition: Rendition) -> Blocked | Rated | None:
        """Return why a picture must not be shown, or not to everybody; see ``domain.ports.PictureGuard``.

        Raises:
            CheckUnavailable: the database was away for too long, or the model can not judge.
        """
        verdict = await self._known.find(rendition.dhash) or await self._judged(rendition)
        if isinstance(verdict, Blocked):
            logger.warning("picture blocked", reason=verdict.reason, detail=verdict.detail)
        return verdict

    def close(self) -> None:
        """End the model, if it was opened."""
        if self._model:
            self._model.close()

    async def _judged(self, rendition: Rendition) -> Blocked | Rated | None:
        if self._open_model is None:
            return None
        self._model = self._model or self._open_model()
        return await self._model.judge(await asyncio.to_thread(_pixels, rendition))


def _pixels(rendition: Rendition) -> Image.Image:
    """Return what people would see of a picture."""
    from domain.pictures import seen  # noqa: PLC0415 - where no model judges, the picture library stays away
    from domain.png import plain  # noqa: PLC0415

    return seen(plain(rendition.original, rendition.width * rendition.height))
