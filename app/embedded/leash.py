"""Starts a program that ends with its parent: run as a script, it changes the account, ties the leash and execs.

A script of its own, and not a ``preexec_fn``, because code between fork and exec may dead-lock where there are threads.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def leashed(argv: list[str], death_signal: signal.Signals, account: tuple[int, int] | None = None) -> list[str]:
    """Return the command that runs ``argv`` so that it receives ``death_signal`` when this process dies.

    The process keeps its id over the exec. Linux ties the leash to the *thread* that starts the command, so start it
    from a thread that lives on. Elsewhere than on Linux the program runs without a leash.

    Args:
        argv: Program and arguments; the program is looked up in PATH.
        death_signal: Sent by the kernel when the starting thread ends, in whatever way.
        account: User and group id to run as, without other groups; None keeps ours.
    """
    user, group = account or (-1, -1)
    leash = [str(os.getpid()), str(int(death_signal)), str(user), str(group)]
    return [sys.executable, "-I", "-S", __file__, *leash, *argv]


def _death_signal_setter() -> Callable[[int], object]:
    """Return what ties the leash on this system; nothing does where it is not Linux or CPython has no ctypes."""
    if sys.platform != "linux":
        return lambda _number: None
    try:
        import ctypes  # noqa: PLC0415 - some builds of CPython are without it
    except ImportError:
        return lambda _number: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda number: prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)


def _run(arguments: list[str]) -> None:
    parent, death_signal, user, group = (int(word) for word in arguments[:4])
    tie = _death_signal_setter()  # now, because the other account may not be able to read Python's library
    if user != -1:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    tie(death_signal)  # now, because a change of account unties it
    if os.getppid() != parent:  # it died before the leash was tied
        sys.exit(0)
    argv = arguments[4:]
    os.execvp(argv[0], argv)  # noqa: S606 - becoming that program is what this script is for


if __name__ == "__main__":
    _run(sys.argv[1:])
