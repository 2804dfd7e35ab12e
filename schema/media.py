"""Stored images in the graph."""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import strawberry

from db import tables
from db.words import AssetStatus
from domain.variants import object_key
from domain.words import ImageVariant
from schema.connections import Connection
from schema.context import Info
from schema.node import Node, global_id
from schema.scalars import URL

URL_LIFE = timedelta(hours=2)


@strawberry.type(description="A stored image with its variants.")
class MediaAsset(Node):
    """A stored image."""

    row: strawberry.Private[tables.MediaAsset]
    status: AssetStatus = strawberry.field(description="Where it is in its life.")
    width: int = strawberry.field(description="Width of the original in pixels.")
    height: int = strawberry.field(description="Height of the original in pixels.")
    byte_size: int = strawberry.field(description="Size of the original in bytes.")
    sha256: str = strawberry.field(description="SHA-256 of the original, in hexadecimal.")
    blurhash: str = strawberry.field(description="BlurHash, to show something before the picture has loaded.")
    dominant_color: str = strawberry.field(description="The colour that says most of the picture, as `#rrggbb`.")
    engine: str = strawberry.field(description="Key of the engine that painted it.")
    style: str = strawberry.field(description="Key of its style.")
    ratio: str = strawberry.field(description="Aspect ratio, such as `3:4`.")
    seed: int = strawberry.field(description="The seed it was painted from.")
    created_at: datetime = strawberry.field(description="When it came to be.")

    @classmethod
    def of(cls, row: tables.MediaAsset) -> "MediaAsset":
        """Return the object of a row."""
        return cls(
            id=global_id("asset", row.id),
            row=row,
            status=row.status,
            width=row.width,
            height=row.height,
            byte_size=row.byte_size,
            sha256=row.sha256,
            blurhash=row.blurhash,
            dominant_color=row.dominant_color,
            engine=row.engine,
            style=row.style,
            ratio=row.ratio,
            seed=row.seed,
            created_at=row.created_at,
        )

    @strawberry.field(description="Where to read the image: signed, the same for an hour, good for at least one more.")
    def url(
        self,
        info: Info,
        variant: Annotated[ImageVariant, strawberry.argument(description="Which rendition.")] = ImageVariant.ORIGINAL,
        download: Annotated[
            bool, strawberry.argument(description="Whether a browser shall save it instead of showing it.")
        ] = False,
    ) -> URL:
        """Return a signed URL."""
        if variant is ImageVariant.ORIGINAL and self.row.owner_id != info.context.viewer_id:
            variant = ImageVariant.FULL
        return asset_url(info, self.row.id, variant, download=download)


def asset_url(info: Info, asset_id: UUID, variant: ImageVariant, *, download: bool = False) -> URL:
    """Return the signed URL of an asset that the viewer was found to be allowed to see."""
    key = object_key(asset_id, variant)
    name = f"easel-{asset_id.hex}.{key.rpartition('.')[2]}" if download else None
    return URL(info.context.services.store.url(key, URL_LIFE, name))


@strawberry.type(description="A page of images.")
class MediaAssetConnection(Connection[MediaAsset]):
    """A page of images."""
