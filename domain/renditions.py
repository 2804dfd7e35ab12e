"""What is stored of a picture, without the means to make it: the API hands it on and carries no picture library."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from db.words import ContentLevel
from domain.variants import content_type, object_key
from domain.words import ImageVariant

if TYPE_CHECKING:
    from uuid import UUID

FILES: Final = ("original", "full", "card", "thumb")
"""The encoded files of a rendition, by the names of its fields."""


@dataclass(frozen=True, slots=True)
class PictureObject:
    """One file of a picture, as it goes to the object store."""

    key: str
    data: bytes = field(repr=False)
    content_type: str


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished picture, ready to be stored."""

    original: bytes = field(repr=False)
    """PNG with the generation metadata in it, the prompt too: for its owner alone."""
    full: bytes = field(repr=False)
    """WebP of the same size, without the prompt."""
    card: bytes = field(repr=False)
    """WebP, longest side at most 640 px."""
    thumb: bytes = field(repr=False)
    """WebP, longest side at most 256 px."""
    width: int
    """Pixels of the original."""
    height: int
    sha256: str
    """Of the original, in hex."""
    blurhash: str
    dominant_color: str
    """``#rrggbb``."""
    dhash: int
    """64 bits, signed."""
    content_level: ContentLevel = ContentLevel.GENERAL
    """What a checker made of it; the asset's level is this or its job's, whichever is higher."""

    def objects(self, asset_id: UUID) -> tuple[PictureObject, ...]:
        """Return what to store for the asset: one object for each variant, the original last.

        So an original that is there says that all of the picture is.
        """
        data = {
            ImageVariant.FULL: self.full,
            ImageVariant.CARD: self.card,
            ImageVariant.THUMB: self.thumb,
            ImageVariant.ORIGINAL: self.original,
        }
        return tuple(PictureObject(object_key(asset_id, key), data[key], content_type(key)) for key in data)
