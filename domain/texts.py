"""Texts that people write: normalised, bounded, and free of what no reader can read."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal

from domain.errors import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Sequence

_BLANK = re.compile(
    r"[\s\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
"""White space and what Unicode calls default ignorable, Hangul fillers among it: nobody sees any of it."""
_NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_NOT_STORABLE = re.compile(r"[\x00\ud800-\udfff]")
"""What PostgreSQL takes in no text."""
_MOST_COMPOSED: Final = 4
"""Code points that NFC makes one of, at most."""
_PILE: Final = re.compile(rb"[^\0]{31}")
"""More marks upon one letter than any script has (Unicode's Stream-Safe Text Format, UAX #15, D4)."""
_MARKS_BY_DECOMPOSITION: Final = str.maketrans("\u0f73\u0f75\u0f81", "\u0f71" * 3)
_TYPED_LETTER: Final = re.compile(
    "([\u3131-\u3163\u3165-\u318e\uffa1-\uffbe\uffc2-\uffc7\uffca-\uffcf\uffd2-\uffd7\uffda-\uffdc])"
)
"""A letter of Hangul as keyboards give it, which stands for itself; the others stand for parts of a syllable."""
_OPEN_SYLLABLES: Final = "".join(map(chr, range(0xAC00, 0xD7A4, 28)))
_LONE_PART: Final = re.compile(
    "[\u1100-\u115e](?![\u1161-\u11a7\ud7b0-\ud7c6])"
    "|(?<![\u1100-\u115e\ua960-\ua97c])[\u1161-\u11a7]"
    f"|(?<![\u1100-\u115e\ua960-\ua97c][\u1161-\u11a7\ud7b0-\ud7c6])(?<![{_OPEN_SYLLABLES}])[\u11a8-\u11ff]"
)
"""A part of a syllable without the others: no consonant before a vowel, none behind one, and no vowel behind one."""
_AS_TYPED: Final = {unicodedata.normalize("NFKC", chr(code)): chr(code) for code in range(0x3131, 0x318F)}
"""Letters of Hangul as keyboards give them, by the parts of syllables that NFKC makes of them."""


def normal(form: Literal["NFC", "NFKC"], value: str, *, maximum: int) -> str | None:
    """Return ``value`` normalised, without surrounding white space; None where that could not end within ``maximum``.

    Marks are put in order by a sort that takes quadratic time: 256 KB of them would hold a process up for a minute. So
    what is longer than any text that composes to ``maximum`` characters, or piles up marks, is not even tried.
    """
    text = value.strip()
    if len(text) > _MOST_COMPOSED * maximum:
        return None
    if not text.isascii() and _PILE.search(bytes(map(unicodedata.combining, text.translate(_MARKS_BY_DECOMPOSITION)))):
        return None
    return unicodedata.normalize(form, text).strip()


def folded(text: str, *, maximum: int) -> str | None:
    """Return a text as it is compared: NFKC and case folded; None where ``normal`` gives None.

    Letters of Hangul that are typed one by one, as in ``ㅋㅋㅠㅠ``, stay what they are. NFKC makes syllables of them
    and parts of these, ``ㅋ큐ㅠ``. Such parts that stand alone are letters again.
    """
    whole = normal("NFKC", text, maximum=maximum)
    if whole is None:
        return None
    pieces = _TYPED_LETTER.split(text.strip())
    same = "".join(_letter(piece) if place % 2 else _same(piece) for place, piece in enumerate(pieces))
    return _LONE_PART.sub(lambda part: _AS_TYPED.get(part[0], part[0]), same)


def _same(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _letter(typed: str) -> str:
    """Return a letter of Hangul in full width."""
    return _AS_TYPED[unicodedata.normalize("NFKC", typed)]


def findable(text: str) -> str | None:
    """Return ``text``, or None where no row can hold it, so that it is equal to nothing: NUL, or half a character."""
    return None if _NOT_STORABLE.search(text) else text


def is_visible(character: str) -> bool:
    """Return whether anybody sees a character by itself: no white space, and nothing that is left out when shown."""
    return not _BLANK.fullmatch(character)


def clean(value: str, path: Sequence[str], *, maximum: int, minimum: int = 1) -> str:
    """Return ``value`` in NFC without surrounding white space.

    Args:
        value: what the caller sent; may hold anything a JSON string can, lone surrogates included.
        path: where it stands in the input, for the refusal.
        maximum: characters (code points) after normalisation.
        minimum: 0 for a text that may be left empty; otherwise something of it must be visible.

    Raises:
        InvalidInput: control characters, NUL, lone surrogates or piles of marks; too short or too long.
    """
    if _NOT_TEXT.search(value):
        raise InvalidInput("text.not_text", path)
    text = normal("NFC", value, maximum=maximum)
    if text is None:
        length = len(value.strip())
        if length > _MOST_COMPOSED * maximum:
            raise InvalidInput("text.too_long", path, maximum=maximum, length=length)
        raise InvalidInput("text.not_text", path)
    if minimum and _BLANK.fullmatch(text):
        raise InvalidInput("text.empty", path)
    if len(text) < minimum:
        raise InvalidInput("text.too_short", path, minimum=minimum)
    if len(text) > maximum:
        raise InvalidInput("text.too_long", path, maximum=maximum, length=len(text))
    return text
