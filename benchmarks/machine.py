"""What a measurement was taken on: processor, memory, system, and the versions of what runs."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from app.embedded.binaries import postgres_binaries, valkey_binary


def describe() -> dict[str, str]:
    """Return the machine in words, by what each word is about, and how busy it is now."""
    return {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "system": f"{_distribution()}, {platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "PostgreSQL": _version(_postgres()),
        "Valkey": _version(valkey_binary()),
        "scheduling": _scheduling(),
        "date": datetime.now(UTC).date().isoformat(),
        "load before": load(),
    }


def load() -> str:
    """Return how many processes wanted to run in the last minute, on average."""
    return f"{os.getloadavg()[0]:.2f}"


def _scheduling() -> str:
    """Return whether what we start goes before all other work (as under ``chrt -r 10``) or shares the machine."""
    if not hasattr(os, "sched_getscheduler") or os.sched_getscheduler(0) == os.SCHED_OTHER:
        return "normal"
    return "real-time"


def _processor() -> str:
    with suppress(OSError):
        found = re.search(r"^model name\s*: (.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def _distribution() -> str:
    with suppress(OSError):
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    return platform.platform()


def _postgres() -> Path:
    with tempfile.TemporaryDirectory() as nowhere:
        return postgres_binaries(Path(nowhere), None) / "postgres"


def _version(program: Path) -> str:
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+(\.\d+)+", told)
    return found[0] if found else told.strip()
