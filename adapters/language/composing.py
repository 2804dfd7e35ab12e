"""Puts the words of a Korean clause, whose head stands last, into the order of an English caption."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from adapters.language.lexicon import Kind
from adapters.language.particles import Role
from adapters.language.plurals import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.language.lexicon import Word
    from adapters.language.reading import Token

_PART, _MEDIUM, _MANNER, _FRAME = "*", "~", "^", "-"
_AUXILIARY: Final = "with {s}"
"""The doing that means to be there, and behind another doing only that it goes on."""
_ON: Final = "on the"
"""Where something is at a thing of which nothing else is said."""
_PREPOSITIONS: Final = (" at", " as", " of", " for", " by", " with", " like")


@dataclass(slots=True)
class _Noun:
    """A noun with all that belongs to it."""

    core: str
    word: Word
    after: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The noun and what follows it."""
        return " ".join([self.core, *self.after])

    @property
    def there(self) -> str:
        """Where something is that is at it."""
        at = self.word.at or _ON
        if at.endswith((" a", " an")):
            at = f"{at.partition(' ')[0]} {'an' if self.core[0] in 'aeiou' else 'a'}"
        return f"{at} {self.text}"


@dataclass(slots=True)
class _Clause:
    """What was read of a clause and still waits for its place."""

    before: list[str] = field(default_factory=list)
    """Qualities of the next noun."""
    after: list[str] = field(default_factory=list)
    """Phrases that follow the next noun."""
    conjuncts: list[str] = field(default_factory=list)
    bare: _Noun | None = None
    """A noun without a particle: part of the next noun, object of the next doing, or the head."""
    object: _Noun | None = None
    subject: _Noun | None = None
    topics: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    means: list[_Noun] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    number: str = ""
    last: Token | None = None
    """The word before."""


def compose(tokens: Sequence[Token]) -> str:
    """Return the words as English: qualities, noun, then what it does and where."""
    clause = _Clause()
    for token in tokens:
        _READERS[token.word.kind](clause, token)
        clause.last = token
    return _finished(clause)


def _quality(clause: _Clause, token: Token) -> None:
    subject = clause.subject
    is_about_subject = subject and (subject.word.mark == _PART or token.korean.endswith("는"))
    if subject and is_about_subject and not clause.before:
        clause.after.append(f"with {token.word.english} {subject.text}")
        clause.subject = None
        return
    if clause.bare:
        clause.topics.append(_taken(clause).text)
    clause.before += [token.word.english] if token.word.english else []


def _number(clause: _Clause, token: Token) -> None:
    clause.number = token.word.english


def _counter(clause: _Clause, token: Token) -> None:
    noun, number = clause.bare, clause.number
    if noun and number:
        clause.bare, clause.number = None, ""
        _placed(clause, _Noun(_counted(noun.core, number), noun.word, noun.after), token.role)


def _counted(text: str, number: str) -> str:
    return f"{number} {text if number in ('one', '1') else plural(text)}"


def _relation(clause: _Clause, token: Token) -> None:
    if clause.bare is None:
        return
    where = f"{token.word.english} {_taken(clause).text}"
    if token.role is Role.OF or token.role is Role.BARE:
        clause.after.append(where)
    else:
        clause.places.append(where)


def _noun(clause: _Clause, token: Token) -> None:
    word = token.word
    if word.mark == _FRAME:
        return
    text = plural(word.english) if token.is_plural else word.english
    if clause.number:
        text, clause.number = _counted(text, clause.number), ""
    text = " ".join([*clause.before, text])
    noun = _compound(_taken(clause), text, word) if clause.bare else _Noun(text, word)
    noun.after += clause.after
    clause.before, clause.after = [], []
    _placed(clause, noun, token.role)


def _compound(first: _Noun, text: str, word: Word) -> _Noun:
    if word.mark == _MEDIUM and first.word.mark != _MEDIUM:
        return _Noun(f"{text} of {first.text}", word)
    is_far = " " in first.core or first.word.at.startswith(("above", "under"))
    if first.word.kind is Kind.PLACE and is_far and word.kind is not Kind.PLACE:
        return _Noun(text, word, [*first.after, first.there])
    return _Noun(f"{first.core} {text}", word, first.after)


def _taken(clause: _Clause) -> _Noun:
    """Return the bare noun, which is no longer one."""
    assert clause.bare
    noun, clause.bare = clause.bare, None
    return noun


def _placed(clause: _Clause, noun: _Noun, role: Role) -> None:
    """Keep a noun for what its particle says that it does; all that it was joined with goes along."""
    if role is Role.AND:
        clause.conjuncts.append(noun.text)
        return
    if clause.conjuncts and role is not Role.BARE:
        noun = _joined(clause, noun)
    if role is Role.BARE:
        clause.bare = noun
    elif role is Role.OF:
        clause.after.insert(0, noun.there if noun.word.at else f"{_relating(noun)} {noun.text}")
    elif role is Role.AT:
        clause.places.append(noun.there)
    elif role is Role.LIKE:
        clause.after.append(f"like {noun.text}")
    elif role is Role.BY:
        clause.means.append(noun)
    elif role is Role.OBJECT:
        clause.object = noun
    elif role is Role.SUBJECT:
        clause.topics += [clause.subject.text] if clause.subject else []
        clause.subject = noun
    else:
        clause.topics.append(noun.text)


def _relating(noun: _Noun) -> str:
    return "with" if noun.word.mark == _PART else "of"


def _joined(clause: _Clause, noun: _Noun) -> _Noun:
    core = " and ".join([*clause.conjuncts, noun.core])
    clause.conjuncts = []
    return _Noun(core, noun.word, noun.after)


def _doing(clause: _Clause, token: Token) -> None:
    word = token.word
    if word.english == _AUXILIARY and clause.last and clause.last.word.ends:
        if not word.ends and clause.doings:  # "자고 있는" stands before a noun, "자고 있다" ends the sentence
            _before_noun(clause, clause.doings.pop())
        return
    done = _done(clause, word)
    if word.ends:
        clause.doings += [done] if done else []
        return
    if done:
        _before_noun(clause, done)


def _before_noun(clause: _Clause, done: str) -> None:
    """Keep a doing for the noun that it stands before; one that has a subject of its own comes with that."""
    subject, clause.subject = clause.subject, None
    if subject:
        done = f"with {subject.text} {done}" if " " in done else f"with {done} {subject.text}"
    clause.after.append(done)


def _done(clause: _Clause, word: Word) -> str:
    """Return a doing with all that it is done to, by and at."""
    parts = [_filled(clause, word.english)]
    if clause.conjuncts:
        parts.append(f"with {' and '.join(clause.conjuncts)}")
        clause.conjuncts = []
    parts += [f"with {noun.text}" for noun in clause.means] + clause.places
    clause.means, clause.places = [], []
    return " ".join(part for part in parts if part)


def _filled(clause: _Clause, template: str) -> str:
    """Return a template with what fills it, or without its place and the preposition before it."""
    taken = _filler(clause, template)
    if taken is None:
        plain = template.partition(" {")[0]
        return "" if plain in ("with", "without", "with a view of") else _without_preposition(plain)
    if "{" not in template:
        return f"{template} {taken.text}"
    if "{@}" in template or (taken.word.mark == _MANNER and " as {}" in template):
        template = template.replace(" as {}", " {@}")
        return template.replace("{@}", taken.there)
    return template.replace("{s}", "{}").replace("{}", taken.text)


def _filler(clause: _Clause, template: str) -> _Noun | None:
    """Take the noun that a doing is about: its object, the noun right before it, or for some its subject or means."""
    noun = clause.object or clause.bare
    if clause.object:
        clause.object = None
    elif clause.bare:
        noun = _joined(clause, _taken(clause)) if clause.conjuncts else _taken(clause)
    elif "{s}" in template and clause.subject:
        noun, clause.subject = clause.subject, None
    elif "{s}" in template or template.endswith((" as {}", " of {}")):
        noun = clause.means.pop() if clause.means else None
    return noun


def _without_preposition(text: str) -> str:
    for preposition in _PREPOSITIONS:
        text = text.removesuffix(preposition)
    return text


def _finished(clause: _Clause) -> str:
    """Return the clause: its head, what it does, where, then what is left."""
    head = clause.bare or clause.subject
    rest = [clause.subject.text] if clause.bare and clause.subject else []
    if head and clause.conjuncts:
        head = _joined(clause, head)
    nouns = [*clause.topics, *rest, *clause.conjuncts]
    core = " ".join([*clause.before, *([head.text] if head else []), clause.number, *clause.after]).strip()
    if not head and nouns and (clause.doings or clause.places or clause.after or clause.before):
        core = " ".join([*clause.before, nouns.pop(), *clause.after])
    elif not head:
        core = core.removeprefix("with ")  # "…하는 모습": what is to be seen is the subject itself
    said = " ".join([core, *_listed(clause.doings), *clause.places]).strip()
    left = [noun.text for noun in (clause.object, *clause.means) if noun]
    return ", ".join(part for part in (*nouns, said, *left) if part)


def _listed(doings: list[str]) -> list[str]:
    return [" and ".join(doings)] if doings else []


_READERS: Final = {
    Kind.THING: _noun,
    Kind.PLACE: _noun,
    Kind.QUALITY: _quality,
    Kind.DOING: _doing,
    Kind.RELATION: _relation,
    Kind.NUMBER: _number,
    Kind.COUNTER: _counter,
}
