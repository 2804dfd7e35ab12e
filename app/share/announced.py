"""The feeds that pages tell readers of feeds about, by which these find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.plain import one_line
from domain.sharing_words import words

if TYPE_CHECKING:
    from domain.messages import Language
    from domain.places import Places
    from domain.shown import Author

_TYPES: Final = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


@dataclass(frozen=True, slots=True)
class AnnouncedFeed:
    """A feed in one of its forms."""

    title: str
    media_type: str
    url: str


def announced(places: Places, language: Language) -> list[AnnouncedFeed]:
    """Return the feeds of everybody's artworks, the newest and the popular ones, in the form that all readers know."""
    names = ("latest", "popular")
    return [AnnouncedFeed(words(f"feed.{name}", language), _TYPES["atom"], places.feed(name, "atom")) for name in names]


def announced_of(places: Places, author: Author, language: Language) -> list[AnnouncedFeed]:
    """Return the feeds of an author in every form, then those of everybody's artworks."""
    title = words("page.pictures_of", language, author=one_line(author.display_name))
    own = [AnnouncedFeed(title, type_, places.feed(f"user/{author.handle}", form)) for form, type_ in _TYPES.items()]
    return [*own, *announced(places, language)]
