"""What an improved text kept of the first one, word by word."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from domain.words import DifferenceKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAXIMUM_PARTS: Final = 100
_MOST_PAIRS: Final = 40_000
"""Pairs of words that are compared, at most: about 20 ms."""
_SUBSTANCE: Final = re.compile(r"[^\s,.;:!?()'\"-]")
_WORTH: Final = 4
"""Signs and spaces that a word counts for."""
_WORD: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Part(NamedTuple):
    """A piece of one of the texts, or of both."""

    kind: DifferenceKind
    text: str


def difference(before: str, after: str) -> list[Part]:
    """Return the parts in order, ``MAXIMUM_PARTS`` at most.

    KEPT and REMOVED ones together are ``before``, KEPT and ADDED ones ``after``. Where the texts are long and have
    little in common, all between their common beginning and end is one REMOVED and one ADDED part.
    """
    old, new = _WORD.findall(before), _WORD.findall(after)
    start = _common(old, new)
    end = _common(old[start:][::-1], new[start:][::-1])
    inner_old, inner_new = old[start : len(old) - end], new[start : len(new) - end]
    whole = [(DifferenceKind.REMOVED, inner_old), (DifferenceKind.ADDED, inner_new)]
    head, tail = (DifferenceKind.KEPT, old[:start]), (DifferenceKind.KEPT, old[len(old) - end :])
    if len(inner_old) * len(inner_new) <= _MOST_PAIRS:
        parts = _merged([head, *_aligned(inner_old, inner_new), tail])
        if len(parts) <= MAXIMUM_PARTS:
            return parts
    return _merged([head, *whole, tail])


def _common(old: Sequence[str], new: Sequence[str]) -> int:
    pairs = zip(old, new, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def _aligned(old: list[str], new: list[str]) -> Iterator[tuple[DifferenceKind, list[str]]]:
    """Yield one part for each word, along the common subsequence with the most words; signs and spaces count less."""
    longest = [[0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in range(len(old) - 1, -1, -1):
        for j in range(len(new) - 1, -1, -1):
            apart = max(longest[i + 1][j], longest[i][j + 1])
            together = longest[i + 1][j + 1] + (_WORTH if old[i][0].isalnum() else 1) if old[i] == new[j] else 0
            longest[i][j] = max(apart, together)
    i = j = 0
    while i < len(old) and j < len(new):
        if old[i] == new[j] and longest[i][j] > max(longest[i + 1][j], longest[i][j + 1]):
            yield DifferenceKind.KEPT, [old[i]]
            i, j = i + 1, j + 1
        elif longest[i + 1][j] >= longest[i][j + 1]:
            yield DifferenceKind.REMOVED, [old[i]]
            i += 1
        else:
            yield DifferenceKind.ADDED, [new[j]]
            j += 1
    yield DifferenceKind.REMOVED, old[i:]
    yield DifferenceKind.ADDED, new[j:]


def _merged(pieces: Sequence[tuple[DifferenceKind, list[str]]]) -> list[Part]:
    """Return the pieces in as few parts as read well: between two kept ones, one that was removed and one added.

    Signs and spaces that changes have in common belong to the changes.
    """
    parts, removed, added = list[Part](), "", ""
    for kind, group in groupby((piece for piece in pieces if piece[1]), key=lambda piece: piece[0]):
        text = "".join(word for _, words in group for word in words)
        if kind is DifferenceKind.KEPT and (_SUBSTANCE.search(text) or not (removed or added)):
            parts += [*_changes(removed, added), Part(kind, text)]
            removed = added = ""
            continue
        removed += text if kind is not DifferenceKind.ADDED else ""
        added += text if kind is not DifferenceKind.REMOVED else ""
    return [*parts, *_changes(removed, added)]


def _changes(removed: str, added: str) -> list[Part]:
    changes = (Part(DifferenceKind.REMOVED, removed), Part(DifferenceKind.ADDED, added))
    return [part for part in changes if part.text]
