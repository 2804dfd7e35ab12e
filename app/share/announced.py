"""The feeds that pages tell readers of feeds about, by which these find them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from domain.sharing_words import words

if TYPE_CHECKING:
    from domain.messages import Language
    from domain.places import Places

_TYPES: Final = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


@dataclass(frozen=True, slots=True)
class AnnouncedFeed:
    """A feed in one of its forms."""

    title: str
    media_type: str
    url: str


def announced(places: Places, handle: str, author: str, language: Language) -> list[AnnouncedFeed]:
    """Return the feeds of an author in every form, then those of everybody's artworks in one."""
    of_author = words("page.pictures_of", language, author=author)
    own = [AnnouncedFeed(of_author, of_form, places.feed(f"user/{handle}", form)) for form, of_form in _TYPES.items()]
    of_all = [
        AnnouncedFeed(words(f"feed.{name}", language), _TYPES["atom"], places.feed(name, "atom"))
        for name in ("latest", "popular")
    ]
    return [*own, *of_all]
