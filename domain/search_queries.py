"""What people type into a search, as what search looks for: words, phrases, hashtags, handles, and what must not be."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

import orjson

from domain.errors import BadUserInput, InvalidInput
from domain.search_words import is_blank, plain, words_in
from domain.texts import findable

if TYPE_CHECKING:
    from collections.abc import Sequence

MAXIMUM_CHARACTERS: Final = 500
MAXIMUM_THINGS: Final = 20
"""Words, hashtags and handles of a query."""
_QUOTES: Final = str.maketrans(dict.fromkeys("“”„‟«»「」『』", '"'))
_PART: Final = re.compile(r'(?P<no>-?)(?:"(?P<phrase>[^"]*)"?|(?P<sign>[#@]?)(?P<word>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class Query:
    """What a query asks for; all of it has to be there."""

    words: tuple[str, ...] = ()
    """Whole words, beginnings, parts of words, or where there are none of these, similar words; or an author's name."""
    exact: tuple[str, ...] = ()
    """Words of the phrases, which stand as they are."""
    phrases: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    not_words: tuple[str, ...] = ()
    not_phrases: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    not_handles: tuple[str, ...] = ()
    is_nothing: bool = False
    """Whether something was typed, but nothing that could be found."""

    @property
    def people(self) -> list[str]:
        """What handles and names are to have, the longest first; nobody has a hashtag."""
        return (
            [] if self.tags else sorted({*self.handles, *self.words, *self.exact}, key=lambda word: (-len(word), word))
        )

    @property
    def topics(self) -> list[str]:
        """What tags are to be like: one of these. Words that stand apart may be one in a tag."""
        joined = ["".join(self.words), "_".join(self.words)] if len(self.words) > 1 else []
        return list(dict.fromkeys([*self.tags, *joined, *self.words, *self.exact]))[:5]

    def written(self) -> str:
        """Return it as the functions of the database read it: JSON."""
        return orjson.dumps(asdict(self) | {"people": self.people, "topics": self.topics}).decode()


def read_query(text: str, path: Sequence[str] = ("query",)) -> Query:
    """Return what a text asks for.

    Quotes hold a phrase together, ``#`` stands before a tag, ``@`` before a handle, ``-`` before what must not be.

    Raises:
        InvalidInput: it is too long, or asks for too much at once; ``path`` names it.
    """
    if len(text) > MAXIMUM_CHARACTERS:
        raise InvalidInput("text.too_long", path, maximum=MAXIMUM_CHARACTERS, length=len(text))
    if findable(text) is None:
        return Query(is_nothing=True)
    found: dict[str, dict[str, None]] = {}
    typed = plain(text).translate(_QUOTES)
    for part in _PART.finditer(typed):
        for kind, word in _things(part):
            found.setdefault(kind, {})[word] = None
    if sum(map(len, found.values())) > MAXIMUM_THINGS:
        raise InvalidInput("search.too_much", path, maximum=MAXIMUM_THINGS)
    things = {kind: tuple(words) for kind, words in found.items()}
    return Query(**things, is_nothing=not (things or is_blank(text)))


def query_json(text: str) -> str:
    """Return what a text asks for, as the functions of the database read it.

    Raises:
        BadUserInput: as ``read_query`` refuses.
    """
    try:
        return read_query(text).written()
    except InvalidInput as refusal:
        raise BadUserInput(f"`query`: {refusal.message('en')}") from refusal


def _things(part: re.Match[str]) -> list[tuple[str, str]]:
    """Return what one part of a query names, with its kind."""
    if part["phrase"] is None:
        words = words_in(part["word"])
        first = {"#": "tags", "@": "handles"}.get(part["sign"], "words")
        no = "not_" if part["no"] else ""
        return [(f"{no}{'words' if index else first}", word) for index, word in enumerate(words)]
    words, phrase = words_in(part["phrase"]), " ".join(part["phrase"].split())
    if part["no"]:
        return [("not_phrases", phrase)] if len(words) > 1 else [("not_words", word) for word in words]
    return [*(("exact", word) for word in words), *([("phrases", phrase)] if len(words) > 1 else [])]
