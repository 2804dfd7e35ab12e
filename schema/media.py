"""Stored images in the graph."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from db.words import AssetStatus, Operation
from domain import collecting, media
from domain.variants import object_key
from domain.words import ImageVariant
from planner import Connection, column, computed, expression, planned, scalars, to_one
from schema.context import Context
from schema.node import Node, identity
from schema.scalars import URL

if TYPE_CHECKING:
    from schema.folders import Folder

URL_LIFE = timedelta(hours=2)
_ORIGINAL, _FULL = ImageVariant.ORIGINAL, ImageVariant.FULL
"""Looked up once: a page of a hundred asks for two hundred links."""


def asset_url(
    context: Context,
    asset_id: str,
    owner_id: str,
    *,
    variant: Annotated[ImageVariant, strawberry.argument(description="Which rendition.")] = ImageVariant.ORIGINAL,
    download: Annotated[
        bool, strawberry.argument(description="Whether a browser shall save it instead of showing it.")
    ] = False,
) -> str:
    """Return the signed URL of an asset; the original is for its owner, all others get it without its prompt."""
    if variant is _ORIGINAL and owner_id != context.viewer_key:
        variant = _FULL
    return signed_url(context, asset_id, variant, download=download)


def signed_url(context: Context, asset_id: str, variant: ImageVariant, *, download: bool = False) -> str:
    """Return the signed URL of an asset that the viewer was found to be allowed to see."""
    key = object_key(asset_id, variant)
    name = f"easel-{asset_id.replace('-', '')}.{key.rpartition('.')[2]}" if download else None
    return context.services.store.url(key, URL_LIFE, name)


@strawberry.type(description="All settings that an image was made with. Its owner alone sees them.")
@planned(media.settings(), visible_to=lambda ask, made: made.owner_id == ask.viewer)
class ImageGeneration:
    """All settings that an image was made with."""

    operation: Operation = column("What was done.")
    prompt: str = column("What to paint.")
    negative_prompt: str = column("What to avoid.")
    engine: str = column("Key of the engine.")
    engine_revision: str = column("What exactly painted it: the same revision and settings give the same picture.")
    style: str = column("Key of the style.")
    seed: int = column("Its seed.")
    steps: int = column("Denoising steps.")
    guidance: float = column("Guidance scale.")
    strength: float | None = column("How far it could leave what it was made from; null where that has no meaning.")
    width: int = column("Width that was asked for, in pixels.")
    height: int = column("Height that was asked for, in pixels.")
    method: str = column(
        "By which means, where an operation has several: `lanczos`, `grabcut`, or the name of a model; otherwise empty."
    )


@strawberry.type(description="A stored image with its variants.")
@planned(tables.MediaAsset, visible_to=lambda ask, asset: media.visible_to(asset, ask.viewer))
class MediaAsset(Node):
    """A stored image."""

    id: strawberry.ID = identity("asset")
    status: AssetStatus = column("Where it is in its life.")
    width: int = column("Width of the original in pixels.")
    height: int = column("Height of the original in pixels.")
    byte_size: int = column("Size of the original in bytes.")
    sha256: str = column("SHA-256 of the original, in hexadecimal.")
    blurhash: str = column("BlurHash, to show something before the picture has loaded.")
    dominant_color: str = column("The colour that says most of the picture, as `#rrggbb`.")
    engine: str = column("Key of the engine that painted it.")
    style: str = column("Key of its style.")
    ratio: str = column("Aspect ratio, such as `3:4`.")
    seed: int = column("The seed it was painted from.")
    created_at: datetime = column("When it came to be.")
    parent: "MediaAsset | None" = to_one(
        "The image that it was made from; null where there is none that the viewer may see.", by="parent_id"
    )
    generation: ImageGeneration | None = to_one(
        "All settings that it was made with, for `rerunGeneration` or to learn from; its owner alone sees them.",
        lambda _ask, asset, made: made.id == asset.id,
        unique=True,
    )
    folder: Annotated["Folder", strawberry.lazy("schema.folders")] | None = to_one(
        "The folder that it is in; its owner alone sees it.", by="folder_id"
    )
    tags: list[str] = scalars(
        "Tags that its owner gave it, twenty at most; empty for anybody else.",
        lambda ask, asset: collecting.tags_of(asset, ask.viewer),
    )
    is_starred: bool = expression(
        "Whether its owner, who asks, gave it a star.", lambda ask, asset: collecting.is_starred(asset, ask.viewer)
    )
    url: URL = computed(
        "Where to read the image: signed, the same for an hour, good for at least one more.",
        asset_url,
        *("id", "owner_id"),
    )


@strawberry.type(description="A page of images.")
class MediaAssetConnection(Connection[MediaAsset]):
    """A page of images."""
