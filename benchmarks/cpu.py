"""CPU time and memory of process trees as the kernel counts them, and the cores that a process may use (Linux)."""

from __future__ import annotations

import os
import re
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping


def tree(pid: int) -> list[int]:
    """Return ``pid`` and all that descend from it."""
    found, waiting = [], [pid]
    while waiting:
        parent = waiting.pop()
        found.append(parent)
        for told in Path(f"/proc/{parent}/task").glob("*/children"):
            with suppress(OSError):
                waiting += [int(child) for child in told.read_text().split()]
    return found


def cpu_times(pid: int) -> dict[int, int]:
    """Return the CPU time of each living thread of a process tree so far, in nanoseconds (``schedstat``)."""
    times = {}
    for process in tree(pid):
        for told in Path(f"/proc/{process}/task").glob("*/schedstat"):
            with suppress(OSError):
                times[int(told.parent.name)] = int(told.read_text().split()[0])
    return times


def spent_ms(pid: int) -> float:
    """Return the CPU time of one living process so far, in milliseconds, to this moment: POSIX's clock of a process.

    ``schedstat`` counts what runs just now up to the last tick of the kernel's, some milliseconds ago.
    """
    return time.clock_gettime((~pid << 3) | 2) * 1e3  # the kernel's encoding, as of clock_getcpuclockid(3)


def seconds_between(before: Mapping[int, int], after: Mapping[int, int]) -> float:
    """Return what has been used between two looks, by threads that live at the second."""
    return sum(time - before.get(thread, 0) for thread, time in after.items()) / 1e9


def resident_megabytes(pid: int) -> float:
    """Return the resident memory of one process (RSS) in 10**6 bytes."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found, "the kernel tells it of every process"
    return int(found[1]) * 1024 / 1e6


def pin(pid: int, cores: Collection[int]) -> None:
    """Let a process tree that runs already use ``cores`` alone."""
    for process in tree(pid):
        with suppress(FileNotFoundError, ProcessLookupError):  # it has ended in the meantime
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - names are thread ids, not paths
                os.sched_setaffinity(int(thread), cores)


def let_go_first(pid: int) -> None:
    """Let a process tree run as soon as it has something to do (SCHED_RR, sched(7)), where this user may say so.

    Processes that share a core wait for each other's time slices, of some milliseconds: what is to be measured may not.
    """
    for process in tree(pid):
        with suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            for thread in os.listdir(f"/proc/{process}/task"):  # noqa: PTH208 - names are thread ids, not paths
                os.sched_setscheduler(int(thread), os.SCHED_RR, os.sched_param(1))


@contextmanager
def starting_on(cores: Collection[int]) -> Iterator[None]:
    """Let processes that are started in the block use ``cores`` alone: they inherit it from this thread."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
