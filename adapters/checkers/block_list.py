"""The block list: known pictures that must not be shown again, found by their difference hashes."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from domain.pictures import seen
from domain.pictures.fingerprints import dhash
from domain.ports import Blocked, CheckUnavailable
from domain.words import BlockReason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

DISTANCE: Final = 6
"""Bits of 64 in which two hashes may differ and still be of one picture; docs/engines.md tells what was measured."""
_ENTRY: Final = re.compile(r"([0-9a-fA-F]{16})(?:\s+(.*))?")
_64_BITS: Final = 2**64 - 1


class BadBlockList(Exception):
    """The block list can not be read or understood; the message names the file, and the line."""


@dataclass(frozen=True, slots=True)
class _Entry:
    line: int
    hash: int
    """64 bits, unsigned."""
    reason: str


@dataclass(frozen=True, slots=True)
class _Known:
    """The list as it was read."""

    stamp: tuple[int, int, int]
    entries: tuple[_Entry, ...]
    hashes: NDArray[np.uint64]
    """Those of the entries, (n,)."""


class BlockList:
    """Blocks what looks like a picture of a list.

    The list is a text file with a hash on each line, as 16 hexadecimal digits, and if wanted a reason behind it; lines
    that are empty or begin with ``#`` say nothing. It is read again when it has changed. While it can not be
    understood, nothing is judged.
    """

    def __init__(self, path: Path, distance: int = DISTANCE) -> None:
        """Read the list.

        Args:
            path: The file.
            distance: Bits, 0 to 64, in which a picture's hash may differ from one of the list that blocks it.

        Raises:
            BadBlockList: see there.
        """
        self._path = path
        self._distance = distance
        self._known = _read(path)

    async def judge(self, picture: Image.Image) -> Blocked | None:
        """Return which entry blocks the picture; see ``domain.ports.OutputChecker``.

        Raises:
            CheckUnavailable: the list has changed, and can not be read or understood.
        """
        return await asyncio.to_thread(self._judge, picture)

    def warm_up(self) -> None:
        """Be ready already."""

    def close(self) -> None:
        """Have nothing to end."""

    def _judge(self, picture: Image.Image) -> Blocked | None:
        known = self._current()
        if not known.entries:
            return None
        distances = np.bitwise_count(known.hashes ^ np.uint64(_hash_of(picture)))
        nearest = int(distances.argmin())
        if distances[nearest] > self._distance:
            return None
        entry = known.entries[nearest]
        detail = f"line {entry.line} of the block list, {distances[nearest]} bits apart: {entry.reason or 'no reason'}"
        return Blocked(BlockReason.KNOWN_PICTURE, detail)

    def _current(self) -> _Known:
        try:
            if self._known.stamp != _stamp(self._path.stat()):
                self._known = _read(self._path)
        except (OSError, BadBlockList) as error:
            raise CheckUnavailable(str(error)) from error
        return self._known


def line_of(picture: Image.Image, reason: str) -> str:
    """Return the line of a list that blocks an RGB or RGBA picture."""
    return f"{_hash_of(seen(picture)):016x} {reason}"


def _hash_of(picture: Image.Image) -> int:
    return dhash(picture) & _64_BITS


def _read(path: Path) -> _Known:
    try:
        with path.open(encoding="utf-8") as file:
            stamp = _stamp(os.fstat(file.fileno()))
            entries = tuple(_entries(path, file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadBlockList(f"the block list {str(path)!r} can not be read: {error}") from error
    return _Known(stamp, entries, np.array([entry.hash for entry in entries], dtype=np.uint64))


def _entries(path: Path, lines: Iterable[str]) -> Iterator[_Entry]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        entry = _ENTRY.fullmatch(text)
        if entry is None:
            raise BadBlockList(
                f"line {number} of the block list {str(path)!r} does not begin with a hash of 16 hexadecimal digits"
            )
        yield _Entry(number, int(entry[1], 16), entry[2] or "")


def _stamp(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_ino, status.st_size, status.st_mtime_ns
