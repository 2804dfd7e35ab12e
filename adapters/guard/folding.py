"""Folding: one spelling for all that looks, or is read, alike, so that a list needs to say a word only once."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from typing import Final

_CONFUSABLES: Final = Path(__file__).with_name("confusables.txt")
_MOST_KNOWN: Final = 50_000
"""Characters whose folding is remembered, so that nobody can fill the memory with rare ones."""
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Fillers and a blank that are no marks and no format characters by their category, and nobody sees."""
_LETTERS_IN_SIGNS: Final = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
"""Where A stands among letters in squares, in circles, in filled squares, and those that flags are made of."""
_JAMO: Final = re.compile("[\u1100-\u1112\u1161-\u1175]")
_FINAL: Final = re.compile("(?<=[\u1100-\u1112][\u1161-\u1175])[\u1100-\u1112](?![\u1161-\u1175])")
_FINALS: Final = dict(zip("ᄀᄁᄂᄃᄅᄆᄇᄉᄊᄋᄌᄎᄏᄐᄑᄒ", "ᆨᆩᆫᆮᆯᆷᆸᆺᆻᆼᆽᆾᆿᇀᇁᇂ", strict=True))
"""What an initial consonant is at the end of a syllable; three never stand there."""


def fold(text: str) -> str:
    """Return ``text`` in one spelling: small letters without marks, Latin for what looks so, Hangul as syllables.

    Compatible forms are those of NFKD (UAX #15); what nobody sees is gone; jamo that stand alone are put together as a
    keyboard does. Folding a folded text changes nothing, nor does anything invisible that is put into a text.
    """
    if text.isascii():
        return text.lower()
    folded = text.translate(_FOLDED)
    return _with_syllables(folded) if _JAMO.search(folded) else folded


def _with_syllables(text: str) -> str:
    apart = "".join(unicodedata.normalize("NFD", each) if "가" <= each <= "힣" else each for each in text)
    return unicodedata.normalize("NFC", _FINAL.sub(lambda found: _FINALS.get(found[0], found[0]), apart))


class _Folded(dict[int, str]):
    """What each character is folded to, found when it is first met."""

    def __init__(self) -> None:
        super().__init__()
        self._latin: dict[int, str] = {}
        for line in _CONFUSABLES.read_text(encoding="utf-8").splitlines():
            latin, _, alike = line.partition(" ")
            if latin != "#":
                self._latin |= dict.fromkeys(map(ord, alike), latin)
        for first in _LETTERS_IN_SIGNS:
            self._latin |= {first + place: chr(ord("a") + place) for place in range(26)}

    def __missing__(self, code: int) -> str:
        folded = self._fold(chr(code))
        if len(self) < _MOST_KNOWN:
            self[code] = folded
        return folded

    def _fold(self, character: str) -> str:
        if "가" <= character <= "힣":
            return character
        small = _seen(unicodedata.normalize("NFKD", character)).casefold()
        return _seen(unicodedata.normalize("NFKD", small)).translate(self._latin)


def _seen(text: str) -> str:
    return "".join(
        each for each in text if unicodedata.category(each) not in {"Mn", "Mc", "Me", "Cf"} and each not in _UNSEEN
    )


_FOLDED: Final = _Folded()
