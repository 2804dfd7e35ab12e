"""Progress from the GPU thread to the watchers: throttled, with small previews, and dropped rather than queued."""

from __future__ import annotations

import asyncio
import base64
import io
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from domain import streams

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future
    from uuid import UUID

    from PIL import Image

    from domain.ports import EventLog, PaintStep

SHORTEST_INTERVAL_S: Final = 0.05


class ProgressReporter:
    """Publishes the steps of one ``paint`` call; to be called from the GPU thread."""

    def __init__(self, log: EventLog, job_id: UUID, slot_indexes: Sequence[int]) -> None:
        """Report to the watchers of ``job_id``; create it on the event loop that shall publish."""
        self._log = log
        self._stream = streams.of_job(job_id)
        self._slot_indexes = slot_indexes
        self._loop = asyncio.get_running_loop()
        self._sending: Future[None] | None = None
        self._in_order = asyncio.Lock()
        self._last = 0.0

    def report(self, step: PaintStep) -> None:
        """Publish ``step``, unless one was published just now or is still on its way; the last step always is."""
        is_last = step.step == step.total_steps
        if not is_last:
            if self._sending and not self._sending.done():
                return
            if time.monotonic() - self._last < SHORTEST_INTERVAL_S:
                return
        self._last = time.monotonic()
        self._sending = asyncio.run_coroutine_threadsafe(self._publish(step), self._loop)

    async def _publish(self, step: PaintStep) -> None:
        async with self._in_order:
            previews = await asyncio.to_thread(_data_uris, step.previews)  # the GPU does not wait for them
            for index, preview in zip(self._slot_indexes, previews, strict=True):
                data = {"slot": index, "step": step.step, "total": step.total_steps, "preview": preview}
                with suppress(ConnectionError):
                    await self._log.publish(self._stream, "progress", data)


def _data_uris(previews: Sequence[Image.Image | None]) -> list[str | None]:
    return [_data_uri(preview) if preview else None for preview in previews]


def _data_uri(preview: Image.Image) -> str:
    content = io.BytesIO()
    preview.save(content, "WEBP", quality=60, method=0)
    return "data:image/webp;base64," + base64.b64encode(content.getvalue()).decode()
