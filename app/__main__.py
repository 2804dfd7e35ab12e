"""``python -m app``: the ``easel`` command."""

import signal

# Ctrl-C while modules load ends the command without a traceback; what runs long sets its own handler.
signal.signal(signal.SIGINT, signal.SIG_DFL)

from app.cli import main  # noqa: E402

main()
