"""Improves prompts by rules: takes out what harms, and adds what a short prompt leaves to chance."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from domain.prompts import HANGUL
from domain.prompts_issues import NEGATION, has_subject, negated
from domain.prompts_words import DETAILS

_MANY_WORDS: Final = 12
"""A prompt of so many words says itself how it wants to look."""
_COMMAS: Final = re.compile(r"\s*[,，、]\s*(?:[,，、]\s*)*")
_SPACES: Final = re.compile(r"[ \t]+")
_DANGLING: Final = re.compile(r"\s+(?:and|or|but|with)\s*(?=,|$)", re.IGNORECASE)


class Improved(NamedTuple):
    """A prompt, and what was moved out of it because it must not be there."""

    prompt: str
    negative_prompt: str


def improved(prompt: str, style: str) -> Improved:
    """Return ``prompt`` without repetitions and negations, with details where it is short.

    Nothing is added to a prompt that does not say what the picture shows, and nothing is invented about what it shows:
    the details are about light, outlines and background, by ``style`` (a key of the catalogue).
    """
    unwanted = list(dict.fromkeys(negated(prompt)))
    rest = _DANGLING.sub("", NEGATION.sub("", prompt)) if unwanted else prompt
    parts = _parts(rest)
    if not parts:
        return Improved(prompt, "")
    text = ", ".join(parts)
    if has_subject(text) and len(text.split()) < _MANY_WORDS:
        text = ", ".join(_parts(f"{text}, {DETAILS[style][HANGUL.search(text) is not None]}"))
    return Improved(text, ", ".join(unwanted))


def _parts(prompt: str) -> list[str]:
    """Return what commas divide, each part once and in its first place."""
    parts = (_SPACES.sub(" ", part).strip(" .") for part in _COMMAS.split(prompt))
    return list({part.casefold(): part for part in reversed([*parts]) if part}.values())[::-1]
