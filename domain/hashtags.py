"""Hashtags: words as they are compared, and how they are found in a text.

In a text, a hashtag is ``#`` (or ``＃``) that follows no word and no ``#``, ``&`` or ``/``, and the letters, digits,
marks and underscores behind it. Whatever else comes ends it: a space, a full stop, an emoji, what nobody can see. One
of more than 50 characters is none, and neither is one without a letter: ``#1`` is a number.
"""

from __future__ import annotations

import unicodedata
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from domain.errors import InvalidInput
from domain.texts import folded, is_visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from domain.bounds import Path

MAXIMUM_TAGS: Final = 20
MAXIMUM_TAG_LENGTH: Final = 50
SIGNS: Final = "#\uff03"
_BEFORE_NO_TAG: Final = frozenset((*SIGNS, "&", "/"))
"""What stands before the sign in addresses (``/#top``), references (``&#35;``) and headlines (``##``)."""


def checked_tags(tags: Iterable[str], path: Path = ("input", "tags"), *, maximum: int = MAXIMUM_TAGS) -> list[str]:
    """Return tags as they are compared (``texts.folded``), without ``#``, each once, in the given order.

    Raises:
        InvalidInput: too many, or one that is not one word.
    """
    names: dict[str, None] = {}
    for index, tag in enumerate(tags):
        name = plain_tag(tag)
        if name is None:
            raise InvalidInput("tag.invalid", (*path, str(index)), maximum=MAXIMUM_TAG_LENGTH)
        names[name] = None
    if len(names) > maximum:
        raise InvalidInput("tags.too_many", path, maximum=maximum)
    return list(names)


def tags_in(*texts: str) -> list[str]:
    """Return the hashtags of texts as they are compared, each once, in the order of their first use."""
    names: dict[str, None] = {}
    for text in texts:
        for word in _words_behind_signs(text):
            name = plain_tag(word)
            if name is not None and not all(map(_counts, name)):
                names[name] = None
    return list(names)


def plain_tag(tag: str) -> str | None:
    """Return a tag as it is compared, None where it is no word that can be one."""
    name = (folded(tag, maximum=MAXIMUM_TAG_LENGTH) or "").removeprefix("#")
    is_word = all(map(_is_of_a_word, name)) and any(_kind(each) in "LN" for each in name) and _kind(name[0]) != "M"
    return name if is_word and len(name) <= MAXIMUM_TAG_LENGTH else None


def _words_behind_signs(text: str) -> Iterator[str]:
    for place, character in enumerate(text):
        if character in SIGNS and not (place and _forbids_tag(text[place - 1])):
            yield "".join(takewhile(_is_of_a_word, text[place + 1 : place + 2 + 4 * MAXIMUM_TAG_LENGTH]))


def _forbids_tag(before: str) -> bool:
    return before in _BEFORE_NO_TAG or _is_of_a_word(before)


def _is_of_a_word(character: str) -> bool:
    """Whether it is a letter, a digit, an underscore, or a mark (in Hindi or Thai, vowels are marks), and is seen."""
    return (character == "_" or _kind(character) in "LNM") and is_visible(character)


def _counts(character: str) -> bool:
    """Whether it may stand in a number."""
    return character == "_" or _kind(character) == "N"


def _kind(character: str) -> str:
    """Return the first letter of its category: L for a letter, N for a digit, M for a mark."""
    return unicodedata.category(character)[0]
