"""The language port by a shipped table of phrases: no model, no network, the same answer every time."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from adapters.language.composing import compose
from adapters.language.particles import Role, role_of
from adapters.language.reading import tokens
from domain.ports import Phrased
from domain.prompts_improving import improved
from domain.words import PromptMeans

_KOREAN: Final = re.compile(r"[가-힣][가-힣A-Za-z0-9 \t-]*")
"""A stretch of text that is translated as one: it begins with Korean and ends at a sign, an emoji or a line's end."""


_ADJECTIVAL: Final = ("한", "스러운", "적인")
"""What makes an adjective of a foreign word: cute한."""


class PhraseTable:
    """Translates word by word and by a little grammar; words that it does not know stay, and are told."""

    async def to_english(self, text: str) -> Phrased:
        """Return ``text`` with its Korean in English; signs, emoji and other languages stay where they are."""
        unknown: dict[str, None] = {}

        def translated(match: re.Match[str]) -> str:
            joint, said = _joint(match)
            words = tokens(said)
            unknown.update((token.korean, None) for token in words if not token.is_known)
            return joint + compose(words) + said[len(said.rstrip()) :]

        english = _KOREAN.sub(translated, unicodedata.normalize("NFC", text))
        return Phrased(english.strip(), PromptMeans.RULES, tuple(unknown))

    async def enhance(self, text: str, style: str) -> Phrased:
        """Return ``text`` improved by the rules of ``domain/prompts_improving.py``."""
        return Phrased(improved(text, style).prompt, PromptMeans.RULES)

    async def close(self) -> None:
        """Do nothing: there is no connection."""


def _joint(match: re.Match[str]) -> tuple[str, str]:
    """Return how a stretch goes on from a foreign word or an emoji right before it, and what of it is left to read."""
    said = match[0]
    if not match.start() or match.string[match.start() - 1].isspace():
        return "", said
    first, space, rest = said.partition(" ")
    if role_of(first) is Role.AND:
        return " and ", rest
    if role_of(first) or first in _ADJECTIVAL:
        return space, rest
    return "", said
