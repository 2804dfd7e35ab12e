"""The process that decodes one uploaded file: it has few rights, little memory and little time, and then it ends."""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import UUID

from domain.pictures import render_plain, render_version
from domain.pictures.containers import Unacceptable
from domain.pictures.uploaded import picture_of
from domain.renditions import FILES

if TYPE_CHECKING:
    from domain.renditions import Rendition


def main(media_type: str, memory: int, seconds: int, parent_id: str = "", head: int = 0) -> None:
    """Read a file from standard input; write what is stored of it, or what is wrong with it.

    A line of JSON: ``{"problem": …}``, or a rendition with the lengths of its files, which follow.

    Args:
        media_type: what the file is said to be.
        memory: bytes of address space, at most.
        seconds: of one core, at most.
        parent_id: id of the asset that it is a version of, if of any.
        head: bytes of that asset's original, up to its pixels, that come before the file.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    try:
        original = sys.stdin.buffer.read(head)
        image = picture_of(sys.stdin.buffer.read(), media_type)
        rendition = render_version(image, original, UUID(parent_id)) if parent_id else render_plain(image)
    except Unacceptable as refusal:
        _write({"problem": refusal.problem})
        return
    _write(_described(rendition), *(getattr(rendition, name) for name in FILES))


def _described(rendition: Rendition) -> dict[str, object]:
    return {name: len(value) if name in FILES else value for name, value in asdict(rendition).items()}


def _write(told: dict[str, object], *files: bytes) -> None:
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n")
    for file in files:
        sys.stdout.buffer.write(file)
    sys.stdout.buffer.flush()
