"""Texts of people where there is no markup: on one line, of bounded length, and turning nothing that stands around."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_TURNING: Final = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates of Unicode's bidirectional algorithm (UAX #9), which reach beyond a text."""
_JOINING: Final = frozenset("\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
"""What belongs to the character before it: the joiner, forms of emoji, tones of skin."""
_JOINER: Final = "\u200d"
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids in any form (https://www.w3.org/TR/xml/#charsets)."""


def one_line(text: str, maximum: int = 200) -> str:
    """Return ``text`` on one line, of at most ``maximum`` code points; what was cut off is told by an ellipsis.

    No character is cut in two: neither an emoji of several, nor a letter with its marks.
    """
    line = " ".join(_TURNING.sub("", legible(text)).split())
    if len(line) <= maximum:
        return line
    end = maximum - 1
    while end > 1 and (_belongs_to_the_one_before(line[end]) or line[end - 1] == _JOINER):
        end -= 1
    return f"{line[:end].rstrip()}…"


def legible(text: str) -> str:
    """Return ``text`` with a mark in the place of what no XML document may hold."""
    return _NOT_XML.sub("\ufffd", text)


def _belongs_to_the_one_before(character: str) -> bool:
    return character in _JOINING or unicodedata.category(character) in {"Mn", "Me", "Mc"}
