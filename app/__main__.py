"""``python -m app``: the ``easel`` command."""

from app.cli import main

main()
