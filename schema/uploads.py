"""Uploads in the graph."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import UploadKind
from domain.words import UploadProblem
from planner import column, planned, to_one
from schema.errors import InvalidInput, NotFound, TooManyAttempts, UploadNotReady, UploadRejected
from schema.media import MediaAsset, MediaOwner
from schema.node import Node, identity
from schema.scalars import URL


@strawberry.type(description="A file that the viewer announced to upload. It is forgotten some minutes after its link.")
@planned(tables.Upload, visible_to=lambda ask, upload: upload.user_id == ask.viewer)
class Upload(Node):
    """A file that was announced."""

    id: strawberry.ID = identity("upload")
    kind: UploadKind = column("What it is uploaded for.")
    mime: str = column("Its media type.", "media_type")
    bytes: int = column("Its size.", "byte_size")
    sha256: str = column("Its SHA-256, in hexadecimal.")
    problem: UploadProblem | None = column("Why it was rejected; null where it was not.")
    asset: MediaAsset | None = to_one("The image that it became; null until it is READY.", by="asset_id")
    created_at: datetime = column("When it was announced.")
    expires_at: datetime = column("Until when its link takes it.")


@strawberry.type(description="A header of a request.")
class UploadHeader:
    """A header of a request."""

    name: str = strawberry.field(description="Name.")
    value: str = strawberry.field(description="Value.")


@strawberry.input(description="What is to be uploaded.")
class CreateUploadInput:
    """What is to be uploaded."""

    mime: str = strawberry.field(description="Media type: `image/png`, `image/jpeg` or `image/webp`.")
    bytes: int = strawberry.field(description="Size of the file, 10 MB at most.")
    sha256: str = strawberry.field(description="SHA-256 of the file, in hexadecimal.")
    kind: UploadKind = strawberry.field(default=UploadKind.IMAGE, description="What it is uploaded for.")


@strawberry.type(description="Put the file: one PUT of exactly these bytes to `uploadUrl`, then `confirmUpload`.")
class CreateUploadSuccess:
    """The upload may begin."""

    upload: Upload = strawberry.field(description="The upload.")
    upload_url: URL = strawberry.field(description="Where to PUT the file: signed, for this file alone.")
    headers: list[UploadHeader] = strawberry.field(
        description="Headers that the request must have. Content-Length comes by itself, as `bytes` says."
    )
    expires_at: datetime = strawberry.field(description="Until when it can be put there.")


@strawberry.input(description="Which upload has arrived.")
class ConfirmUploadInput:
    """Which upload has arrived."""

    upload_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's uploads.")


@strawberry.type(description="The file is an image now, like those that were painted.")
class ConfirmUploadSuccess:
    """The file is an image now."""

    upload: Upload = strawberry.field(description="The upload.")
    asset: MediaAsset = strawberry.field(
        description="The image: re-encoded, upright, with nothing of its file but the pixels."
    )


@strawberry.input(description="Of which image an uploaded file is a new version.")
class SaveEditedVersionInput:
    """Of which image an uploaded file is a new version."""

    parent_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's images, which stays as it is.")
    upload_id: strawberry.ID = strawberry.field(
        description="Id of an upload of the viewer's that is in the store and was not confirmed otherwise."
    )


@strawberry.type(description="A new image whose parent is the one that was edited, behind it in its gallery.")
class SaveEditedVersionSuccess:
    """A new image."""

    media: MediaAsset = strawberry.field(description="The new image.")
    owner: MediaOwner | None = strawberry.field(
        description="The owner of the gallery that it is in; null where it is in none."
    )


CreateUploadResult = Annotated[
    CreateUploadSuccess | InvalidInput | TooManyAttempts,
    strawberry.union("CreateUploadResult", description="Result of `createUpload`."),
]
ConfirmUploadResult = Annotated[
    ConfirmUploadSuccess | UploadRejected | UploadNotReady | NotFound | TooManyAttempts,
    strawberry.union("ConfirmUploadResult", description="Result of `confirmUpload`."),
]
SaveEditedVersionResult = Annotated[
    SaveEditedVersionSuccess | UploadRejected | UploadNotReady | InvalidInput | NotFound | TooManyAttempts,
    strawberry.union("SaveEditedVersionResult", description="Result of `saveEditedVersion`."),
]
