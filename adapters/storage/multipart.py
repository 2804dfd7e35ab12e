"""Objects of any size in S3: sent in parts as their bytes come, of which one at a time waits in memory.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from domain.ports import StorageUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from types_boto3_s3 import S3Client

Result = TypeVar("Result")

PART_BYTES: Final = 8 * 2**20
"""Of every part but the last, which S3 lets be smaller than 5 MiB."""


class Attempt(Protocol):
    """Runs a call to the store in a thread, several times where that may help."""

    async def __call__(self, call: Callable[[], Result]) -> Result:
        """Return what the call returns, or raise StorageUnavailable."""


class AttemptWhereItIs(Protocol):
    """Runs a call to the store as ``Attempt`` does."""

    async def __call__(self, call: Callable[[], Result]) -> Result | None:
        """Return what the call returns, None where the store has nothing of the kind, or raise StorageUnavailable."""


class PartsWriter:
    """Sends one object: in parts, or at once where it turns out to be no larger than one."""

    def __init__(
        self, client: S3Client, attempt: Attempt, place: Mapping[str, str], headers: Mapping[str, str]
    ) -> None:
        """Send nothing yet; ``place`` is bucket and key, ``headers`` are those of the object, as botocore says them."""
        self._client: Any = client  # its types want literal keyword arguments
        self._attempt = attempt
        self._place = place
        self._headers = headers
        self._waiting = bytearray()
        self._upload_id: str | None = None
        self._parts: list[dict[str, Any]] = []
        self._sent = 0

    async def write(self, data: bytes) -> None:
        """Append ``data``, as the port says."""
        self._waiting += data
        while len(self._waiting) >= PART_BYTES:
            part = bytes(self._waiting[:PART_BYTES])
            del self._waiting[:PART_BYTES]
            await self._send(part)

    async def finish(self) -> None:
        """Make what was sent the object.

        Raises:
            StorageUnavailable: it is none.
        """
        if self._upload_id is None:
            body = bytes(self._waiting)
            await self._attempt(lambda: self._client.put_object(**self._place, **self._headers, Body=body))
            return
        if self._waiting:
            await self._send(bytes(self._waiting))
        try:
            parts = {"Parts": self._parts}
            await self._call("complete_multipart_upload", UploadId=self._upload_id, MultipartUpload=parts)
        except StorageUnavailable:
            # The answer to a try that did it may have been lost; to the next one the upload is not there any more.
            head = await self._call("head_object")
            if head["ContentLength"] != self._sent:
                raise

    async def abort(self) -> None:
        """Leave nothing of it, as far as the store answers; ``abort_uploads`` finds what stays."""
        if self._upload_id:
            with suppress(StorageUnavailable):
                await self._call("abort_multipart_upload", UploadId=self._upload_id)

    async def _send(self, part: bytes) -> None:
        if self._upload_id is None:
            begun = await self._call("create_multipart_upload", **self._headers)
            self._upload_id = begun["UploadId"]
        number = len(self._parts) + 1
        sent = await self._call("upload_part", UploadId=self._upload_id, PartNumber=number, Body=part)
        self._parts.append({"PartNumber": number, "ETag": sent["ETag"]})
        self._sent += len(part)

    async def _call(self, name: str, **options: object) -> Any:  # noqa: ANN401 - botocore's answers
        return await self._attempt(lambda: getattr(self._client, name)(**self._place, **options))


async def abort_uploads(client: S3Client, attempt: AttemptWhereItIs, bucket: str, key: str) -> None:
    """Remove the parts of uploads to ``key`` that were never finished.

    Raises:
        StorageUnavailable: the store did not answer.
    """
    found = await attempt(lambda: client.list_multipart_uploads(Bucket=bucket, Prefix=key))
    for upload in found.get("Uploads", ()) if found else ():  # some stores know no list where there is nothing
        if upload["Key"] == key:
            await attempt(partial(client.abort_multipart_upload, Bucket=bucket, Key=key, UploadId=upload["UploadId"]))
