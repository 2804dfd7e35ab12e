"""Decodes uploaded files in child processes, so that none of them can take this one down, or much of the machine."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from anyio import to_thread

from db.words import ContentLevel
from domain.errors import UploadNotReady, UploadRejected
from domain.png import head_of
from domain.renditions import FILES, Rendition
from domain.words import UploadProblem

if TYPE_CHECKING:
    from domain.uploads import Parent

SECONDS: Final = 10
MEMORY: Final = 512 * 2**20
PATIENCE: Final = 4.0
_ROOT: Final = Path(__file__).parent.parent.parent
_CODE: Final = (
    "import sys; sys.path.insert(0, sys.argv[1]);"
    "from adapters.scanning.child import main;"
    "main(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], int(sys.argv[6]))"
)
_ENVIRONMENT: Final = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Of the child, and nothing else: it is told no secret. Threads would only take address space."""


class ChildScanner:
    """Decodes a file in a process of its own; a few at once."""

    def __init__(
        self, at_once: int = 2, seconds: int = SECONDS, memory: int = MEMORY, patience: float = PATIENCE
    ) -> None:
        """Run ``at_once`` processes at most, each with so many ``seconds`` and bytes of ``memory``.

        ``patience`` is how many seconds a file waits for others: the request that brought it has ten in all.
        """
        self._places = asyncio.Semaphore(at_once)
        self._seconds = seconds
        self._memory = memory
        self._patience = patience

    async def __call__(self, data: bytes, media_type: str, parent: Parent | None = None) -> Rendition:
        """Return what is stored of an uploaded picture; its file is re-encoded, with nothing but its pixels.

        A version of another picture has that one's metadata.

        Raises:
            UploadRejected: it is not acceptable, or takes too much of a core or of memory.
            UploadNotReady: this machine is too busy.
        """
        try:
            async with asyncio.timeout(self._patience):
                await self._places.acquire()
        except TimeoutError:
            raise UploadNotReady("upload.busy") from None
        scanning = asyncio.create_task(to_thread.run_sync(self._run, data, media_type, parent))
        scanning.add_done_callback(lambda _: self._places.release())  # the process goes on where nobody waits any more
        told = await asyncio.shield(scanning)
        head, _, files = told.partition(b"\n")
        try:
            found = json.loads(head)
            if "problem" not in found:
                return _rendition(found, files)
            problem = UploadProblem(found["problem"])
        except (KeyError, TypeError, ValueError):  # it was killed over it, or ran out of memory
            problem = UploadProblem.TOO_EXPENSIVE
        raise UploadRejected(problem)

    def _run(self, data: bytes, media_type: str, parent: Parent | None) -> bytes:
        limits = (str(self._memory), str(self._seconds))
        head = head_of(parent.original) if parent else b""
        lineage = (str(parent.id) if parent else "", str(len(head)))
        try:
            ended = subprocess.run(  # noqa: S603 - our own code, by our own interpreter
                (sys.executable, "-I", "-c", _CODE, str(_ROOT), media_type, *limits, *lineage),
                input=head + data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"PATH": os.defpath, **_ENVIRONMENT},
                timeout=self._seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UploadNotReady("upload.busy") from None
        return ended.stdout


def _rendition(found: dict[str, Any], files: bytes) -> Rendition:
    for name in FILES:
        length = found[name]
        found[name], files = files[:length], files[length:]
        if len(found[name]) != length:
            raise ValueError(name)
    found["content_level"] = ContentLevel(found["content_level"])
    return Rendition(**found)
