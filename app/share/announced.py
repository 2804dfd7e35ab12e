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
    """Return the feeds of everybody's artworks, the newest and the popular ones, in every form."""
    return [feed for name in ("latest", "popular") for feed in _forms(places, name, words(f"feed.{name}", language))]


def announced_of(places: Places, author: Author, language: Language) -> list[AnnouncedFeed]:
    """Return the feeds of an author in every form, then those of everybody's artworks."""
    title = words("page.pictures_of", language, author=one_line(author.display_name))
    own = _forms(places, f"user/{author.handle}", title)
    return [*own, *announced(places, language)]


def _forms(places: Places, name: str, title: str) -> list[AnnouncedFeed]:
    return [AnnouncedFeed(title, type_, places.feed(name, form)) for form, type_ in _TYPES.items()]
