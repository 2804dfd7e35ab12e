"""The ``easel`` command as a person at a shell runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def easel_command(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    argv = (sys.executable, "-m", "app", *words)
    return subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
