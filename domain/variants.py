"""Where the variants of a picture are kept in the object store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from domain.words import ImageVariant

if TYPE_CHECKING:
    from uuid import UUID

_FILES: Final = {
    ImageVariant.ORIGINAL: "original.png",
    ImageVariant.FULL: "full.webp",
    ImageVariant.CARD: "card.webp",
    ImageVariant.THUMB: "thumb.webp",
}


def object_key(asset_id: UUID | str, variant: ImageVariant) -> str:
    """Return the key under which a variant of an asset is stored: ``assets/0198…/card.webp``."""
    return f"assets/{asset_id}/{_FILES[variant]}"


def content_type(variant: ImageVariant) -> str:
    """Return the media type of a variant."""
    return f"image/{_FILES[variant].rpartition('.')[2]}"
