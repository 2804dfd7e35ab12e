"""Engines that tests host in processes of their own; those import this module."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from domain.ports import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from domain.ports import NotPainted, Painted, PaintRequest, PaintStep


class Broken:
    """An engine whose device says ``reason`` when it is to paint."""

    key = "broken"
    revision = "of no weights"
    batch_size = 3

    def __init__(self, reason: str) -> None:
        self._reason = reason

    def load(self) -> None:
        """Have no weights."""

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Fail."""
        del request, on_step
        raise RuntimeError(self._reason)


class Hung(Broken):
    """An engine that never comes back, and does not end when it is asked to."""

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> list[Painted | NotPainted]:
        """Wait for ever."""
        del request, on_step
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Event().wait()
        raise AssertionError


class Absent(Broken):
    """An engine without its weights."""

    def load(self) -> None:
        """Find none."""
        raise EngineUnavailable(self._reason)


class Endless(Broken):
    """An engine that is loaded for ever, and whose ``reason`` is the file in which it says in which process."""

    def load(self) -> None:
        """Say where, and wait for ever."""
        Path(self._reason).write_text(str(os.getpid()))
        threading.Event().wait()


class Mortal(Broken):
    """An engine whose process is killed while it loads, as by a system without memory."""

    def load(self) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)
