"""Order among one's own images in the graph: folders, tags, stars, filters, and look-alikes."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import AssetStatus, ContentLevel, Operation
from domain import similar
from planner import Connection, column, connection, planned, to_one
from schema.errors import InvalidInput, NotFound
from schema.media import MediaAsset, MediaAssetConnection
from schema.node import Node, identity


@strawberry.type(description="A folder of the viewer's. Nobody else sees it.")
@planned(tables.Folder, visible_to=lambda ask, folder: folder.user_id == ask.viewer)
class Folder(Node):
    """A folder of the viewer's."""

    id: strawberry.ID = identity("folder")
    name: str = column("Its name, its own among those beside it.")
    created_at: datetime = column("When it was made.")
    parent: "Folder | None" = to_one("The folder that it is in; null at the top.", by="parent_id")
    folders: "FolderConnection" = connection("The folders in it, by name.", by="parent_id", order=("name", "id"))
    assets: MediaAssetConnection = connection(
        "The images in it, not those of folders in it, newest first.",
        lambda _ask, folder, asset: (asset.folder_id == folder.id) & (asset.status == AssetStatus.READY),
        order=("-id",),
        seen=True,
    )


@strawberry.type(description="A page of folders.")
class FolderConnection(Connection[Folder]):
    """A page of folders."""


@strawberry.type(description="An image that looks like another one.")
@planned(similar.pairs(), visible_to=lambda ask, pair: similar.is_known_to(pair, ask.viewer))
class SimilarAsset:
    """An image that looks like another one."""

    distance: int = column("Bits by which their difference hashes differ, 0 to 7: the fewer, the more alike.")
    asset: MediaAsset = to_one("The image.", lambda _ask, pair, asset: asset.id == pair.id, unique=True)


@strawberry.type(description="A page of images that look like another one.")
class SimilarAssetConnection(Connection[SimilarAsset]):
    """A page of images that look like another one."""


@strawberry.input(description="Which images: those for which all that is said holds.")
class AssetFilter:
    """Which images."""

    folder_id: strawberry.ID | None = strawberry.field(default=None, description="In this folder itself.")
    is_unfiled: bool | None = strawberry.field(
        default=None, description="True for those in no folder, false for others."
    )
    tag: str | None = strawberry.field(default=None, description="With this tag of the viewer's.")
    is_starred: bool | None = strawberry.field(default=None, description="With a star, or without.")
    is_uploaded: bool | None = strawberry.field(default=None, description="Uploaded, or painted.")
    engine: str | None = strawberry.field(default=None, description="Painted by the engine with this key.")
    style: str | None = strawberry.field(default=None, description="In the style with this key.")
    ratio: str | None = strawberry.field(default=None, description="Of this aspect ratio, such as `3:4`.")
    operation: Operation | None = strawberry.field(default=None, description="Made by this operation.")
    content_level: ContentLevel | None = strawberry.field(default=None, description="Of this content level itself.")
    text: str | None = strawberry.field(default=None, description="Whose prompt has this text in it, in any case.")
    created_after: datetime | None = strawberry.field(default=None, description="Not older than this.")
    created_before: datetime | None = strawberry.field(default=None, description="Older than this.")


@strawberry.input(description="Which folder to make.")
class CreateFolderInput:
    """Which folder to make."""

    name: str = strawberry.field(description="1 to 100 characters; no other folder beside it may have it.")
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="In which folder; at the top by default."
    )


@strawberry.type(description="The folder is there.")
class CreateFolderSuccess:
    """The folder is there."""

    folder: Folder = strawberry.field(description="The folder.")


@strawberry.input(description="What to change of a folder; what is left out stays.")
class UpdateFolderInput:
    """What to change of a folder."""

    folder_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's folders.")
    name: str | None = strawberry.field(default=strawberry.UNSET, description="Its new name.")
    parent_id: strawberry.ID | None = strawberry.field(
        default=strawberry.UNSET,
        description="The folder that it is moved into, with all that is in it; null for the top.",
    )


@strawberry.type(description="The folder as it is now.")
class UpdateFolderSuccess:
    """The folder is changed."""

    folder: Folder = strawberry.field(description="The folder.")


@strawberry.input(description="Which folder to delete.")
class DeleteFolderInput:
    """Which folder to delete."""

    folder_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's folders.")


@strawberry.type(description="The folder is deleted, with those in it; the images are in the folder above now.")
class DeleteFolderSuccess:
    """The folder is deleted."""

    folder_id: strawberry.ID = strawberry.field(description="Id that the folder had.")
    parent: Folder | None = strawberry.field(description="The folder above; null for the top.")


@strawberry.input(description="Which images to put where.")
class MoveToFolderInput:
    """Which images to put where."""

    asset_ids: list[strawberry.ID] = strawberry.field(description="1 to 100 of the viewer's own READY images.")
    folder_id: strawberry.ID | None = strawberry.field(
        default=None, description="Id of one of the viewer's folders; null takes them out of all."
    )


@strawberry.type(description="The images are where they were wanted: all of them, at once.")
class MoveToFolderSuccess:
    """The images are moved."""

    assets: list[MediaAsset] = strawberry.field(description="The images, in the given order.")
    folder: Folder | None = strawberry.field(description="Where they are; null for no folder.")


@strawberry.input(description="Which tags an image shall have.")
class SetMediaTagsInput:
    """Which tags an image shall have."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's READY images.")
    tags: list[str] = strawberry.field(description="All its tags: at most 20 words, with or without `#`.")


@strawberry.type(description="The image has these tags and no others.")
class SetMediaTagsSuccess:
    """The tags are set."""

    asset: MediaAsset = strawberry.field(description="The image.")


@strawberry.input(description="Whether an image shall have a star.")
class SetStarredInput:
    """Whether an image shall have a star."""

    asset_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's READY images.")
    on: bool = strawberry.field(description="Whether it shall have one.")


@strawberry.type(description="The image has a star, or none.")
class SetStarredSuccess:
    """The star is set."""

    asset: MediaAsset = strawberry.field(description="The image.")


CreateFolderResult = Annotated[
    CreateFolderSuccess | InvalidInput | NotFound,
    strawberry.union("CreateFolderResult", description="Result of `createFolder`."),
]
UpdateFolderResult = Annotated[
    UpdateFolderSuccess | InvalidInput | NotFound,
    strawberry.union("UpdateFolderResult", description="Result of `updateFolder`."),
]
DeleteFolderResult = Annotated[
    DeleteFolderSuccess | NotFound, strawberry.union("DeleteFolderResult", description="Result of `deleteFolder`.")
]
MoveToFolderResult = Annotated[
    MoveToFolderSuccess | InvalidInput | NotFound,
    strawberry.union("MoveToFolderResult", description="Result of `moveToFolder`."),
]
SetMediaTagsResult = Annotated[
    SetMediaTagsSuccess | InvalidInput | NotFound,
    strawberry.union("SetMediaTagsResult", description="Result of `setMediaTags`."),
]
SetStarredResult = Annotated[
    SetStarredSuccess | NotFound, strawberry.union("SetStarredResult", description="Result of `setStarred`.")
]
