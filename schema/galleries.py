"""Galleries in the graph: what changes them, the results, and what their watchers are told."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.words import MediaChange, Rotation
from schema.errors import ContentBlocked, InvalidInput, MediaUnavailable, NotFound, TooManyAttempts, VersionConflict
from schema.media import MediaAsset, MediaOwner
from schema.stream_events import StreamEvent


@strawberry.input(description="Which image shall stand for an owner.")
class SetPrimaryMediaInput:
    """Which image shall stand for an owner."""

    owner_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's owners, or of the viewer.")
    asset_id: strawberry.ID = strawberry.field(description="Id of a READY image of its gallery.")


@strawberry.input(description="In which order a gallery shall be.")
class ReorderMediaInput:
    """In which order a gallery shall be."""

    owner_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's owners, or of the viewer.")
    ids: list[strawberry.ID] = strawberry.field(
        description="1 to 100 of its images in their new order, each once; all others follow in the order they have."
    )
    expected_version: int = strawberry.field(description="The `mediaVersion` that the order was made from.")


@strawberry.input(description="Which image to delete.")
class DeleteMediaInput:
    """Which image to delete."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images.")


@strawberry.input(description="Which image to restore.")
class RestoreMediaInput:
    """Which image to restore."""

    asset_id: strawberry.ID = strawberry.field(description="Id of an image that the viewer has deleted.")


@strawberry.input(description="What to say of an image.")
class SetAltTextInput:
    """What to say of an image."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images.")
    alt_text: str = strawberry.field(description="What it shows, at most 500 characters; empty for nothing.")


@strawberry.input(description="A part of a picture, in pixels.")
class CropInput:
    """A part of a picture."""

    x: int = strawberry.field(description="From the left edge.")
    y: int = strawberry.field(description="From the upper edge.")
    width: int = strawberry.field(description="How wide.")
    height: int = strawberry.field(description="How high.")


@strawberry.input(description="A size in pixels, 1 to 4096 on each side.")
class ResizeInput:
    """A size."""

    width: int = strawberry.field(description="Pixels.")
    height: int = strawberry.field(description="Pixels.")


@strawberry.input(description="What to do to a picture, in this order; it has to change something.")
class EditRecipeInput:
    """What to do to a picture."""

    crop: CropInput | None = strawberry.field(default=None, description="The part to leave; within the picture.")
    rotate: Rotation = strawberry.field(default=Rotation.NONE, description="How far to turn it.")
    flip_horizontal: bool = strawberry.field(default=False, description="Whether to change left and right.")
    flip_vertical: bool = strawberry.field(default=False, description="Whether to change above and below.")
    resize: ResizeInput | None = strawberry.field(default=None, description="The size that it shall have at the end.")


@strawberry.input(description="Which part of an image to leave.")
class CropMediaInput:
    """Which part of an image to leave."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images, which stays as it is.")
    crop: CropInput = strawberry.field(description="The part, within the picture.")


@strawberry.input(description="How to edit an image.")
class ApplyEditInput:
    """How to edit an image."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images, which stays as it is.")
    recipe: EditRecipeInput = strawberry.field(description="What to do to it.")


@strawberry.type(description="The gallery has the image in its place, with all that follows from it.")
class SetPrimaryMediaSuccess:
    """The image stands for its owner."""

    owner: MediaOwner = strawberry.field(description="The owner.")
    media: MediaAsset = strawberry.field(description="The image.")


@strawberry.type(description="The gallery is in that order.")
class ReorderMediaSuccess:
    """The gallery is in that order."""

    owner: MediaOwner = strawberry.field(description="The owner.")


@strawberry.type(description="Nobody sees the image any more; it can be restored for a while.")
class DeleteMediaSuccess:
    """Nobody sees the image any more."""

    deleted_id: strawberry.ID = strawberry.field(description="Id of the image.")
    restorable_until: datetime = strawberry.field(description="Until when `restoreMedia` brings it back.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it was in, with the image that stands for it now; null where it was "
        "in none."
    )


@strawberry.type(description="The image is back.")
class RestoreMediaSuccess:
    """The image is back."""

    media: MediaAsset = strawberry.field(description="The image.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it is in; null where it is in none."
    )


@strawberry.type(description="That is said of the image from now on.")
class SetAltTextSuccess:
    """That is said of the image."""

    media: MediaAsset = strawberry.field(description="The image.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it is in; null where it is in none."
    )


@strawberry.type(description="A new image whose parent is the one that was cropped, behind it in its gallery.")
class CropMediaSuccess:
    """A new image."""

    media: MediaAsset = strawberry.field(description="The new image.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it is in; null where it is in none."
    )


@strawberry.type(description="A new image whose parent is the one that was edited, behind it in its gallery.")
class ApplyEditSuccess:
    """A new image."""

    media: MediaAsset = strawberry.field(description="The new image.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it is in; null where it is in none."
    )


SetPrimaryMediaResult = Annotated[
    SetPrimaryMediaSuccess | InvalidInput | NotFound,
    strawberry.union("SetPrimaryMediaResult", description="Result of `setPrimaryMedia`."),
]
ReorderMediaResult = Annotated[
    ReorderMediaSuccess | VersionConflict | InvalidInput | NotFound,
    strawberry.union("ReorderMediaResult", description="Result of `reorderMedia`."),
]
DeleteMediaResult = Annotated[
    DeleteMediaSuccess | InvalidInput | NotFound,
    strawberry.union("DeleteMediaResult", description="Result of `deleteMedia`."),
]
RestoreMediaResult = Annotated[
    RestoreMediaSuccess | InvalidInput | NotFound,
    strawberry.union("RestoreMediaResult", description="Result of `restoreMedia`."),
]
SetAltTextResult = Annotated[
    SetAltTextSuccess | InvalidInput | NotFound | ContentBlocked | TooManyAttempts,
    strawberry.union("SetAltTextResult", description="Result of `setAltText`."),
]
NotEdited = InvalidInput | NotFound | ContentBlocked | MediaUnavailable | TooManyAttempts
CropMediaResult = Annotated[
    CropMediaSuccess | NotEdited,
    strawberry.union("CropMediaResult", description="Result of `cropMedia`."),
]
ApplyEditResult = Annotated[
    ApplyEditSuccess | NotEdited,
    strawberry.union("ApplyEditResult", description="Result of `applyEdit`."),
]


@strawberry.type(description="A gallery as it is now: first of all, and after each change. The last message counts.")
class EntityMediaChanged(StreamEvent):
    """A gallery as it is now."""

    owner: MediaOwner | None = strawberry.field(
        description="Whose gallery it is, with all that cards and grids show of it; null where it was deleted, or is "
        "private from now on."
    )
    change: MediaChange | None = strawberry.field(description="What happened; null where this is a snapshot.")
    media: MediaAsset | None = strawberry.field(
        description="The image that it happened to; null where it was none, or where it can not be seen any more."
    )
