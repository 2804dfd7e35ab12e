"""``python -m app``: the ``easel`` command."""

import signal
import sys

# Ctrl-C while modules load ends the command without a traceback; what runs long sets a handler of its own.
signal.signal(signal.SIGINT, signal.SIG_DFL)
# structlog looks for rich, which typer brings along, and then loads it into every process: 4 MB and 80 ms for nothing.
sys.modules["rich"] = None  # type: ignore[assignment]
import structlog  # noqa: E402, F401

del sys.modules["rich"]

from app.cli import main  # noqa: E402

main(prog_name="easel")
