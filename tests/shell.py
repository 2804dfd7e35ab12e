"""The ``easel`` command as a person at a shell runs it."""

from __future__ import annotations

import subprocess
from tempfile import TemporaryFile
from typing import IO

from nursery import nurseries


def easel_command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
        process = nurseries[-1].start(words, environment, out.fileno(), err.fileno())
        try:
            status = process.wait(60)
        finally:
            process.kill()
        return subprocess.CompletedProcess(("easel", *words), status, _written(out), _written(err))


def _written(file: IO[str]) -> str:
    file.seek(0)
    return file.read()
