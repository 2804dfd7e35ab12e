"""The block list: known pictures that must not be shown again, found by their difference hashes."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final

from domain.pictures import seen
from domain.pictures.fingerprints import dhash

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from PIL import Image

    from adapters.checkers.known_pictures import KnownPictures
    from domain.ports import Blocked

_ENTRY: Final = re.compile(r"([0-9a-fA-F]{16})(?:\s+(.*))?")
_64_BITS: Final = 2**64 - 1
_SIGN: Final = 2**63


class BadBlockList(Exception):
    """A list can not be read or understood; the message names the file, and the line."""


class BlockList:
    """Blocks what looks like a picture of the list in the database, as it is at that moment."""

    def __init__(self, known: KnownPictures) -> None:
        """Ask ``known``."""
        self._known = known

    async def judge(self, picture: Image.Image) -> Blocked | None:
        """Return which entry blocks the picture; see ``domain.ports.OutputChecker``.

        Raises:
            CheckUnavailable: the database was away for too long.
        """
        return await self._known.find(await asyncio.to_thread(dhash, picture))

    def warm_up(self) -> None:
        """Be ready already."""

    def close(self) -> None:
        """Have nothing to end."""


def line_of(picture: Image.Image, reason: str) -> str:
    """Return the line of a file that blocks an RGB or RGBA picture."""
    return f"{dhash(seen(picture)) & _64_BITS:016x} {reason}"


def read(path: Path) -> Mapping[int, str]:
    """Return the hashes of a file with their reasons: one on each line, 16 hexadecimal digits and what follows.

    Lines that are empty or begin with ``#`` say nothing.

    Raises:
        BadBlockList: see there.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadBlockList(f"the block list {str(path)!r} can not be read: {error}") from error
    reasons = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        entry = _ENTRY.fullmatch(text)
        if entry is None:
            raise BadBlockList(
                f"line {number} of the block list {str(path)!r} does not begin with a hash of 16 hexadecimal digits"
            )
        reasons[signed(entry[1])] = entry[2] or ""
    return reasons


def signed(digits: str) -> int:
    """Return a hash of 16 hexadecimal digits as the database keeps it: 64 bits with a sign."""
    return (int(digits, 16) ^ _SIGN) - _SIGN
