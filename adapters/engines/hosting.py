"""Engines in processes of their own: memory comes back when one ends, and when a device is lost, nothing else is."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from domain.ports import EngineLost, EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import BaseContext

    from domain.ports import Engine, NotPainted, Painted, PaintRequest, PaintStep

ANEW: Final = multiprocessing.get_context("spawn")
"""Starts processes with nothing of this one: a fork would share locks, and CUDA can not be forked."""
SILENCE_S: Final = 600.0
"""A process that says nothing for so long, while it loads or between two steps, is taken for hung."""
_END_S: Final = 5.0
"""Within which a process ends that was asked to; then it is killed."""


@dataclass(frozen=True, slots=True)
class _Ready:
    batch_size: int
    revision: str


@dataclass(frozen=True, slots=True)
class _Stopped:
    """The engine let go because it was told to stop."""


@dataclass(frozen=True, slots=True)
class _Done:
    outcomes: list[Painted | NotPainted]
    batch_size: int


@dataclass(frozen=True, slots=True)
class _Unavailable:
    reason: str


@dataclass(frozen=True, slots=True)
class _Raised:
    reason: str


@dataclass(frozen=True, slots=True)
class _Lost:
    reason: str


class _Stop(Exception):
    """Sent in place of a request, and raised in the process: what runs is not wanted any more."""


class Residents:
    """Which engines are in memory: at most so many; the one that nobody has asked for longest leaves first."""

    def __init__(self, most: int) -> None:
        """Let ``most`` engines be in memory at once, 1 or more."""
        self._most = most
        self._here: dict[str, HostedEngine] = {}

    def enter(self, engine: HostedEngine) -> None:
        """Make room for an engine that is about to be used."""
        self._here.pop(engine.key, None)
        while len(self._here) >= self._most:
            self._here.pop(next(iter(self._here))).close()
        self._here[engine.key] = engine


class HostedEngine:
    """An engine, as ``domain.ports.Engine``, in a process that starts when it is needed."""

    def __init__(
        self,
        key: str,
        build: Callable[[], Engine],
        residents: Residents,
        *,
        idle_s: float | None = None,
        silence_s: float = SILENCE_S,
        context: BaseContext = ANEW,
    ) -> None:
        """Start nothing yet.

        Args:
            key: Of the engine.
            build: Makes the engine, in the process: a function or partial that can be pickled.
            residents: Who else is in memory.
            idle_s: Seconds after the last picture at which the process ends; None keeps it.
            silence_s: See ``SILENCE_S``.
            context: Starts the process.
        """
        self.key = key
        self.batch_size = 1
        self.revision = ""
        self._build = build
        self._residents = residents
        self._idle_s = idle_s
        self._silence_s = silence_s
        self._context: Any = context
        self._process: Any = None
        self._line: Connection | None = None
        self._lock = threading.RLock()
        self._rest: threading.Timer | None = None

    @property
    def pid(self) -> int | None:
        """Id of the process, None where there is none."""
        return self._process.pid if self._process else None

    def load(self) -> None:
        """Start the process, unless it runs, and wait until the engine is loaded there.

        Raises:
            EngineUnavailable: it can not be loaded; EngineLost: its process died meanwhile.
        """
        with self._lock:
            if self._process and not self._process.is_alive():
                self._end()
            self._residents.enter(self)
            if self._process is None:
                self._start()

    def paint(self, request: PaintRequest, on_step: Callable[[PaintStep], None]) -> Sequence[Painted | NotPainted]:
        """Paint in the process; see ``domain.ports.Engine``. What ``on_step`` raises is raised at the next step.

        Raises:
            EngineLost: the process died, or its device is gone; the next call starts another one.
        """
        with self._lock:
            self._stay()
            self.load()
            self._send(request)
            try:
                return self._follow(on_step)
            finally:
                self._rest_soon()

    def close(self) -> None:
        """End the process, which gives all its memory back."""
        with self._lock:
            self._stay()
            self._end()

    def _start(self) -> None:
        line, theirs = self._context.Pipe()
        process = self._context.Process(
            target=_serve, args=(theirs, self._build), name=f"engine-{self.key}", daemon=True
        )
        try:
            process.start()
        except OSError as error:
            line.close()
            raise EngineLost(f"no process can be started for {self.key}: {error}") from error
        finally:
            theirs.close()
        self._line, self._process = line, process
        answer = self._receive()
        if isinstance(answer, _Ready):
            self.batch_size, self.revision = answer.batch_size, answer.revision
            return
        self._end()
        raise EngineUnavailable(answer.reason)

    def _follow(self, on_step: Callable[[PaintStep], None]) -> Sequence[Painted | NotPainted]:
        stopped_by: BaseException | None = None
        while True:
            answer = self._receive()
            match answer:
                case _Done():
                    self.batch_size = answer.batch_size
                    if stopped_by is None:
                        return answer.outcomes
                    raise stopped_by
                case _Stopped() if stopped_by:
                    raise stopped_by
                case _Raised():
                    raise stopped_by or RuntimeError(answer.reason)
                case _Lost():
                    self._end()
                    raise EngineLost(answer.reason)
                case step if stopped_by is None:
                    try:
                        on_step(step)
                    except BaseException as error:  # noqa: BLE001 - raised once the engine has let go
                        stopped_by = error
                        self._send(_Stop())

    def _send(self, message: object) -> None:
        assert self._line
        try:
            self._line.send(message)
        except OSError as error:
            self._end()
            raise EngineLost(f"the process of {self.key} has died") from error

    def _receive(self) -> Any:  # noqa: ANN401 - one of the answers above, or a step
        assert self._line
        reason = "has died"
        with suppress(EOFError, OSError):
            if self._line.poll(self._silence_s):
                return self._line.recv()
            self._process.kill()
            reason = "was silent for too long"
        self._end()
        raise EngineLost(f"the process of {self.key} {reason}")

    def _end(self) -> None:
        if self._line:
            self._line.close()  # at which the process ends
        if self._process:
            self._process.join(_END_S)
            if self._process.exitcode is None:
                self._process.kill()
                self._process.join()
            self._process.close()
        self._line = self._process = None

    def _rest_soon(self) -> None:
        if self._idle_s is not None and self._process:
            self._rest = threading.Timer(self._idle_s, self._end_unless_used, (self._process,))
            self._rest.daemon = True
            self._rest.start()

    def _stay(self) -> None:
        if self._rest:
            self._rest.cancel()
            self._rest = None

    def _end_unless_used(self, process: object) -> None:
        resting = threading.current_thread()
        with self._lock:
            if self._rest is resting and self._process is process:
                self.close()


def _serve(line: Connection, build: Callable[[], Engine]) -> None:
    """Be the process: load an engine and paint what is asked for, until nobody can ask any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is for who asks, who then hangs up
    threading.Thread(target=end_with_parent, daemon=True).start()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        try:
            engine = build()
            engine.load()
        except Exception as error:  # noqa: BLE001 - whoever asked is told
            line.send(_Unavailable(str(error) if isinstance(error, EngineUnavailable) else _named(error)))
            return
        line.send(_Ready(engine.batch_size, engine.revision))
        while True:
            request = line.recv()
            if isinstance(request, _Stop):
                continue  # it came too late
            answer = _painted(line, engine, request)
            line.send(answer)
            if isinstance(answer, _Lost):
                return


def end_with_parent() -> None:
    """Wait until the process that started this one has ended, and end at once, in the middle of whatever is done."""
    parent = multiprocessing.parent_process()
    assert parent
    parent.join()
    os._exit(1)


def _painted(line: Connection, engine: Engine, request: PaintRequest) -> object:
    def on_step(step: PaintStep) -> None:
        try:
            unwanted = line.recv() if line.poll() else None
            line.send(step)
        except (EOFError, OSError):
            raise SystemExit from None  # nobody asks any more
        if unwanted:
            raise unwanted

    try:
        return _Done(list(engine.paint(request, on_step)), engine.batch_size)
    except _Stop:
        return _Stopped()
    except Exception as error:  # noqa: BLE001 - whoever asked is told
        return (_Lost if _is_device_lost(error) else _Raised)(_named(error))


def _is_device_lost(error: Exception) -> bool:
    """Return whether a device is gone for this process: after any error of CUDA itself every later call fails too."""
    return isinstance(error, RuntimeError) and "CUDA error" in str(error)


def _named(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
