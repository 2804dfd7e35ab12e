"""Feeds for readers: which there are, and what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from app.share.atom import atom
from app.share.json_feed import json_feed
from app.share.page import FOR_ALL, Asked, AskedWronglyError, NotShownError, Page
from app.share.reading import Entry, Feed
from app.share.rss import rss
from domain import shown
from domain.errors import InvalidInput
from domain.plain import one_line
from domain.search_queries import Query, read_query
from domain.search_words import plain, words_in
from domain.sharing_words import words
from domain.texts import findable
from domain.words import FeedWindow

if TYPE_CHECKING:
    from app.share.people import PeoplePages
    from app.share.templates import Templates
    from db.session import Database
    from domain.places import Places
    from domain.shown import ShownArtwork

FORMS: Final[Mapping[str, tuple[str, Callable[[Feed], bytes]]]] = {
    "rss": ("application/rss+xml; charset=utf-8", rss),
    "atom": ("application/atom+xml; charset=utf-8", atom),
    "json": ("application/feed+json", json_feed),
}
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed was changed last that never had an entry."""


@dataclass(frozen=True, slots=True)
class _Heading:
    """What a feed tells before its entries."""

    name: str
    """In its address."""
    title: str
    home: str
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feeds:
    """All feeds."""

    db: Database
    places: Places
    people: PeoplePages
    templates: Templates

    async def latest(self, asked: Asked) -> Page:
        """Return the newest artworks of all."""
        heading = _Heading("latest", words("feed.latest", asked.language), self.places.home)
        return self._page(asked, heading, await self.db.look_up(shown.latest))

    async def popular(self, asked: Asked) -> Page:
        """Return what is popular in a window, a week's by default."""
        try:
            window = FeedWindow(asked.query.get("window", FeedWindow.WEEK).upper())
        except ValueError as error:
            names = ", ".join(each.lower() for each in FeedWindow)
            raise AskedWronglyError(HTTPStatus.BAD_REQUEST, f"There is no such window; one of {names}.") from error
        query = {} if window is FeedWindow.WEEK else {"window": window.lower()}
        heading = _Heading("popular", words("feed.popular", asked.language), self.places.home, query)
        return self._page(asked, heading, await self.db.look_up(lambda tx: shown.popular(tx, window)))

    async def author(self, asked: Asked) -> Page:
        """Return the newest artworks of a user."""
        profile = await self.people.find(asked.place["handle"])
        title = words("feed.author", asked.language, author=one_line(profile.display_name))
        heading = _Heading(f"user/{profile.handle}", title, self.places.author(profile.handle))
        return self._page(asked, heading, await self.db.look_up(lambda tx: shown.latest_of(tx, profile.id)))

    async def tag(self, asked: Asked) -> Page:
        """Return the newest artworks that have a tag."""
        name = plain(asked.place["tag"]).removeprefix("#")
        if findable(name) is None or words_in(name) != [name]:
            raise NotShownError
        heading = _Heading(f"tag/{name}", words("feed.tag", asked.language, tag=name), self.places.home)
        found = await self.db.look_up(lambda tx: shown.latest_found(tx, Query().written(), [name]))
        return self._page(asked, heading, found)

    async def search(self, asked: Asked) -> Page:
        """Return the newest artworks that a search finds."""
        text = asked.query.get("q", "").strip()
        if not text:
            raise AskedWronglyError(HTTPStatus.BAD_REQUEST, "Search for what? Say it as q.")
        try:
            query = read_query(text, ("q",)).written()
        except InvalidInput as refusal:
            raise AskedWronglyError(HTTPStatus.BAD_REQUEST, refusal.message(asked.language)) from refusal
        title = words("feed.search", asked.language, query=one_line(text, 100))
        heading = _Heading("search", title, self.places.home, {"q": text})
        return self._page(asked, heading, await self.db.look_up(lambda tx: shown.latest_found(tx, query)))

    def _page(self, asked: Asked, heading: _Heading, artworks: Iterable[ShownArtwork]) -> Page:
        form = asked.place["form"]
        if form not in FORMS:
            raise NotShownError
        media_type, write = FORMS[form]
        entries = tuple(self._entry(each, asked) for each in artworks)
        updated = max((each.published for each in entries), default=_BEGINNING)
        url = self.places.feed(heading.name, form, heading.query)
        about = words("page.description", asked.language)
        feed = Feed(heading.title, about, heading.home, url, updated, entries)
        headers = {"Last-Modified": format_datetime(updated, usegmt=True), **FOR_ALL}
        return Page(write(feed), media_type, headers=headers)

    def _entry(self, artwork: ShownArtwork, asked: Asked) -> Entry:
        url, image = self.places.artwork(artwork.id), self.places.image(artwork.id)
        width, height = artwork.picture.size
        alt = one_line(artwork.picture.alt_text or artwork.title)
        html = self.templates.write(
            "entry", asked.language, artwork=artwork, url=url, image=image, width=width, height=height, alt=alt
        )
        return Entry(
            id=artwork.id.urn,
            url=url,
            title=one_line(artwork.title, 100),
            html=html.decode(),
            image=image,
            size=(width, height),
            published=artwork.created_at,
            author=one_line(artwork.author.display_name),
            author_url=self.places.author(artwork.author.handle),
            tags=artwork.tags,
        )
