"""The words that the table of phrases knows, read from ``phrases/*.txt``."""

from __future__ import annotations

from enum import Enum, auto
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_FOLDER = Path(__file__).with_name("phrases")


class Kind(Enum):
    """What a word does in a sentence."""

    THING = auto()
    PLACE = auto()
    QUALITY = auto()
    DOING = auto()
    RELATION = auto()
    NUMBER = auto()
    COUNTER = auto()


class Word(NamedTuple):
    """A Korean word or phrase that has an English one."""

    kind: Kind
    english: str
    at: str = ""
    """What stands before it where something is there: ``in the``."""
    mark: str = ""
    """``*`` a part of something, ``~`` a medium, ``^`` a manner, ``-`` a word that only frames the rest."""
    ends: bool = False
    """Of a doing: whether this form ends a sentence or joins two, and does not stand before a noun."""


_ENDINGS = ("다", "고", "며", "서", "요", "음", "아", "어", "워", "여", "해", "없이")
"""Of forms that do not stand before a noun."""
_MARKS = ("*", "~", "^", "-")
_ADJECTIVE = "한"
_OTHER_FORMS = ("하고", "하다", "하며", "해", "하게")
"""Of adjectives whose form before a noun ends in 한."""


@cache
def lexicon() -> dict[str, tuple[Word, ...]]:
    """Return all words by their Korean spelling without spaces; a spelling may be words of several kinds."""
    found: dict[str, tuple[Word, ...]] = {}
    for kind in Kind:
        for korean, word in _words(kind):
            key = korean.replace(" ", "")
            if word not in found.get(key, ()):
                found[key] = (*found.get(key, ()), word)
    return found


def entries(kind: Kind) -> Iterator[tuple[list[str], str]]:
    """Yield the lines of one file: spellings and what is said of them in English."""
    for line in (_FOLDER / f"{_FILES[kind]}.txt").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            korean, _, english = line.partition("=")
            yield [form.strip() for form in korean.split(",")], english.strip()


_FILES = {
    Kind.THING: "things",
    Kind.PLACE: "places",
    Kind.QUALITY: "qualities",
    Kind.DOING: "doings",
    Kind.RELATION: "relations",
    Kind.NUMBER: "numbers",
    Kind.COUNTER: "counters",
}


def _words(kind: Kind) -> Iterator[tuple[str, Word]]:
    for forms, said in entries(kind):
        mark = said[-1:] if said.endswith(_MARKS) else ""
        english, _, at = (part.strip() for part in said.removesuffix(mark).partition("|"))
        for form in forms:
            yield form, Word(kind, english, at, mark, kind is Kind.DOING and form.endswith(_ENDINGS))
            if kind is Kind.QUALITY and len(form) > 1 and form.endswith(_ADJECTIVE):
                for ending in _OTHER_FORMS:
                    yield form.removesuffix(_ADJECTIVE) + ending, Word(kind, english)
