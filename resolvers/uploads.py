"""Uploads: announcing a file, and confirming that it has arrived, on its own or as a version of an image."""

from typing import Annotated
from uuid import UUID

import strawberry

from domain import attempts, uploads, uploads_checking
from domain.uploads import LINK_LIFE, PER_USER, Announcement
from planner import ref
from resolvers.galleries import gallery_owner_of
from resolvers.guarding import counting_blocks
from resolvers.operations import asset_key
from schema.context import Info
from schema.media import MediaAsset
from schema.node import required_key
from schema.scalars import URL
from schema.uploads import (
    ConfirmUploadInput,
    ConfirmUploadResult,
    ConfirmUploadSuccess,
    CreateUploadInput,
    CreateUploadResult,
    CreateUploadSuccess,
    SaveEditedVersionInput,
    SaveEditedVersionResult,
    SaveEditedVersionSuccess,
    Upload,
    UploadHeader,
)


@strawberry.type
class UploadMutations:
    """Mutations about uploads."""

    @strawberry.mutation(
        description="Announce a picture of one's own. Its bytes go to the object store by the link that this returns; "
        "60 in 5 minutes."
    )
    async def create_upload(
        self,
        info: Info,
        input: Annotated[CreateUploadInput, strawberry.argument(description="Which file.")],  # noqa: A002
    ) -> CreateUploadResult:
        """Announce a file."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        announced = uploads.checked(Announcement(input.mime, input.bytes, input.sha256, input.kind))
        await attempts.count(services.limiter, "create-upload", str(viewer_id), PER_USER)
        async with services.db.write() as tx:
            upload = await uploads.create(tx, viewer_id, announced)
        link = services.store.deposit_link(uploads.deposit_of(upload), LINK_LIFE)
        return CreateUploadSuccess(
            upload=ref(Upload, id=upload.id),
            upload_url=URL(link.url),
            headers=[UploadHeader(name=name, value=value) for name, value in link.headers.items()],
            expires_at=upload.expires_at,
        )

    @strawberry.mutation(
        description="Say that a file has been put into the store. It is checked, decoded and stored anew as an image; "
        "a file that is not acceptable is deleted. 60 in 5 minutes."
    )
    async def confirm_upload(
        self,
        info: Info,
        input: Annotated[ConfirmUploadInput, strawberry.argument(description="Which upload.")],  # noqa: A002
    ) -> ConfirmUploadResult:
        """Check an upload."""
        asset_id = await _confirmed(info, input.upload_id)
        upload_id = required_key("upload", input.upload_id, "uploadId")
        return ConfirmUploadSuccess(upload=ref(Upload, id=upload_id), asset=ref(MediaAsset, id=asset_id))

    @strawberry.mutation(
        description="Keep a file that was uploaded as a new version of an image, edited outside: it is checked as by "
        "`confirmUpload`, told of like its parent, and stands behind it in its gallery. The same pair again gives the "
        "same image. 60 in 5 minutes, together with `confirmUpload`."
    )
    async def save_edited_version(
        self,
        info: Info,
        input: Annotated[SaveEditedVersionInput, strawberry.argument(description="Which file, of which image.")],  # noqa: A002
    ) -> SaveEditedVersionResult:
        """Keep an edited picture."""
        asset_id = await _confirmed(info, input.upload_id, asset_key(info, input.parent_id, "parentId"))
        return SaveEditedVersionSuccess(
            media=ref(MediaAsset, id=asset_id), owner=await gallery_owner_of(info.context, asset_id)
        )


async def _confirmed(info: Info, text: str, parent_id: UUID | None = None) -> UUID:
    """Check the upload with this id; return the key of its image."""
    viewer_id, services = info.context.required_viewer_id, info.context.services
    upload_id = required_key("upload", text, "uploadId")
    await attempts.count(services.limiter, "confirm-upload", str(viewer_id), PER_USER)
    async with counting_blocks(info):
        return await uploads_checking.confirm(services.gate, services.scan, viewer_id, upload_id, parent_id)
