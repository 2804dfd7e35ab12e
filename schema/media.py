"""Stored images in the graph."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from db.words import AssetStatus, ContentLevel, Operation
from domain import collecting, galleries, media, moderation
from domain.variants import object_key
from domain.words import ImageVariant
from planner import Connection, column, computed, connection, expression, part, planned, scalars, to_one
from schema.context import Context
from schema.moderated import Moderated
from schema.node import Node, identity
from schema.scalars import URL

if TYPE_CHECKING:
    from schema.folders import Folder
    from schema.presets import PromptPreset

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


@strawberry.type(description="A part of a picture.")
@planned()
class CropArea:
    """A part of a picture: a part of its recipe's row."""

    x: int = column("Pixels from the left edge.", "crop_x")
    y: int = column("Pixels from the upper edge.", "crop_y")
    width: int = column("Pixels.", "crop_width")
    height: int = column("Pixels.", "crop_height")


@strawberry.type(description="How an image was made out of its parent, which stays as it is: done in this order.")
@planned(tables.EditRecipe)
class EditRecipe:
    """How an image was made out of its parent."""

    crop: CropArea | None = part("The part of the parent that is left; null for all of it.", present="crop_x")
    rotation: int = column("Degrees that it was turned, clockwise: 0, 90, 180 or 270.")
    flip_horizontal: bool = column("Whether left and right were changed.")
    flip_vertical: bool = column("Whether above and below were changed.")
    resized_width: int | None = column("Width that it was resized to, in pixels; null where it was not.", "width")
    resized_height: int | None = column("Height that it was resized to, in pixels; null where it was not.", "height")


@strawberry.type(description="A stored image with its variants.")
@planned(
    tables.MediaAsset,
    visible_to=lambda ask, asset: (
        media.visible_to(asset, ask.viewer) | moderation.may_look_at_picture(asset, ask.moderator)
    ),
)
class MediaAsset(Node, Moderated):
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
    content_level: ContentLevel = column("For whom it is suitable.")
    created_at: datetime = column("When it came to be.")
    alt_text: str = column("What it shows, for those who can not see it; empty where nobody has said.")
    is_primary: bool = column("Whether it stands for all of its gallery.")
    position: int = column("Its place in its gallery: those before it have smaller numbers, not always the next.")
    owner_id: strawberry.ID | None = expression(
        "Id of the character, story, chat or user whose gallery it is in; null where it is in none that the viewer may "
        "see.",
        lambda ask, asset: galleries.owner_id_of(asset, ask.viewer),
    )
    recipe: EditRecipe | None = to_one(
        "How it was made out of its parent, where it was edited.",
        lambda _ask, asset, recipe: recipe.asset_id == asset.id,
        unique=True,
    )
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


def _avatar_url(context: Context, asset_id: str | None) -> str | None:
    return signed_url(context, asset_id, ImageVariant.THUMB) if asset_id else None


@strawberry.interface(description="Something that has a gallery: pictures in order, one of which stands for it.")
class MediaOwner(Node):
    """Something that has a gallery."""

    gallery: MediaAssetConnection = connection(
        "Its pictures that are READY and suit the viewer's content preferences, in their order.",
        lambda _ask, owner, asset: media.hangs_in(asset, owner),
        order=("position", "id"),
    )
    primary_media: MediaAsset | None = to_one(
        "The picture that stands for it; null while there is none that suits the viewer's content preferences.",
        lambda _ask, owner, asset: media.stands_for(asset, owner),
        unique=True,
    )
    avatar_url: URL | None = computed(
        "Where to read the picture that stands for it, at most 256 pixels on its longest side; null where it is not "
        "for everybody.",
        _avatar_url,
        "avatar_asset_id",
    )
    gallery_count: int = column("How many pictures its gallery has.", "image_count")
    media_version: int = column("Grows by one with each change of its gallery; `reorderMedia` takes it.", "version")
    default_preset: Annotated["PromptPreset", strawberry.lazy("schema.presets")] | None = to_one(
        "The preset that its `promptDraft` is made with; null where there is none, and for everybody but its owner.",
        lambda ask, owner, preset: (preset.id == owner.default_preset_id) & (owner.user_id == ask.viewer),
        unique=True,
    )
    viewer_can_generate: bool = expression(
        "Whether the viewer may have pictures painted for it.",
        lambda ask, owner: owner.user_id.is_not_distinct_from(ask.viewer),
    )
    viewer_can_edit: bool = expression(
        "Whether the viewer may sort, delete and edit its pictures, and choose the one that stands for it.",
        lambda ask, owner: owner.user_id.is_not_distinct_from(ask.viewer),
    )
