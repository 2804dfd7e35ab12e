"""Order among one's own images: folders, tags, stars; and finding them again."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import strawberry
from sqlalchemy import TIMESTAMP, Text, and_, not_

from db.words import AssetStatus
from domain import collecting, folders, uploads
from domain.errors import BadUserInput
from domain.texts import findable
from domain.words import AssetOrder
from planner import Ask, Row, connection, ref, refused
from schema.context import Context, Info
from schema.folders import (
    AssetFilter,
    CreateFolderInput,
    CreateFolderResult,
    CreateFolderSuccess,
    DeleteFolderInput,
    DeleteFolderResult,
    DeleteFolderSuccess,
    Folder,
    FolderConnection,
    MoveToFolderInput,
    MoveToFolderResult,
    MoveToFolderSuccess,
    SetMediaTagsInput,
    SetMediaTagsResult,
    SetMediaTagsSuccess,
    SetStarredInput,
    SetStarredResult,
    SetStarredSuccess,
    SimilarAssetConnection,
    UpdateFolderInput,
    UpdateFolderResult,
    UpdateFolderSuccess,
)
from schema.media import MediaAsset, MediaAssetConnection
from schema.node import read_key, required_key


def _in_folder(
    ask: Ask,
    folder: Row,
    *,
    parent_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Those in this folder; those at the top by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    place = folder.parent_id.is_(None) if parent_id is None else folder.parent_id == read_key(parent_id, "folder")
    return and_(folder.user_id == ask.viewer, place)


def _chosen(
    ask: Ask,
    asset: Row,
    *,
    filter: Annotated[  # noqa: A002
        AssetFilter | None, strawberry.argument(description="Which images; all by default.")
    ] = None,
    order_by: Annotated[AssetOrder, strawberry.argument(description="In which order.")] = AssetOrder.NEWEST,  # noqa: ARG001 - the connection's
) -> Any:  # noqa: ANN401 - a condition
    mine = [asset.owner_id == ask.viewer, asset.status == AssetStatus.READY]
    return and_(*mine, *(_conditions(ask, asset, filter) if filter else ()))


def _conditions(ask: Ask, asset: Row, filter: Any) -> list[Any]:  # noqa: A002, ANN401 - arguments of SQL
    given = {name: value for name in _MEANINGS if (value := getattr(filter, name)) is not None}
    return [_MEANINGS[name](ask, asset, value) for name, value in given.items()]


def _moment(argument: Any) -> Any:  # noqa: ANN401 - an argument, and an SQL expression
    return argument.read(lambda at: at, TIMESTAMP(timezone=True))


_MEANINGS: Final[Mapping[str, Callable[[Ask, Row, Any], Any]]] = {
    "folder_id": lambda _ask, asset, value: asset.folder_id == read_key(value, "folder"),
    "is_unfiled": lambda _ask, asset, on: asset.folder_id.is_(None) if on else asset.folder_id.is_not(None),
    "tag": lambda ask, asset, value: collecting.has_tag(asset, ask.viewer, value.read(collecting.plain_tag, Text())),
    "is_starred": lambda _ask, asset, on: asset.is_starred if on else not_(asset.is_starred),
    "is_uploaded": lambda _ask, asset, on: (asset.engine == "") if on else (asset.engine != ""),
    "engine": lambda _ask, asset, value: asset.engine == value.read(findable, Text()),
    "style": lambda _ask, asset, value: asset.style == value.read(findable, Text()),
    "content_level": lambda _ask, asset, value: asset.content_level == value,
    "ratio": lambda _ask, asset, value: asset.ratio == value.read(findable, Text()),
    "operation": lambda _ask, asset, value: collecting.is_made_by(asset, value),
    "text": lambda _ask, asset, value: collecting.is_told_by(asset, value.read(collecting.pattern_of, Text())),
    "created_after": lambda _ask, asset, value: asset.created_at >= _moment(value),
    "created_before": lambda _ask, asset, value: asset.created_at < _moment(value),
}
"""What each field of the filter says of an image."""


def _like(
    ask: Ask,
    pair: Row,
    *,
    asset_id: Annotated[
        strawberry.ID | None, strawberry.argument(description="Id of an image that the viewer may see.")
    ] = None,
    upload_id: Annotated[
        strawberry.ID | None,
        strawberry.argument(description="Id of an upload of the viewer's, in place of an image: of what it became."),
    ] = None,
) -> Any:  # noqa: ANN401 - a condition
    if (asset_id is None) == (upload_id is None):
        return refused(lambda: BadUserInput("Give `assetId` or `uploadId`: one of them."))
    if asset_id is not None:
        return pair.of_id == read_key(asset_id, "asset")
    return pair.of_id == uploads.asset_of(read_key(upload_id, "upload"), ask.viewer)


@strawberry.type
class FolderQueries:
    """Root fields about one's own images."""

    folders: FolderConnection = connection(
        "The viewer's folders, by name.", _in_folder, order=("name", "id"), seen=True, check=Context.require_viewer
    )
    assets: MediaAssetConnection = connection(
        "The viewer's own images: filtered, and in the order that is wanted.",
        _chosen,
        order={
            AssetOrder.NEWEST: ("-id",),
            AssetOrder.OLDEST: ("id",),
            AssetOrder.LARGEST: ("-byte_size", "-id"),
        },
        seen=True,
        check=Context.require_viewer,
    )
    similar_assets: SimilarAssetConnection = connection(
        "Images that look like this one, the most alike first: the viewer's own, and those of public artworks that "
        "suit them.",
        _like,
        order=("of_id", "distance", "id"),
        check=Context.require_viewer,
    )


@strawberry.type
class FolderMutations:
    """Mutations about folders, tags and stars."""

    @strawberry.mutation(description="Make a folder for one's own images. Folders may be eight deep.")
    async def create_folder(
        self,
        info: Info,
        input: Annotated[CreateFolderInput, strawberry.argument(description="Which folder.")],  # noqa: A002
    ) -> CreateFolderResult:
        """Make a folder."""
        viewer_id = info.context.required_viewer_id
        parent_id = required_key("folder", input.parent_id, "parentId") if input.parent_id is not None else None
        async with info.context.services.db.write() as tx:
            folder_id = await folders.create(tx, viewer_id, input.name, parent_id)
        return CreateFolderSuccess(folder=ref(Folder, id=folder_id))

    @strawberry.mutation(description="Rename a folder, or move it into another one.")
    async def update_folder(
        self,
        info: Info,
        input: Annotated[UpdateFolderInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateFolderResult:
        """Change a folder."""
        viewer_id = info.context.required_viewer_id
        folder_id = required_key("folder", input.folder_id, "folderId")
        async with info.context.services.db.write() as tx:
            if input.parent_id is not strawberry.UNSET:
                parent_id = required_key("folder", input.parent_id, "parentId") if input.parent_id is not None else None
                await folders.move(tx, viewer_id, folder_id, parent_id)
            await folders.rename(tx, viewer_id, folder_id, None if input.name is strawberry.UNSET else input.name)
        return UpdateFolderSuccess(folder=ref(Folder, id=folder_id))

    @strawberry.mutation(description="Delete a folder and those in it. No image is deleted: they move one level up.")
    async def delete_folder(
        self,
        info: Info,
        input: Annotated[DeleteFolderInput, strawberry.argument(description="Which folder.")],  # noqa: A002
    ) -> DeleteFolderResult:
        """Delete a folder."""
        viewer_id = info.context.required_viewer_id
        folder_id = required_key("folder", input.folder_id, "folderId")
        async with info.context.services.db.write() as tx:
            parent_id = await folders.delete(tx, viewer_id, folder_id)
        return DeleteFolderSuccess(folder_id=input.folder_id, parent=ref(Folder, id=parent_id) if parent_id else None)

    @strawberry.mutation(description="Put up to 100 of one's own images into a folder, or out of all.")
    async def move_to_folder(
        self,
        info: Info,
        input: Annotated[MoveToFolderInput, strawberry.argument(description="Which images, and where to.")],  # noqa: A002
    ) -> MoveToFolderResult:
        """Move images."""
        viewer_id = info.context.required_viewer_id
        folder_id = required_key("folder", input.folder_id, "folderId") if input.folder_id is not None else None
        asset_ids = [required_key("asset", each, "assetIds", str(index)) for index, each in enumerate(input.asset_ids)]
        async with info.context.services.db.write() as tx:
            await folders.put(tx, viewer_id, asset_ids, folder_id)
        return MoveToFolderSuccess(
            assets=[ref(MediaAsset, id=each) for each in asset_ids],
            folder=ref(Folder, id=folder_id) if folder_id else None,
        )

    @strawberry.mutation(description="Say which tags an image of one's own has. Nobody else sees them.")
    async def set_media_tags(
        self,
        info: Info,
        input: Annotated[SetMediaTagsInput, strawberry.argument(description="Which tags.")],  # noqa: A002
    ) -> SetMediaTagsResult:
        """Tag an image."""
        viewer_id = info.context.required_viewer_id
        asset_id = required_key("asset", input.asset_id, "assetId")
        async with info.context.services.db.write() as tx:
            await collecting.set_tags(tx, viewer_id, asset_id, input.tags)
        return SetMediaTagsSuccess(asset=ref(MediaAsset, id=asset_id))

    @strawberry.mutation(description="Give an image of one's own a star, or take it away. Nobody else sees it.")
    async def set_starred(
        self,
        info: Info,
        input: Annotated[SetStarredInput, strawberry.argument(description="Which image.")],  # noqa: A002
    ) -> SetStarredResult:
        """Star an image."""
        viewer_id = info.context.required_viewer_id
        asset_id = required_key("asset", input.asset_id, "assetId")
        async with info.context.services.db.write() as tx:
            await collecting.set_starred(tx, viewer_id, asset_id, on=input.on)
        return SetStarredSuccess(asset=ref(MediaAsset, id=asset_id))
