"""The lists of the guard: text files of words and phrases, indexed so that each word of a prompt is looked up once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from adapters.guard.folding import fold
from adapters.guard.readings import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SHIPPED: Final = Path(__file__).with_name("lists")
_PARTICLES: Final = Path(__file__).with_name("particles.txt").read_text(encoding="utf-8").splitlines()[1:]
_ENDINGS: Final = frozenset(("", *" ".join(_PARTICLES).split()))
_LONGEST_WORD: Final = 24
_KNOWN_WORDS: Final = 8_192
"""Words of texts that are remembered with what was found of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word or phrase of a list."""

    kind: str
    """Name of its list."""
    words: tuple[str, ...]
    is_open: bool
    """Whether its last word may go on in any way."""

    def ends_with(self, word: str) -> bool:
        """Whether ``word`` of a text is the last word of this entry."""
        last = self.words[-1]
        if not word.startswith(last):
            return False
        rest = word[len(last) :]
        if self.is_open or not rest:
            return True
        return rest in _ENDINGS if last[0] >= "\u1100" else rest in {"s", "es"}


class Lists:
    """Entries by their first words."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        """Index the entries."""
        self._words: dict[str, list[Entry]] = {}
        self._phrases: dict[str, list[Entry]] = {}
        self._lengths: dict[str, set[int]] = {}
        for entry in entries:
            first = entry.words[0]
            (self._words if len(entry.words) == 1 else self._phrases).setdefault(first, []).append(entry)
            self._lengths.setdefault(first[0], set()).add(len(first))
        self._of_word = lru_cache(_KNOWN_WORDS)(self._entries_of)

    def found(self, text: Sequence[str]) -> Iterator[tuple[int, Entry]]:
        """Yield the entries that stand in the words of a text, and at which of them each begins."""
        for place, word in enumerate(text):
            for entry in self._of_word(word):
                yield place, entry
            for entry in self._phrases.get(word, ()):
                end = place + len(entry.words) - 1
                if tuple(text[place:end]) == entry.words[:-1] and end < len(text) and entry.ends_with(text[end]):
                    yield place, entry

    def spelled_in(self, run: str) -> Iterator[Entry]:
        """Yield the single words that letters without spaces spell, with at most two others around them."""
        if len(run) <= _LONGEST_WORD:
            for start in range(3):
                for end in range(len(run) - 2, len(run) + 1):
                    if end - start > 1:
                        yield from self._words.get(run[start:end], ())

    def _entries_of(self, word: str) -> tuple[Entry, ...]:
        lengths = self._lengths.get(word[0], ())
        return tuple(
            entry for length in lengths for entry in self._words.get(word[:length], ()) if entry.ends_with(word)
        )


def read(folder: Path) -> Iterator[Entry]:
    """Yield the entries of all lists in a folder, each named as its file; ``#`` begins a comment.

    An entry matches whole words. One that ends with ``*`` matches whatever its last word begins; otherwise English
    words may have a plural's ending, and Korean ones a particle.
    """
    for file in sorted(folder.glob("*.txt")):
        for line in file.read_text(encoding="utf-8").splitlines():
            text = line.strip()
            if text and not text.startswith("#"):
                found = tuple(words(fold(text)))
                if found:
                    yield Entry(file.stem, found, is_open=text.endswith("*"))
