"""Korean particles: what follows a noun and says what the noun does in its sentence."""

from __future__ import annotations

from enum import Enum, auto
from typing import Final


class Role(Enum):
    """What a noun does in its sentence."""

    BARE = auto()
    OF = auto()
    AT = auto()
    BY = auto()
    OBJECT = auto()
    SUBJECT = auto()
    TOPIC = auto()
    AND = auto()
    LIKE = auto()


_AFTER_CONSONANT, _AFTER_VOWEL, _AFTER_ANY = True, False, None
_PARTICLES: Final[dict[str, tuple[Role, bool | None]]] = {
    "": (Role.BARE, _AFTER_ANY),
    "의": (Role.OF, _AFTER_ANY),
    "에": (Role.AT, _AFTER_ANY),
    "에는": (Role.AT, _AFTER_ANY),
    "에도": (Role.AT, _AFTER_ANY),
    "에서": (Role.AT, _AFTER_ANY),
    "에서의": (Role.AT, _AFTER_ANY),
    "에서는": (Role.AT, _AFTER_ANY),
    "으로": (Role.BY, _AFTER_CONSONANT),
    "로": (Role.BY, _AFTER_VOWEL),
    "을": (Role.OBJECT, _AFTER_CONSONANT),
    "를": (Role.OBJECT, _AFTER_VOWEL),
    "이": (Role.SUBJECT, _AFTER_CONSONANT),
    "가": (Role.SUBJECT, _AFTER_VOWEL),
    "은": (Role.TOPIC, _AFTER_CONSONANT),
    "는": (Role.TOPIC, _AFTER_VOWEL),
    "도": (Role.TOPIC, _AFTER_ANY),
    "만": (Role.TOPIC, _AFTER_ANY),
    "과": (Role.AND, _AFTER_CONSONANT),
    "와": (Role.AND, _AFTER_VOWEL),
    "이랑": (Role.AND, _AFTER_CONSONANT),
    "랑": (Role.AND, _AFTER_VOWEL),
    "하고": (Role.AND, _AFTER_ANY),
    "처럼": (Role.LIKE, _AFTER_ANY),
    "같은": (Role.LIKE, _AFTER_ANY),
    "같이": (Role.LIKE, _AFTER_ANY),
    "인": (Role.OF, _AFTER_ANY),
    "이다": (Role.BARE, _AFTER_ANY),
    "입니다": (Role.BARE, _AFTER_ANY),
    "이에요": (Role.BARE, _AFTER_CONSONANT),
    "예요": (Role.BARE, _AFTER_VOWEL),
    "풍": (Role.BARE, _AFTER_ANY),
    "풍의": (Role.BARE, _AFTER_ANY),
    "풍으로": (Role.BARE, _AFTER_ANY),
}
_LONGEST: Final = max(map(len, _PARTICLES))
_FIRST, _LAST, _FINALS, _RIEUL = 0xAC00, 0xD7A3, 28, 8
"""Hangul syllables lie in the order of their final consonants (The Unicode Standard, 3.12)."""


def stems(chunk: str) -> list[tuple[str, bool, Role]]:
    """Return the ways to read ``chunk`` as a noun with a particle: the noun, whether it is plural, and its role."""
    ways = []
    for length in range(min(_LONGEST, len(chunk) - 1) + 1):
        stem, particle = chunk[: len(chunk) - length], chunk[len(chunk) - length :]
        if particle in _PARTICLES:
            role, after = _PARTICLES[particle]
            if after is _AFTER_ANY or after is _closed(stem, particle):
                ways.append((stem, False, role))
                if stem.endswith("들") and len(stem) > 1:
                    ways.append((stem[:-1], True, role))
    return ways


def role_of(particle: str) -> Role | None:
    """Return the role that a particle gives to a word of another script before it."""
    found = _PARTICLES.get(particle)
    return found[0] if found else None


def _closed(stem: str, particle: str) -> bool | None:
    """Return whether ``stem`` ends in a consonant as ``particle`` sees it; None where it ends in no syllable."""
    code = ord(stem[-1])
    if not _FIRST <= code <= _LAST:
        return None
    final = (code - _FIRST) % _FINALS
    return bool(final) and not (final == _RIEUL and particle in ("로", "으로"))
