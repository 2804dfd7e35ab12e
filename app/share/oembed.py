"""oEmbed 1.0 (https://oembed.com): what other sites show in the place of a link to an artwork."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

import orjson
from markupsafe import Markup

from app.share.artworks import VARIANTS
from app.share.page import FOR_ALL, XML, Asked, AskedWronglyError, NotShownError, Page
from app.share.xml import add, document
from domain.plain import one_line
from schema.node import key_of

if TYPE_CHECKING:
    from app.share.artworks import ArtworkPages
    from domain.shown import ShownArtwork

PARAMETERS: Final = ("url", "format", "maxwidth", "maxheight")
CAPTION: Final = 64
"""Pixels that title and author take below the picture."""
_WIDTH: Final = 640
_HEIGHT: Final = 720
_NO_BOUND: Final = 10**6
_CACHE_AGE: Final = 3_600
"""Seconds that a site may keep what it was told."""
_MOST_DIGITS: Final = 6
_FRAME: Final = Markup(
    '<iframe src="{url}" width="{width}" height="{height}" title="{title}" '
    'sandbox="allow-popups allow-popups-to-escape-sandbox" loading="lazy" style="border:0"></iframe>'
)


@dataclass(frozen=True, slots=True)
class OEmbed:
    """The provider."""

    artworks: ArtworkPages

    async def answer(self, asked: Asked) -> Page:
        """Tell of the artwork whose page, or short link, is at ``url``."""
        form = asked.query.get("format", "json")
        if form not in {"json", "xml"}:
            raise AskedWronglyError(HTTPStatus.NOT_IMPLEMENTED, "Ask for the format json or xml.")
        if "url" not in asked.query:
            raise AskedWronglyError(HTTPStatus.BAD_REQUEST, "Which url?")
        frame = _bound(asked, "maxwidth", _WIDTH), _bound(asked, "maxheight", _HEIGHT)
        thumbnail = _bound(asked, "maxwidth", _NO_BOUND), _bound(asked, "maxheight", _NO_BOUND)
        artwork = await self._at(asked.query["url"])
        told = self._told(artwork, frame) | self._thumbnail(artwork, thumbnail)
        if form == "json":
            return Page(orjson.dumps(told), "application/json", headers=FOR_ALL)
        root = Element("oembed")
        for name, value in told.items():
            add(root, name, str(value))
        return Page(document(root), XML, headers=FOR_ALL)

    def _told(self, artwork: ShownArtwork, frame: tuple[int, int]) -> dict[str, Any]:
        """Return the facts by the names that oEmbed gives them; ``frame`` bounds width and height of what is shown."""
        places, (width, height) = self.artworks.places, frame
        picture = artwork.picture.within(width, max(1, height - CAPTION))
        size = {"width": min(width, max(picture[0], _WIDTH // 2)), "height": min(height, picture[1] + CAPTION)}
        title = one_line(artwork.title, 100)
        return {
            "version": "1.0",
            "type": "rich",
            "title": title,
            "author_name": one_line(artwork.author.display_name),
            "author_url": places.author(artwork.author.handle),
            "provider_name": "Easel",
            "provider_url": places.home,
            "cache_age": _CACHE_AGE,
            "html": str(_FRAME.format(url=places.embed(artwork.id), title=title, **size)),
            **size,
        }

    def _thumbnail(self, artwork: ShownArtwork, bound: tuple[int, int]) -> dict[str, Any]:
        """Return the largest picture within bounds, by the names that oEmbed gives it; nothing where there is none."""
        picture, image = artwork.picture, partial(self.artworks.places.image, artwork.id)
        files = [(image(), picture.size), *((image(name), picture.size_of(VARIANTS[name])) for name in VARIANTS)]
        for url, (width, height) in files:
            if width <= bound[0] and height <= bound[1]:
                return {"thumbnail_url": url, "thumbnail_width": width, "thumbnail_height": height}
        return {}

    async def _at(self, url: str) -> ShownArtwork:
        path = _path_below(url, self.artworks.places.base_url)
        match path.split("/"):
            case ["a", text] | ["a", text, "embed"]:
                return await self.artworks.of(key_of("artwork", text))
            case ["s", code]:
                return await self.artworks.behind(code)
            case _:
                raise NotShownError


def _path_below(url: str, base_url: str) -> str:
    """Return the path of one of our own pages, without a slash at its beginning.

    Raises:
        NotShownError: it is the address of something else.
    """
    try:
        asked, ours = urlsplit(url), urlsplit(base_url)
    except ValueError as error:
        raise NotShownError from error
    folder = f"{ours.path}/"
    if (
        asked.scheme not in {"http", "https"}
        or asked.netloc.lower() != ours.netloc.lower()
        or not asked.path.startswith(folder)
    ):
        raise NotShownError
    return asked.path.removeprefix(folder)


def _bound(asked: Asked, name: str, default: int) -> int:
    """Return how wide or high the frame may be."""
    text = asked.query.get(name)
    if text is None:
        return default
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    if not is_number or int(text) == 0:
        raise AskedWronglyError(HTTPStatus.BAD_REQUEST, f"{name} is a number of pixels.")
    return min(default, int(text))
