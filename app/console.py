"""What the supervisor's reader sees: whole lines, each with the name of the part that said it."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import BinaryIO

_NAME_WIDTH = 10
_COLOURS = (36, 33, 35, 32, 34, 96, 93, 95)  # SGR foreground colours that read well on light and dark


class Console:
    """Writes lines to one stream; once its reader is gone it writes nothing and says so once."""

    def __init__(self, stream: BinaryIO, on_closed: Callable[[], None]) -> None:
        """Write to ``stream``; ``on_closed`` is called once, when nobody reads it any more."""
        self._stream = stream
        self._on_closed = on_closed
        self._is_open = True
        self._is_coloured = stream.isatty() and not os.environ.get("NO_COLOR")
        self._colours: dict[str, int] = {}

    def say(self, text: str) -> None:
        """Write the supervisor's own words, line by line."""
        for line in text.splitlines() or [""]:
            self.line("easel", line.encode())

    def line(self, name: str, text: bytes) -> None:
        """Write one line (without its end) that the part ``name`` said."""
        head = f"{name:<{_NAME_WIDTH}}|".encode()
        if self._is_coloured:
            colour = self._colours.setdefault(name, _COLOURS[len(self._colours) % len(_COLOURS)])
            head = b"\x1b[%dm%b\x1b[0m" % (colour, head)
        self._write(b"%b %b\n" % (head, text) if text else head + b"\n")

    def _write(self, data: bytes) -> None:
        if not self._is_open:
            return
        try:
            self._stream.write(data)
            self._stream.flush()
        except OSError:  # the pipe's reader or the terminal is gone
            self._is_open = False
            self._forget_unwritten()
            self._on_closed()

    def _forget_unwritten(self) -> None:
        """Give what is still buffered a place to go, or the interpreter would fail on it at exit."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)
