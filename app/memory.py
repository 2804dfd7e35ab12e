"""How a process gives memory back that it no longer needs."""

from __future__ import annotations

import ctypes
import sys
from typing import Final

_M_MMAP_THRESHOLD: Final = -3
_LARGE: Final = 1 << 20


def return_large_blocks() -> None:
    """Let blocks of 1 MiB and more go back to the system as soon as they are freed (glibc, mallopt(3)).

    Left alone, glibc learns from the first such block to keep the next ones: 20 MB in each thread that hashes
    passwords, and as much again for pictures. Elsewhere than on glibc nothing happens.
    """
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
