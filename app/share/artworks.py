"""The page of an artwork, the one for frames, and the address that leads to its picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import UUID

from app.share.announced import announced_of
from app.share.page import UNLISTED, Asked, NotShownError, Page, redirect
from domain import sharing, shown
from domain.plain import one_line
from domain.words import ImageVariant
from schema.node import key_of

if TYPE_CHECKING:
    from app.share.links import PictureLinks
    from app.share.templates import Templates
    from db.session import Database
    from domain.messages import Language
    from domain.places import Places
    from domain.shown import ShownArtwork

IMAGE_SECONDS: Final = 600
"""How long others may remember where a picture is; the link lives for two hours at least."""
VARIANTS: Final = {"card": ImageVariant.CARD, "thumb": ImageVariant.THUMB}
"""Files of a picture that are smaller than the one that is shared, by their names in addresses."""
_TITLE: Final = 100
_SUMMARY: Final = 200


@dataclass(frozen=True, slots=True)
class ArtworkPages:
    """Pages of artworks."""

    db: Database
    places: Places
    links: PictureLinks
    templates: Templates

    async def page(self, asked: Asked) -> Page:
        """Return the page of an artwork, with what scrapers read of it."""
        artwork = await self.find(asked)
        pictures = await self.db.look_up(lambda tx: shown.pictures_of(tx, artwork.id))
        shared = self.places.artwork(artwork.id)
        body = self.templates.write(
            "artwork",
            asked.language,
            **self._told(artwork, asked.language),
            pictures=[(each, self.links.card(each), self.links.shared(each)) for each in pictures],
            oembed=[(form, self.places.oembed(shared, form)) for form in ("json", "xml")],
            feeds=announced_of(self.places, artwork.author, asked.language),
        )
        return Page(body, headers=self.templates.policy() | self._robots(artwork))

    async def embed(self, asked: Asked) -> Page:
        """Return the page of an artwork that others may put into a frame, also a sandboxed one."""
        artwork = await self.find(asked)
        told = self._told(artwork, asked.language)
        picture = self.links.card(artwork.picture), self.links.shared(artwork.picture)
        body = self.templates.write("embed", asked.language, **told, picture=picture)
        return Page(body, headers=self.templates.policy(is_framed=True) | UNLISTED)

    async def image(self, asked: Asked) -> Page:
        """Lead to the first picture of an artwork, by a link that is good for longer than the way is remembered."""
        name = asked.place.get("variant")
        if name is not None and name not in VARIANTS:
            raise NotShownError
        artwork = await self.find(asked)
        variant = VARIANTS[name] if name else artwork.picture.variant
        headers = {"Cross-Origin-Resource-Policy": "cross-origin"}
        return redirect(self.links.variant(artwork.picture, variant), IMAGE_SECONDS, headers | self._robots(artwork))

    async def short(self, asked: Asked) -> Page:
        """Lead from a short link to the page of its artwork."""
        artwork = await self.behind(asked.place["code"])
        return redirect(self.places.artwork(artwork.id))

    async def behind(self, code: str) -> ShownArtwork:
        """Return the artwork that a short link leads to.

        Raises:
            NotShownError: there is none that everybody may see.
        """
        is_one = sharing.is_code(code)
        return await self.of(await self.db.look_up(lambda tx: sharing.find(tx, code)) if is_one else None)

    async def find(self, asked: Asked) -> ShownArtwork:
        """Return the artwork whose global id is in the path.

        Raises:
            NotShownError: there is none that everybody may see.
        """
        return await self.of(key_of("artwork", asked.place["id"]))

    async def of(self, key: UUID | None) -> ShownArtwork:
        """Return an artwork by its key.

        Raises:
            NotShownError: there is none that everybody may see.
        """
        artwork = await self.db.look_up(lambda tx: shown.find_artwork(tx, key)) if key else None
        if artwork is None:
            raise NotShownError
        return artwork

    def _robots(self, artwork: ShownArtwork) -> dict[str, str]:
        return {} if artwork.is_listed else UNLISTED

    def _told(self, artwork: ShownArtwork, language: Language) -> dict[str, object]:
        width, height = artwork.picture.size
        return {
            "artwork": artwork,
            "title": one_line(artwork.title, _TITLE),
            "author": one_line(artwork.author.display_name),
            "summary": sharing.summary(artwork, language, _SUMMARY),
            "alt": one_line(artwork.picture.alt_text or artwork.title),
            "image": self.places.image(artwork.id),
            "image_type": "image/webp",
            "width": width,
            "height": height,
            "url": self.places.artwork(artwork.id),
            "author_url": self.places.author(artwork.author.handle),
        }
