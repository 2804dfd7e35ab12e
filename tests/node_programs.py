"""Programs for Node: their packages installed once, and what they print."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

T = TypeVar("T")

needs_npm = pytest.mark.skipif(not shutil.which("npm"), reason="npm is not on the PATH")


def installed(folder: Path) -> Path:
    """Return a folder with a package.json, its packages being there as its lock says."""
    installed, lock = folder / "node_modules" / ".package-lock.json", folder / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(("npm", "ci"), cwd=folder, check=True)
    return folder


async def run(folder: Path, *command: str, **environment: str) -> tuple[int, str, str]:
    """Run a command there; return its status, what it printed and what it complained of."""
    pipe = asyncio.subprocess.PIPE
    settings = os.environ | environment
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env=settings, stdout=pipe, stderr=pipe, start_new_session=True
    )
    try:
        async with asyncio.timeout(45):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:  # npm does not end with its program, nor the program with npm
            os.killpg(process.pid, signal.SIGTERM)
            await process.communicate()
    assert process.returncode is not None
    return process.returncode, printed.decode(), complaints.decode()


async def printed_by(folder: Path, *command: str, **environment: str) -> str:
    """Run a command that succeeds; return what it printed."""
    status, printed, complaints = await run(folder, *command, **environment)
    assert status == 0, printed + complaints
    return printed


async def side_by_side(*programs: Coroutine[Any, Any, T]) -> list[T]:
    """Run programs at the same time; where one fails the others end."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(program) for program in programs]
    return [task.result() for task in tasks]
