"""One embedded server: how it is started, joined where it already runs, stopped, killed and started again."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

from app.embedded.leash import leashed

_START_LIMIT = 60.0  # seconds; crash recovery of a large database is slow, and is not an error
_POLL = 0.01
_STOP_PATIENCE = 0.7
_LOG_LIMIT = 8 << 20  # bytes; a longer log is begun anew at the next start


class Health(Enum):
    """What a server's address answers."""

    READY = "ready"
    BUSY = "starting up or ending"
    SILENT = "nobody listens"


class EmbeddedServerError(Exception):
    """An embedded server can not be had on this machine; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Program:
    """A server program that is prepared and can be started any number of times on the same address."""

    name: str
    version: str
    argv: tuple[str, ...]
    url: str
    data: Path
    """Folder of the data, which outlives the server."""
    log: Path
    account: tuple[int, int] | None
    """User and group id to run as; None for ours."""
    probe: Callable[[], Health]
    """Ask the address; answers within two seconds."""
    answering_pid: Callable[[], int | None]
    """Process id of the server that answers at the address."""
    stop_signal: signal.Signals
    """Ends it in good order."""
    haste_signal: signal.Signals
    """Ends it at once without loss of what was acknowledged."""
    note: str = ""
    """What whoever starts it should be told."""


class EmbeddedServer:
    """A running server, ours or one that was found running on the same data and joined."""

    def __init__(self, program: Program) -> None:
        """Take a prepared program; nothing is started yet."""
        self.program = program
        self.process: subprocess.Popen[bytes] | None = None
        """The process, where it is ours and not one that was joined."""
        self.pid: int | None = None
        self._is_starting = False

    @property
    def url(self) -> str:
        """Address of the server; the same after each restart."""
        return self.program.url

    def is_running(self) -> bool:
        """Whether the server's process is there."""
        if self.process is not None:
            return self.process.poll() is None
        if self.pid is None:
            return False
        with contextlib.suppress(PermissionError):  # it is there, and another account's
            try:
                os.kill(self.pid, 0)
            except ProcessLookupError:
                return False
        return True

    def start(self) -> None:
        """Start the server or join a running one, and return once it answers.

        Raises:
            EmbeddedServerError: It ended or stayed silent; the message carries the end of its log.
        """
        deadline = time.monotonic() + _START_LIMIT
        while not self.advance():
            if time.monotonic() > deadline:
                raise self._failure(f"did not answer within {_START_LIMIT:.0f} s")
            time.sleep(_POLL)

    def advance(self) -> bool:
        """Do the next thing towards a running server, without waiting; True once it answers.

        Call it again and again from one thread that lives as long as the server shall (see ``leash``).

        Raises:
            EmbeddedServerError: The program ended before it answered.
        """
        health = self.program.probe()
        if health is Health.READY:
            self._meet()
            return True
        if health is Health.SILENT and (self.process is None or self.process.poll() is not None):
            if self._is_starting:
                self._is_starting = False
                raise self._failure("ended at once")
            self._spawn()
        return False

    def stop(self) -> None:
        """End our server in good order, or at once where that takes longer than 0.7 s; leave a joined one alone."""
        if self.process is None:
            return
        for number in (self.program.stop_signal, self.program.haste_signal, signal.SIGKILL):
            if self.process.poll() is not None:
                break
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_STOP_PATIENCE)
        self.process.wait()

    def kill(self) -> None:
        """End the server like a power cut, and return when it is gone."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        elif self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
            while self.is_running():
                time.sleep(_POLL)

    def restart(self) -> None:
        """Stop the server if it runs, and start it again on the same address.

        Raises:
            EmbeddedServerError: As ``start``.
        """
        self.stop()
        self.start()

    def _meet(self) -> None:
        self._is_starting = False
        self.pid = self.program.answering_pid()
        if self.process is not None and self.process.pid != self.pid:
            self.process = None  # ours has ended, and the one that answers was started by somebody else

    def _spawn(self) -> None:
        with data_lock(self.program.data, wait=False) as lock:
            if lock is None:  # another process is starting a server on this data, or the last one is still ending
                return
            self._is_starting = True
            with self._open_log() as log:
                self.process = subprocess.Popen(  # noqa: S603 - the program was chosen by us, its arguments are ours
                    leashed(list(self.program.argv), self.program.stop_signal, self.program.account),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    pass_fds=[lock],  # the server and its children hold it for as long as one of them lives
                    start_new_session=True,  # Ctrl-C in the terminal is the supervisor's business
                    env=quiet_environment(),
                    cwd="/",
                )

    def _open_log(self) -> BinaryIO:
        log = self.program.log
        is_long = log.exists() and log.stat().st_size > _LOG_LIMIT
        mode = os.O_TRUNC if is_long else os.O_APPEND
        return os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | mode, 0o600), "wb")

    def _failure(self, what: str) -> EmbeddedServerError:
        log = self.program.log
        lines = log.read_text(errors="replace").splitlines()[-12:] if log.exists() else []
        return EmbeddedServerError("\n  ".join([f"{self.program.name} {what}. End of {log}:", *lines]))


def quiet_environment() -> dict[str, str]:
    """Return the environment for a server: no secrets of ours, no ``PG*`` settings, messages in English."""
    kept = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    return {name: os.environ[name] for name in kept if name in os.environ} | {"LC_ALL": "C"}


@contextlib.contextmanager
def data_lock(data: Path, *, wait: bool) -> Iterator[int | None]:
    """Hold the right to write to ``data``, and yield the lock's descriptor, or None where it is taken.

    The lock is the kernel's (flock on ``<data>.lock``): it passes on to processes that inherit the descriptor, and is
    free again when the last of them is gone, in whatever way.
    """
    lock = os.open(data.with_name(f"{data.name}.lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
        else:
            yield lock
    finally:
        os.close(lock)
