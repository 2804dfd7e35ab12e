"""Words as search compares them: folded, without what nobody sees; the same for texts and for queries."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from domain.texts import folded

if TYPE_CHECKING:
    from collections.abc import Iterable

MAXIMUM_LENGTH: Final = 50
"""Characters of a word; of a longer one these are compared. Japanese and Thai run on without spaces."""
_ASCII: Final = re.compile(r"[a-z0-9_]+")
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Letters and marks by their category that Unicode calls default ignorable."""


def plain(text: str) -> str:
    """Return a text as it is compared; of one that is no text of people, nothing."""
    if text.isascii():
        return text.casefold()
    same = folded(text, maximum=max(len(text), 1)) or ""
    return "".join(each for each in same if not _is_unseen(each))


def words_in(text: str) -> list[str]:
    """Return the words of a ``plain`` text, in order: of letters, digits, underscores and marks."""
    if text.isascii():
        found = _ASCII.findall(text)
    else:
        found = "".join(each if _is_of_a_word(each) else " " for each in text).split()
    return [word[:MAXIMUM_LENGTH] for word in found if word.strip("_")]


def distinct_words(texts: Iterable[str], at_most: int) -> list[str]:
    """Return the words of texts, each once, the first ones first."""
    found: dict[str, None] = {}
    for text in texts:
        found |= dict.fromkeys(words_in(plain(text)))
        if len(found) >= at_most:
            break
    return list(found)[:at_most]


def is_blank(text: str) -> bool:
    """Return whether nobody sees anything of a text."""
    return all(each.isspace() or _is_unseen(each) for each in text)


def _is_unseen(character: str) -> bool:
    """Whether nobody sees it, and no word ends by it: joiners, directions, variation selectors, Hangul fillers."""
    return (
        character in _UNSEEN
        or unicodedata.category(character) == "Cf"
        or "\ufe00" <= character <= "\ufe0f"
        or "\U000e0100" <= character <= "\U000e01ef"
    )


def _is_of_a_word(character: str) -> bool:
    return character == "_" or unicodedata.category(character)[0] in "LNM"
