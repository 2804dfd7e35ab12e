"""One child process of the supervisor: its own session, a leash, and its output line by line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from app.embedded.leash import leashed

_CHUNK = 1 << 16
_LONGEST_LINE = 1 << 16
_DRAIN_LIMIT = 0.2  # seconds that a pipe held open by somebody else is read on after the child's end
_REMEMBERED_LINES = 12


@dataclass(frozen=True, slots=True)
class Service:
    """A part of Easel that runs as a process of its own."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Set in addition to our own environment."""


class Child:
    """A running process of a service."""

    def __init__(self, service: Service, process: asyncio.subprocess.Process, on_line: Callable[[bytes], None]) -> None:
        """Follow a process that was started by ``start_child``."""
        self.service = service
        self.last_lines: deque[str] = deque(maxlen=_REMEMBERED_LINES)
        self._process = process
        self._on_line = on_line
        self._reading = asyncio.create_task(self._read())

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended yet."""
        return self._process.returncode is None

    async def finish(self) -> int:
        """Wait for the end; return the exit status, negative for a signal. Whatever it started ends with it."""
        status = await self._process.wait()
        self.signal(signal.SIGKILL)
        await asyncio.wait({self._reading}, timeout=_DRAIN_LIMIT)
        self._reading.cancel()
        return status

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and to what it started (its process group)."""
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: EPERM for a group of zombies
            os.killpg(self._process.pid, number)

    async def _read(self) -> None:
        assert self._process.stdout is not None
        rest = b""
        while chunk := await self._process.stdout.read(_CHUNK):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._take(line)
            if len(rest) > _LONGEST_LINE:
                self._take(rest)
                rest = b""
        if rest:
            self._take(rest)

    def _take(self, line: bytes) -> None:
        line = line.rstrip(b"\r")
        self.last_lines.append(line.decode(errors="replace"))
        self._on_line(line)


async def start_child(service: Service, on_line: Callable[[bytes], None]) -> Child:
    """Start a service's process; it can not outlive us (Linux), and a terminal's Ctrl-C does not reach it.

    Call it from the thread that runs the supervisor: the leash is tied to that thread.
    """
    process = await asyncio.create_subprocess_exec(
        *leashed(list(service.argv), signal.SIGKILL),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **service.env},
    )
    return Child(service, process, on_line)


def describe_status(status: int) -> str:
    """Say an exit status in words."""
    if status >= 0:
        return f"exit status {status}"
    with contextlib.suppress(ValueError):
        return f"signal {signal.Signals(-status).name}"
    return f"signal {-status}"
