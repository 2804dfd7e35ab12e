"""Signed links to the pictures that pages show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from domain.variants import object_key
from domain.words import ImageVariant
from schema.media import URL_LIFE

if TYPE_CHECKING:
    from domain.ports import ObjectStore
    from domain.shown import Picture


@dataclass(frozen=True, slots=True)
class PictureLinks:
    """Where browsers read pictures: variants alone, never the original, in which the prompt is."""

    store: ObjectStore

    @property
    def origin(self) -> str:
        """Scheme and host of the links."""
        parts = urlsplit(self.store.url("assets/any/card.webp", URL_LIFE))
        return f"{parts.scheme}://{parts.netloc}"

    def shared(self, picture: Picture) -> str:
        """Return the link to the file of a picture that is shared."""
        return self.variant(picture, picture.variant)

    def card(self, picture: Picture) -> str:
        """Return the link to the smaller file of a picture that is shown beside others."""
        return self.variant(picture, ImageVariant.CARD)

    def variant(self, picture: Picture, variant: ImageVariant) -> str:
        """Return the link to a file of a picture, good for two hours at least."""
        return self.store.url(object_key(picture.asset_id, variant), URL_LIFE)
