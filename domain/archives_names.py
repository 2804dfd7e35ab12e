"""Names in an archive that every system bears on which it may be unpacked, each its own among those beside it.

Source: https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file, the strictest of the systems.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LENGTH: Final = 60
"""Characters of a file's or folder's own name: with a number and an extension below the 255 bytes of Linux."""
_FORBIDDEN: Final = frozenset('<>:"/\\|?*')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])\s*(?:\..*)?", re.IGNORECASE)


def safe(text: str, otherwise: str) -> str:
    """Return what is left of ``text`` as the name of one file or folder, or ``otherwise`` where nothing is.

    It leads nowhere else, is no device of Windows, is not hidden, looks like no option of a command, and has no signs
    that turn the direction of writing.
    """
    kept = "".join(_kept(sign) for sign in unicodedata.normalize("NFC", text[: 4 * LENGTH]))
    name = " ".join(kept.split())[:LENGTH].lstrip(" .-~").rstrip(" .")
    return f"_{name}" if _RESERVED.fullmatch(name) else name or otherwise


def _kept(sign: str) -> str:
    category = unicodedata.category(sign)
    if sign in _FORBIDDEN or category[0] == "Z" or category == "Cc":
        return " "
    return "" if category[0] == "C" else sign


class Directory:
    """The names of one directory; what differs in case or width alone is the same to some systems."""

    def __init__(self) -> None:
        """Hold no name yet."""
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def take(self, stem: str, extension: str = "") -> str:
        """Return ``stem`` with its extension, numbered where that name is taken: ``a cat (2).png``."""
        number = self._next.get(stem, 1)
        while _seen(name := f"{stem}{f' ({number})' if number > 1 else ''}{extension}") in self._taken:
            number += 1
        self._taken.add(_seen(name))
        self._next[stem] = number + 1
        return name


def _seen(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
