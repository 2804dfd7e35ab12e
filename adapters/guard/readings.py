"""Readings: the word sequences that a person may see in a folded text, whichever tricks it was written with."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from adapters.guard.folding import fold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_WORD: Final = re.compile("[a-z0-9]+|[\u1100-\u11ff가-힣]+")
_HANGUL: Final = re.compile("[\u1100-\u11ff가-힣]")
_LATIN: Final = re.compile("[a-z]")
_ODD: Final = re.compile(r"[^a-z\s\u1100-\u11ff가-힣]")
_NO_LETTER: Final = re.compile("[^a-z0-9\u1100-\u11ff가-힣]")
_NO_HANGUL: Final = re.compile("[^a-z\u1100-\u11ff가-힣]")
_AROUND: Final = ".,;:!?()[]{}<>\"'“”‘’…·、。~"
_SIGNS: Final = dict(zip("034578$@9+€¢×§", "oeastbsagtecxs", strict=True))
_READ_AS: Final = tuple(str.maketrans(_SIGNS | dict.fromkeys("1!|¡", letter)) for letter in "il")
"""Signs for letters; a one, or a stroke, is read as either of two."""
_SPELLED: Final = re.compile(
    r"(?<![^\W_])[^\W\d_](?:[\W_]{1,3}[^\W_]){2,}(?![^\W_])"
    "|(?<![\u1100-\u11ff가-힣])[가-힣](?:[^\u1100-\u11ff가-힣a-z]{1,3}[가-힣])+(?![\u1100-\u11ff가-힣])"
)
"""Letters that stand alone, at least three, or Korean syllables, at least two."""
_KNOWN_CHUNKS: Final = 4_096
_REPEATED: Final = re.compile(r"([a-z가-힣])\1{2,}")


def words(folded: str) -> list[str]:
    """Return the words of a folded text: runs of Latin letters and digits, and runs of Hangul."""
    return _WORD.findall(folded)


def readings(folded: str) -> Iterator[Sequence[str]]:
    """Yield the words of a folded text as they stand, then as they are read where that may be otherwise."""
    yield words(folded)
    told = [folded]
    if _ODD.search(folded):
        chunks = folded.split()
        told = [" ".join(_squeezed(chunk, place) for chunk in chunks) for place in range(len(_READ_AS))]
    if _REPEATED.search(told[0]):
        told += [_REPEATED.sub(r"\1", told[0]), _REPEATED.sub(r"\1\1", told[0])]
    for text in dict.fromkeys(told):
        if text != folded:
            yield words(text)


def spelled(folded: str) -> Iterator[str]:
    """Yield what is spelled letter by letter, or syllable by syllable: ``s e x``, ``p.o.r.n``, ``야 동``."""
    for found in _SPELLED.finditer(folded):
        yield fold(_NO_LETTER.sub("", found[0].translate(_READ_AS[0])))


@lru_cache(_KNOWN_CHUNKS)
def _squeezed(chunk: str, place: int) -> str:
    """Return a part of a text without spaces as one word, where signs may stand for its letters or between them."""
    core = chunk.strip(_AROUND)
    if not _ODD.search(core):
        return chunk
    if _HANGUL.search(core):
        return _NO_HANGUL.sub("", core)
    return _NO_LETTER.sub("", core.translate(_READ_AS[place])) if _LATIN.search(core) else chunk
