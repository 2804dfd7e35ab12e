"""The home page: the newest artworks of all. Feeds name it as theirs, and oEmbed as that of the provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from app.share.announced import announced
from app.share.page import Asked, Page
from domain import shown

if TYPE_CHECKING:
    from app.share.links import PictureLinks
    from app.share.templates import Templates
    from db.session import Database
    from domain.places import Places

ARTWORKS: Final = 24
"""How many a page of many artworks shows."""


@dataclass(frozen=True, slots=True)
class HomePage:
    """The page at the root."""

    db: Database
    places: Places
    links: PictureLinks
    templates: Templates

    async def page(self, asked: Asked) -> Page:
        """Return the page."""
        artworks = await self.db.look_up(lambda tx: shown.latest(tx, ARTWORKS))
        body = self.templates.write(
            "home",
            asked.language,
            artworks=[(self.places.artwork(each.id), self.links.card(each.picture), each) for each in artworks],
            feeds=announced(self.places, asked.language),
        )
        return Page(body, headers=self.templates.policy())
