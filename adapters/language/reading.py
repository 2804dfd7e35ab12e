"""Reads Korean text into words: the longest phrase that the lexicon knows, across and within what spaces divide."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from adapters.language.lexicon import Kind, Word, lexicon
from adapters.language.particles import Role, role_of, stems

_LONGEST_PHRASE: Final = 4
"""Chunks between spaces that one phrase may span."""
_LONGEST_CHUNK: Final = 24
"""Syllables of a chunk that is taken apart; what is longer is no word."""
_RUNS: Final = re.compile(r"[가-힣]+|[^가-힣]+")
_SURE_PARTICLES: Final = {Role.OBJECT: 2, Role.AT: 2, Role.TOPIC: 2, Role.SUBJECT: 3, Role.AND: 3}
"""Roles whose particle is taken off an unknown word that keeps so many syllables: hardly a noun ends like that."""
_AND: Final = ("그리고", "및", "또는", "혹은")
_NOUNS: Final = (Kind.THING, Kind.PLACE)
_BEFORE_NOUNS: Final = (Kind.QUALITY, Kind.DOING)


class Token(NamedTuple):
    """A word of the text, and what it does there."""

    word: Word
    korean: str
    """Without its particle."""
    role: Role = Role.BARE
    is_plural: bool = False
    is_known: bool = True


def tokens(text: str) -> list[Token]:
    """Return the words of a text without punctuation, in order; what is not known is a thing of the same spelling."""
    chunks, found = text.split(), list[Token]()
    place = 0
    while place < len(chunks):
        if chunks[place] in _AND and found:
            found[-1] = found[-1]._replace(role=Role.AND)
            place += 1
            continue
        phrase, span = _phrase(chunks[place : place + _LONGEST_PHRASE])
        found += [phrase] if phrase else _chunk(chunks[place], found[-1] if found else None)
        place += span
    return found


def _phrase(chunks: list[str]) -> tuple[Token | None, int]:
    """Return the longest word that several chunks together are, and how many they are; one, where they are none."""
    for span in range(len(chunks), 1, -1):
        ways = _ways("".join(chunks[:span]))
        if ways:
            return ways[0], span
    return None, 1


def _ways(chunk: str) -> list[Token]:
    """Return the readings of ``chunk`` as one word; nouns take particles, doings and qualities stand alone."""
    words = lexicon()
    ways = [
        Token(word, stem, role, is_plural)
        for stem, is_plural, role in stems(chunk)
        for word in words.get(stem, ())
        if word.kind in (*_NOUNS, Kind.RELATION, Kind.COUNTER) or (role is Role.BARE and not is_plural)
    ]
    return sorted(ways, key=lambda way: len(way.korean), reverse=True)


def _chunk(chunk: str, before: Token | None) -> list[Token]:
    """Return the words of what stands between two spaces."""
    found: list[Token] = []
    for place, run in enumerate(_RUNS.findall(chunk)):
        if not "가" <= run[0] <= "힣":
            found.append(Token(Word(Kind.NUMBER if run.isdigit() else Kind.THING, run, "at"), run))
        elif place and (role := role_of(run)):
            found[-1] = found[-1]._replace(role=role)
        else:
            found += _parted(run, found[-1] if found else before) or [_unknown(run)]
    return found


def _unknown(run: str) -> Token:
    """Return a word that is not known, as it is, but for a particle that is surely none of it."""
    for stem, _, role in stems(run) if len(run) <= _LONGEST_CHUNK else ():
        if len(stem) >= _SURE_PARTICLES.get(role, len(run) + 1):
            return Token(Word(Kind.THING, stem, "at"), stem, role, is_known=False)
    return Token(Word(Kind.THING, run, "at"), run, is_known=False)


def _parted(run: str, before: Token | None) -> list[Token]:
    """Return the fewest words that ``run`` is made of; none where a part of it is unknown."""
    if len(run) > _LONGEST_CHUNK:
        return []
    best: dict[int, list[Token]] = {0: []}
    for end in range(1, len(run) + 1):
        for start in range(end):
            if start not in best:
                continue
            for token in _ways(run[start:end]):
                parts = [*best[start], token]
                is_whole = start == 0 and end == len(run)
                better = end not in best or len(parts) < len(best[end])
                if better and (is_whole or _joins(best[start], token, end == len(run))):
                    best[end] = parts
                    if is_whole:
                        best[end] = [_in_context(run, token, before)]
    return best.get(len(run), [])


def _in_context(run: str, token: Token, before: Token | None) -> Token:
    """Return the reading of ``run`` that fits what stands before it: counters follow numbers, relations nouns."""
    ways = _ways(run)
    if before and before.word.kind is Kind.NUMBER:
        return next((way for way in ways if way.word.kind is Kind.COUNTER), token)
    if before and before.word.kind in _NOUNS and before.role is Role.BARE:
        return token
    return next((way for way in ways if way.word.kind not in (Kind.RELATION, Kind.COUNTER)), token)


def _joins(parts: list[Token], token: Token, is_last: bool) -> bool:  # noqa: FBT001 - a place in the word
    """Tell whether ``token`` may follow ``parts`` without a space: short words hide in longer ones by chance."""
    kind, is_short = token.word.kind, len(token.korean) == 1
    if not parts:
        return not is_short or kind is Kind.NUMBER or (kind is Kind.QUALITY and bool(token.word.english))
    before = parts[-1]
    if Kind.NUMBER in (before.word.kind, kind) or kind is Kind.COUNTER:
        return before.word.kind is Kind.NUMBER and kind is Kind.COUNTER
    if kind is Kind.RELATION:
        return before.word.kind in _NOUNS and before.role is Role.BARE
    if is_short:
        return len(before.korean) > 1 and (before.word.kind in _BEFORE_NOUNS or is_last)
    return True
