"""Rules that judge prompts: lists of words and phrases, what each list means, and what several mean together."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from adapters.guard.folding import fold
from adapters.guard.lists import SHIPPED, Lists, read
from adapters.guard.readings import readings, spelled
from db.words import ContentLevel, GuardEffect
from domain.ports import Finding, Judgement
from domain.words import GuardReason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from adapters.guard.lists import Entry

POLICY: Final = "easel-rules"
MEANING: Final = {
    GuardReason.SEXUAL_MINORS: (GuardEffect.BLOCK, ContentLevel.MATURE),
    GuardReason.SEXUAL_EXPLICIT: (GuardEffect.BLOCK, ContentLevel.MATURE),
    GuardReason.GORE: (GuardEffect.BLOCK, ContentLevel.MATURE),
    GuardReason.HATE: (GuardEffect.BLOCK, ContentLevel.MATURE),
    GuardReason.SELF_HARM: (GuardEffect.BLOCK, ContentLevel.MATURE),
    GuardReason.REAL_PERSON: (GuardEffect.BLOCK, ContentLevel.GENERAL),
    GuardReason.NUDITY: (GuardEffect.WARN, ContentLevel.MATURE),
    GuardReason.PROTECTED_CHARACTER: (GuardEffect.WARN, ContentLevel.GENERAL),
    GuardReason.BRAND: (GuardEffect.WARN, ContentLevel.GENERAL),
    GuardReason.SUGGESTIVE: (GuardEffect.ALLOW, ContentLevel.SENSITIVE),
    GuardReason.VIOLENCE: (GuardEffect.ALLOW, ContentLevel.SENSITIVE),
}
"""What each reason leads to, and for whom such pictures are; the gravest first."""
_BY_LIST: Final = {reason.lower(): reason for reason in MEANING}
_MINORS: Final = "minors"
_INNOCENT: Final = "innocent"
_SEXUAL: Final = (GuardReason.SEXUAL_EXPLICIT, GuardReason.NUDITY, GuardReason.SUGGESTIVE)
_AGE: Final = re.compile(
    r"(?<![\w.:/])(\d{1,2})\s*[-\s]?\s*(?:(?:years?|yrs?|y)\s*[-.\s]?\s*(?:olds?|o)(?![a-z])|yo(?![a-z])|살|세(?![가-힣])|세의)"
)
_OF_AGE: Final = 18


class BadGuardLists(Exception):
    """The lists can not be used; the message names the file."""


class RuleGuard:
    """Judges by the shipped lists, and those of the installation."""

    def __init__(self, own: Path | None = None) -> None:
        """Read the lists.

        Args:
            own: Folder with further lists, named and written as the shipped ones in ``adapters/guard/lists``.

        Raises:
            BadGuardLists: the folder is not there, or a list has the name of none.
        """
        entries = [*read(SHIPPED)]
        if own:
            entries += _own_entries(own)
        self._version = hashlib.sha256("\n".join(map(repr, entries)).encode()).hexdigest()[:12]
        self._lists = Lists(each for each in entries if each.kind != _INNOCENT)
        self._innocent = Lists(each for each in entries if each.kind == _INNOCENT)

    async def judge(self, text: str) -> Judgement:
        """Return what the lists say about a prompt; see ``domain.ports.PromptGuard``."""
        folded = fold(text)
        found = self._found(folded)
        reasons = {_BY_LIST[kind]: words for kind, words in found.items() if kind in _BY_LIST}
        minors = found.get(_MINORS) or _age_of_a_minor(folded)
        sexual = next((reasons[reason] for reason in _SEXUAL if reason in reasons), None)
        if minors and sexual:
            reasons.setdefault(GuardReason.SEXUAL_MINORS, f"{minors}, {sexual}")
        findings = (Finding(each, *MEANING[each], reasons[each]) for each in MEANING if each in reasons)
        return Judgement(POLICY, self._version, tuple(findings))

    def _found(self, folded: str) -> dict[str, str]:
        """Return the lists that the text stands on, and by which words; each list is looked for until it is found."""
        found: dict[str, str] = {}
        for words in readings(folded):
            hits = [hit for hit in self._lists.found(words) if hit[1].kind not in found]
            if hits:
                innocent = self._innocent_places(words)
                for place, entry in hits:
                    if entry.kind not in found and not innocent.issuperset(_places(place, entry)):
                        found[entry.kind] = " ".join(entry.words)
        for run in spelled(folded):
            for entry in self._lists.spelled_in(run):
                found.setdefault(entry.kind, " ".join(entry.words))
        return found

    def _innocent_places(self, words: Sequence[str]) -> set[int]:
        return {each for place, entry in self._innocent.found(words) for each in _places(place, entry)}


def _places(place: int, entry: Entry) -> range:
    return range(place, place + len(entry.words))


def _age_of_a_minor(folded: str) -> str | None:
    return next((found[0] for found in _AGE.finditer(folded) if int(found[1]) < _OF_AGE), None)


def _own_entries(folder: Path) -> list[Entry]:
    try:
        entries = [*read(folder)]
    except (OSError, UnicodeDecodeError) as error:
        raise BadGuardLists(f"the lists in {str(folder)!r} can not be read: {error}") from error
    if not folder.is_dir():
        raise BadGuardLists(f"there is no folder {str(folder)!r}")
    for entry in entries:
        if entry.kind not in {*_BY_LIST, _MINORS, _INNOCENT}:
            raise BadGuardLists(f"{folder / entry.kind}.txt is named as no list of the guard")
    return entries
