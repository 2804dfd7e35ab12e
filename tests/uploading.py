"""Files to upload, good and bad, and the three steps by which a client uploads one."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from PIL import Image

from domain import uploads
from domain.uploads import Announcement
from graph_client import http_client

if TYPE_CHECKING:
    from uuid import UUID

    from httpx2 import Response

    from db.tables import Upload
    from graph_client import GraphClient
    from workshop import Workshop

CREATE = """mutation($input: CreateUploadInput!) { createUpload(input: $input) { __typename
  ... on CreateUploadSuccess { upload { id kind mime bytes sha256 problem asset { id } } uploadUrl expiresAt
    headers { name value } }
  ... on UserError { code message path retryable } } }"""
CONFIRM = """mutation($input: ConfirmUploadInput!) { confirmUpload(input: $input) { __typename
  ... on ConfirmUploadSuccess { upload { id problem }
    asset { id status url width height byteSize sha256 blurhash engine } }
  ... on UploadRejected { problem } ... on UserError { code message path retryable } } }"""


def drawn(width: int = 96, height: int = 64, mode: str = "RGB") -> Image.Image:
    """Return a picture of two colours, the left half red."""
    image = Image.new(mode, (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:  # noqa: ANN401
    """Return the file of a picture."""
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def vast_png(width: int, height: int) -> bytes:
    """Return a small PNG that unpacks to a grey picture of this size."""
    packer = zlib.compressobj(9, wbits=-15)
    row = packer.compress(bytes(1 + width)) + packer.flush(zlib.Z_FULL_FLUSH)  # the next may follow as it is
    checksum = struct.pack(">HH", (1 + width) * height % 65_521, 1)  # RFC 1950: Adler-32, here of zeros alone
    rows = b"\x78\xda" + row * height + packer.flush() + checksum
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def announced(client: GraphClient, data: bytes, mime: str = "image/png", **changed: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the result of ``createUpload``."""
    about = {"mime": mime, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    result: dict[str, Any] = (await client.data(CREATE, {"input": about | changed}))["createUpload"]
    return result


async def put(upload: dict[str, Any], data: bytes) -> Response:
    """Put a file where ``createUpload`` said."""
    headers = {header["name"]: header["value"] for header in upload["headers"]}
    async with http_client() as http:
        return await http.put(upload["uploadUrl"], content=data, headers=headers)


async def confirmed(client: GraphClient, upload: dict[str, Any]) -> dict[str, Any]:
    """Return the result of ``confirmUpload``."""
    answer = await client.data(CONFIRM, {"input": {"uploadId": upload["upload"]["id"]}})
    result: dict[str, Any] = answer["confirmUpload"]
    return result


async def uploaded(client: GraphClient, data: bytes, mime: str = "image/png") -> dict[str, Any]:
    """Upload a file; return the result of ``confirmUpload``."""
    upload = await announced(client, data, mime)
    assert (await put(upload, data)).status_code == 200
    return await confirmed(client, upload)


async def brought(shop: Workshop, user: UUID, data: bytes) -> Upload:
    """Announce a file in the workshop and put it; return its upload, which nobody has confirmed."""
    about = Announcement("image/png", len(data), hashlib.sha256(data).hexdigest())
    async with shop.db.write() as tx:
        upload = await uploads.create(tx, user, uploads.checked(about))
    await shop.store.put(uploads.deposit_of(upload).key, data, "image/png")
    return upload
