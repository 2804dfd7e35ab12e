"""The page of a user: who they are, and their newest artworks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.share.announced import announced_of
from app.share.home import ARTWORKS
from app.share.page import Asked, NotShownError, Page
from domain import shown
from domain.accounts import plain_handle
from domain.plain import one_line
from domain.sharing_words import words

if TYPE_CHECKING:
    from app.share.links import PictureLinks
    from app.share.templates import Templates
    from db.session import Database
    from domain.places import Places
    from domain.shown import Profile


@dataclass(frozen=True, slots=True)
class PeoplePages:
    """Pages of users."""

    db: Database
    places: Places
    links: PictureLinks
    templates: Templates

    async def page(self, asked: Asked) -> Page:
        """Return the page of a user."""
        profile = await self.find(asked.place["handle"])
        artworks = await self.db.look_up(lambda tx: shown.latest_of(tx, profile.id, ARTWORKS))
        name = one_line(profile.display_name)
        body = self.templates.write(
            "user",
            asked.language,
            profile=profile,
            name=name,
            initial=name[:1],
            summary=one_line(profile.bio) or words("page.pictures_of", asked.language, author=name),
            artworks=[(self.places.artwork(each.id), self.links.card(each.picture), each) for each in artworks],
            image=self.places.image(artworks[0].id) if artworks else None,
            size=artworks[0].picture.size if artworks else None,
            url=self.places.author(profile.handle),
            feeds=announced_of(self.places, profile, asked.language),
        )
        return Page(body, headers=self.templates.policy())

    async def find(self, handle: str) -> Profile:
        """Return a user by their handle, however it is written.

        Raises:
            NotShownError: there is none.
        """
        plain = plain_handle(handle)
        profile = await self.db.look_up(lambda tx: shown.find_author(tx, plain)) if plain else None
        if profile is None:
            raise NotShownError
        return profile
