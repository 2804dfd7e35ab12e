"""Easel's processes, forked from one that has loaded their modules: to load these takes longer than most tests.

What is forked runs ``python -m app`` as a shell would have it: with an environment, a session and outputs of its own.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT: Final = Path(__file__).parent.parent
LOADED: Final = ("app.cli", "app.asgi", "uvicorn", "app.edge.protocol", "app.streams.socket")
"""What the API loads; of the others, what they do not share with it is loaded by themselves, as they set it up."""
_LONGEST: Final = 1 << 16
_NUMBER: Final = struct.Struct("q")


@dataclass(eq=False)
class Forked:
    """A process that was forked, told of as ``subprocess.Popen`` does."""

    pid: int
    _end: socket.socket
    returncode: int | None = field(default=None, init=False)

    def poll(self) -> int | None:
        """Return its status if it has ended."""
        return self._ended(0)

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; return its status."""
        status = self._ended(timeout)
        if status is None:
            raise subprocess.TimeoutExpired(f"easel, process {self.pid}", timeout or 0)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal, unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.send_signal(signal.SIGKILL)

    def _ended(self, timeout: float | None) -> int | None:
        if self.returncode is None:
            self._end.settimeout(timeout)
            with suppress(TimeoutError, BlockingIOError):
                self.returncode = _read_number(self._end)
                self._end.close()
        return self.returncode


class Nursery:
    """The process that others are forked from; it starts with the first of them."""

    def __init__(self) -> None:
        self._asking: socket.socket | None = None
        self._one_at_a_time = Lock()

    def start(self, words: Sequence[str], environment: Mapping[str, str], out: int, err: int) -> Forked:
        """Run an ``easel`` command that writes to these files."""
        order = json.dumps([[*words], {**environment}]).encode()
        assert len(order) < _LONGEST
        ours, theirs = socket.socketpair()
        with self._one_at_a_time, theirs:
            if self._asking is None:
                self._asking = self._open()
            socket.send_fds(self._asking, [order], [out, err, theirs.fileno()])
            theirs.close()  # else its end would not be heard
            return Forked(_read_number(ours), ours)

    def close(self) -> None:
        """End it; what was forked goes on."""
        if self._asking:
            self._asking.close()
            self._process.wait(10)

    def _open(self) -> socket.socket:
        asking, theirs = socket.socketpair()
        with theirs:
            argv, passed = (sys.executable, __file__, str(theirs.fileno())), [theirs.fileno()]
            options: dict[str, Any] = {"cwd": ROOT, "stdin": subprocess.DEVNULL, "start_new_session": True}
            self._process = subprocess.Popen(argv, pass_fds=passed, **options)
        return asking


nurseries: Final[list[Nursery]] = []
"""The one of a run of tests; where there is none, as in benchmarks, each process loads what it needs."""


def _serve(asked: socket.socket) -> None:
    """Fork what is asked for, until nobody asks any more."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait for what is asked for
    order, files, *_ = socket.recv_fds(asked, _LONGEST, 3)
    while order:
        if os.fork() == 0:
            asked.close()
            _keep(*json.loads(order), *files)
            break
        for each in files:
            os.close(each)
        order, files, *_ = socket.recv_fds(asked, _LONGEST, 3)


def _load() -> None:
    sys.path[0] = str(ROOT)
    sys.modules["rich"] = None  # type: ignore[assignment]  # as app/__main__.py has it
    import_module("structlog")
    del sys.modules["rich"]
    for name in LOADED:
        import_module(name)
    gc.freeze()


def _keep(words: list[str], environment: dict[str, str], out: int, err: int, told: int) -> None:
    """Run a command in a process of its own; tell its number, and when it ends its status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(told)
        _become(words, environment, out, err)
    else:
        os.close(out)
        os.close(err)
        os.write(told, _NUMBER.pack(pid))
        _, status = os.waitpid(pid, 0)
        with suppress(BrokenPipeError):
            os.write(told, _NUMBER.pack(os.waitstatus_to_exitcode(status)))
        os._exit(0)


def _become(words: list[str], environment: dict[str, str], out: int, err: int) -> None:
    os.setsid()
    for number, file in ((1, out), (2, err)):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv[1:] = words
    runpy.run_module("app", run_name="__main__", alter_sys=True)


def _read_number(end: socket.socket) -> int:
    told = end.recv(_NUMBER.size)
    if not told:
        raise RuntimeError("the process that tests fork from has ended; it says why on stderr")
    (number,) = _NUMBER.unpack(told)
    return int(number)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
