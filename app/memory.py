"""How a process gives memory back that it no longer needs."""

from __future__ import annotations

import ctypes
import gc
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 1 << 20
_COLLECT_AFTER: Final = (20_000, 20, 50)
"""New containers until young ones are looked through, and how many times so until older ones are: a page of a hundred
objects makes some thousand for a moment, and the default of 700 would look for cycles in the midst of every answer."""


def return_large_blocks() -> None:
    """Let blocks of 1 MiB and more go back to the system as soon as they are freed (glibc, mallopt(3)).

    Left alone, glibc learns from the first such block to keep the next ones: 20 MB in each thread that hashes
    passwords, and as much again for pictures. Elsewhere than on glibc nothing happens.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)


def collect_seldom() -> None:
    """Keep the garbage collector away from what there is now, and from what an answer needs for a moment."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
