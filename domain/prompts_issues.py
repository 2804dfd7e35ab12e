"""What is wrong with a prompt, found by rules: the same prompt has the same issues."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from domain.messages import message
from domain.prompts import HANGUL
from domain.prompts_words import LOOKS, OPPOSITES, QUALITY
from domain.words import PromptIssueCode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from domain.messages import Language

MAXIMUM_ISSUES: Final = 20
_FEW_WORDS: Final = 3
_FEW_KOREAN_WORDS: Final = 2
"""Korean has no articles, and its particles are no words."""
_MOST_QUALITY: Final = 3
_WORD: Final = re.compile(r"\w+")
_ENGLISH: Final = re.compile(r"\b(?!(?:ai|ui|3d|2d|hd|uhd|hdr|sf|vr|diy)\b)[a-z]{3,}\b", re.IGNORECASE)
"""Words that Korean prompts take over as they are do not make a prompt a mixed one."""
NEGATION: Final = re.compile(
    r"(?:\b(?:and|or|but)\s+)?\b(?:no|not|without|don't|do not|never)\s+(?:(?:any|a|an|the|show|draw|include|have)\s+)*"
    r"(?P<english>[a-z][a-z'-]*(?:\s(?!and\b|with\b|in\b|on\b|at\b|but\b|or\b|no\b|not\b)[a-z][a-z'-]*)?)"
    r"|(?<![가-힣])(?P<korean>[가-힣]+)\s?(?:없는|없이|없고|없음|말고|빼고|제외하고|제외)(?![가-힣])",
    re.IGNORECASE,
)
"""Something that must not be there: at most two English words, one Korean one."""


@dataclass(frozen=True, slots=True)
class PromptIssue:
    """Something that is wrong with a prompt; ``values`` fill the message."""

    code: PromptIssueCode
    values: Mapping[str, Any] = field(default_factory=dict)

    def message(self, language: Language) -> str:
        """Return what is wrong, and what to do about it, in the reader's language."""
        return message(f"issue.{self.code}", language, **self.values)


def issues(prompt: str) -> list[PromptIssue]:
    """Return what is wrong with a prompt, ``MAXIMUM_ISSUES`` at most."""
    return [issue for find in _FINDERS for issue in find(prompt)][:MAXIMUM_ISSUES]


def negated(prompt: str) -> list[str]:
    """Return what a prompt says must not be there, in its order."""
    return [match["english"] or match["korean"] for match in NEGATION.finditer(prompt)]


def has_subject(prompt: str) -> bool:
    """Tell whether a prompt says what is to be seen, as far as can be told without knowing all words."""
    rest = _without(prompt.lower(), QUALITY)
    return any(word not in LOOKS and not word.isdigit() for word in _WORD.findall(rest)) or _shows_emoji(prompt)


def is_short(prompt: str) -> bool:
    """Tell whether a prompt leaves most of the picture to chance."""
    return len(_WORD.findall(prompt)) < (_FEW_KOREAN_WORDS if HANGUL.search(prompt) else _FEW_WORDS)


def _too_short(prompt: str) -> Iterator[PromptIssue]:
    if is_short(prompt):
        yield PromptIssue(PromptIssueCode.TOO_SHORT)


def _no_subject(prompt: str) -> Iterator[PromptIssue]:
    if not has_subject(prompt):
        yield PromptIssue(PromptIssueCode.NO_SUBJECT)


def _contradictions(prompt: str) -> Iterator[PromptIssue]:
    said = NEGATION.sub(" ", prompt.lower())
    for one, other in OPPOSITES:
        first, second = _first_of(said, one), _first_of(said, other)
        if first and second:
            yield PromptIssue(PromptIssueCode.CONTRADICTION, {"first": first, "second": second})


def _repeated_quality(prompt: str) -> Iterator[PromptIssue]:
    counts = Counter(match[0] for match in _pattern(QUALITY).finditer(prompt.lower()))
    if len(counts) > _MOST_QUALITY or any(count > 1 for count in counts.values()):
        yield PromptIssue(PromptIssueCode.QUALITY_REPEATED, {"words": ", ".join(counts)})


def _negation(prompt: str) -> Iterator[PromptIssue]:
    found = negated(prompt)
    if found:
        yield PromptIssue(PromptIssueCode.NEGATION, {"words": ", ".join(dict.fromkeys(found))})


def _mixed(prompt: str) -> Iterator[PromptIssue]:
    if HANGUL.search(prompt) and _ENGLISH.search(prompt):
        yield PromptIssue(PromptIssueCode.MIXED_LANGUAGES)


_FINDERS: Final = (_too_short, _no_subject, _contradictions, _repeated_quality, _negation, _mixed)


def _shows_emoji(prompt: str) -> bool:
    return any(ord(character) >= 0x1F300 for character in prompt)


def _first_of(text: str, words: Sequence[str]) -> str | None:
    match = _pattern(tuple(words)).search(text)
    return match[0] if match else None


def _without(text: str, words: Sequence[str]) -> str:
    return _pattern(tuple(words)).sub(" ", text)


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds whole words, the longest first; Korean ones may carry a particle."""
    longest = sorted(words, key=len, reverse=True)
    particle = "(?:의|에|에서|은|는|이|가|을|를|와|과|도|으로|로)?"
    written = (re.escape(word) + (particle if HANGUL.search(word) else "") for word in longest)
    return re.compile(rf"(?<!\w)(?:{'|'.join(written)})(?!\w)")
