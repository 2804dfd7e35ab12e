"""What search engines ask for: the sitemap (https://www.sitemaps.org/protocol.html) and robots.txt (RFC 9309)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from uuid import UUID
from xml.sax.saxutils import escape

from app.share.page import PLAIN, XML, Asked, NotShownError, Page
from domain import sitemap

if TYPE_CHECKING:
    from db.session import Database
    from domain.places import Places

_SECONDS: Final = 600
_NAME: Final = re.compile(r"([0-9a-f]{32})(?:-([0-9a-f]{32}))?")
_ROBOTS: Final = """\
User-agent: *
Disallow: /graphql
Disallow: /graphiql
Disallow: /deposits/
Disallow: /metrics

Sitemap: {sitemap}
"""


class Sitemap:
    """The sitemap: an index, and parts of some two thousand artworks, each named by the keys between which it is.

    Where a part ends is looked for once: keys grow with time, so that new artworks make new parts.
    """

    def __init__(self, db: Database, places: Places) -> None:
        """Know no part yet."""
        self._db = db
        self._places = places
        self._ends: tuple[UUID, ...] = ()

    async def index(self, _asked: Asked) -> Page:
        """Return the list of all parts."""
        ends = await self._all_ends()
        names = [
            f"{after.hex}-{end.hex}" if end else after.hex
            for after, end in zip((sitemap.FIRST, *ends), (*ends, None), strict=True)
        ]
        return _document("sitemapindex", [f"<sitemap>{_at(self._places.sitemap(name))}</sitemap>" for name in names])

    async def part(self, asked: Asked) -> Page:
        """Return a part."""
        found = _NAME.fullmatch(asked.place["name"])
        if found is None:
            raise NotShownError
        after, end = UUID(hex=found[1]), UUID(hex=found[2]) if found[2] else None
        rows = await self._db.look_up(lambda tx: sitemap.part(tx, after, end))
        return _document(
            "urlset",
            [
                f"<url>{_at(self._places.artwork(key))}<lastmod>{moment:%Y-%m-%dT%H:%M:%SZ}</lastmod></url>"
                for key, moment in rows
            ],
        )

    async def robots(self, _asked: Asked) -> Page:
        """Return what robots may ask for."""
        return Page(_ROBOTS.format(sitemap=self._places.sitemap_index).encode(), PLAIN, seconds=_SECONDS)

    async def _all_ends(self) -> tuple[UUID, ...]:
        """Return where full parts end; what was found before is not looked for again."""
        ends = self._ends
        while end := await self._end_behind(ends[-1] if ends else sitemap.FIRST):
            ends = (*ends, end)
            if len(ends) > len(self._ends):  # another request may have come further meanwhile
                self._ends = ends
        return ends

    async def _end_behind(self, after: UUID) -> UUID | None:
        return await self._db.look_up(lambda tx: sitemap.end_of_part(tx, after))


def _at(url: str) -> str:
    return f"<loc>{escape(url)}</loc>"


def _document(name: str, elements: list[str]) -> Page:
    """Return a document; put together from texts, since there are thousands of elements and all are ours."""
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<{name} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    return Page("\n".join((head, *elements, f"</{name}>\n")).encode(), XML, seconds=_SECONDS)
