"""Amazon S3, or any server that speaks its protocol, as the object store. Imported only where it is configured."""

from __future__ import annotations

import time
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import anyio
from anyio import to_thread
from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError  # noqa: A004 - botocore names it so
from botocore.handlers import add_expect_header
from botocore.parsers import ResponseParserError
from urllib3.exceptions import HTTPError

from adapters.storage.keys import check_content_type, content_disposition, content_type_of, link_window
from adapters.storage.links import RememberedLinks
from adapters.storage.multipart import PartsWriter, abort_uploads
from adapters.storage.sigv4 import LONGEST_LIFE, SigningKey, presigned_put, presigned_query
from domain.ports import DepositLink, StorageUnavailable, StoredObject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import timedelta

    from types_boto3_s3 import S3Client

    from domain.ports import Deposit, ObjectWriter

Result = TypeVar("Result")

CACHE_CONTROL = "public, max-age=31536000, immutable"
_TRIES = 3
_CONNECTIONS = 16
_BACK_OFF = 0.2
_PASSING_STATUSES = frozenset({408, 429, 500, 502, 503, 504})
_PASSING_CODES = frozenset({"RequestTimeout", "SlowDown"})
_CUT_OFF = (ConnectionError, HTTPClientError, IncompleteReadError, ResponseParserError, HTTPError)
_random = SystemRandom()


@dataclass(frozen=True, slots=True)
class S3Bucket:
    """Where the bucket is and who we are to it."""

    name: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = "us-east-1"
    endpoint_url: str | None = None
    """None for Amazon's own."""
    public_url: str | None = None
    """The endpoint as browsers reach it, where it differs from ``endpoint_url``."""
    path_style: bool | None = None
    """Whether the bucket is in the path and not in the host; by default with an ``endpoint_url`` only."""
    connect_timeout: float = 3.0
    """Seconds, for each try."""
    read_timeout: float = 10.0
    """Seconds without a byte, for each try."""


class S3Store:
    """Keeps each object in a bucket; browsers read it there by presigned links."""

    def __init__(self, bucket: S3Bucket, clock: Callable[[], float] = time.time) -> None:
        """Make a client for ``bucket``; nothing is sent until the first call. ``clock`` tells Unix time."""
        self._bucket = bucket
        self._clock = clock
        self._links = RememberedLinks()
        self._client = _client(bucket)
        self._threads = anyio.CapacityLimiter(_CONNECTIONS)
        self._signer = SigningKey(bucket.access_key_id, bucket.secret_access_key, bucket.region)
        self._origin, self._host, self._folder = _public_place(bucket)

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store ``data`` under ``key``, as the port says.

        Raises:
            ValueError: ``key`` is no key, or its extension stands for another type.
            StorageUnavailable: refused, or no answer after three tries.
        """
        check_content_type(key, content_type)
        await self._attempt(
            lambda: self._client.put_object(
                Bucket=self._bucket.name, Key=key, Body=data, ContentType=content_type, CacheControl=CACHE_CONTROL
            )
        )

    @asynccontextmanager
    async def writing(self, key: str, content_type: str) -> AsyncIterator[ObjectWriter]:
        """Store an object as its bytes come, as the port says."""
        check_content_type(key, content_type)
        headers = {"ContentType": content_type, "CacheControl": CACHE_CONTROL}
        writer = PartsWriter(self._client, self._attempt_anew, {"Bucket": self._bucket.name, "Key": key}, headers)
        try:
            yield writer
            await writer.finish()
        except BaseException:
            await writer.abort()
            raise

    async def discard(self, key: str) -> None:
        """Remove the object and what its writers left behind, as the port says."""
        await self.delete(key)
        await abort_uploads(self._client, self._attempt_where_it_is, self._bucket.name, key)

    async def get(self, key: str) -> bytes:
        """Return the object's bytes, as the port says."""
        content_type_of(key)
        try:
            return await self._attempt(lambda: self._read(key))
        except _NotStoredError:
            raise KeyError(key) from None

    async def stat(self, key: str) -> StoredObject | None:
        """Return size and content type, or None where there is no such object."""
        content_type_of(key)
        try:
            head = await self._attempt(lambda: self._client.head_object(Bucket=self._bucket.name, Key=key))
        except _NotStoredError:
            return None
        return StoredObject(key, head["ContentLength"], head["ContentType"])

    async def delete(self, key: str) -> None:
        """Remove the object; removing what is not there is no error."""
        content_type_of(key)
        await self._attempt_where_it_is(lambda: self._client.delete_object(Bucket=self._bucket.name, Key=key))

    def url(self, key: str, expires_in: timedelta, download_name: str | None = None) -> str:
        """Return a presigned link, as the port says; S3 lets none live longer than a week."""
        now = self._clock()
        if not download_name and (known := self._links.get(key, expires_in, now)):
            return known
        content_type_of(key)
        begin, seconds, until = link_window(key, now, expires_in)
        disposition = content_disposition(download_name) if download_name else None
        path = f"{self._folder}/{key}"
        window = begin, min(seconds, LONGEST_LIFE)
        link = f"{self._origin}{path}?{presigned_query(self._signer, self._host, path, window, disposition)}"
        return link if download_name else self._links.put(key, expires_in, until, link)

    def deposit_link(self, deposit: Deposit, expires_in: timedelta) -> DepositLink:
        """Return a presigned PUT, as the port says; the store itself checks length and checksum.

        Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
        """
        check_content_type(deposit.key, deposit.content_type)
        path = f"{self._folder}/{deposit.key}"
        checksum = b64encode(bytes.fromhex(deposit.sha256)).decode()
        headers = {"content-type": deposit.content_type, "x-amz-checksum-sha256": checksum}
        window = int(self._clock()), min(int(expires_in.total_seconds()), LONGEST_LIFE)
        signed = headers | {"content-length": str(deposit.size)}
        query = presigned_put(self._signer, self._host, path, window, signed)
        return DepositLink(f"{self._origin}{path}?{query}", headers)

    def close(self) -> None:
        """Close the connections to the store."""
        self._client.close()

    def _read(self, key: str) -> bytes:
        with self._client.get_object(Bucket=self._bucket.name, Key=key)["Body"] as body:
            return body.read()

    async def _attempt_anew(self, call: Callable[[], Result]) -> Result:
        """Run ``call`` as ``_attempt`` does; that something is not there means that it can not go on."""
        try:
            return await self._attempt(call)
        except _NotStoredError as error:
            raise StorageUnavailable("The object store has given the upload up") from error

    async def _attempt_where_it_is(self, call: Callable[[], Result]) -> Result | None:
        """Run ``call`` as ``_attempt`` does; None where the store has nothing of the kind."""
        try:
            return await self._attempt(call)
        except _NotStoredError:
            return None

    async def _attempt(self, call: Callable[[], Result]) -> Result:
        """Run ``call`` in a thread, up to three times with full jitter between.

        Source of the jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
        """
        failure: Exception | None = None
        for turn in range(_TRIES):
            if turn:
                await anyio.sleep(_random.uniform(0, _BACK_OFF * 2**turn))
            try:
                return await to_thread.run_sync(call, abandon_on_cancel=True, limiter=self._threads)
            except ClientError as error:
                failure = _checked_for_retry(error)
            except _CUT_OFF as error:
                failure = error
        raise StorageUnavailable(f"The object store did not answer in {_TRIES} tries") from failure


class _NotStoredError(Exception):
    """The store answered that it has no such object."""


def _checked_for_retry(error: ClientError) -> ClientError:
    """Return the store's answer if another try may get a better one; raise what it means where it is final."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    code = error.response.get("Error", {}).get("Code", "")
    if status in _PASSING_STATUSES or code in _PASSING_CODES:
        return error
    if status == 404 and code != "NoSuchBucket":
        raise _NotStoredError from error
    raise StorageUnavailable(f"The object store refused: {code or status}") from error


def _client(bucket: S3Bucket) -> S3Client:
    config = Config(
        connect_timeout=bucket.connect_timeout,
        read_timeout=bucket.read_timeout,
        max_pool_connections=_CONNECTIONS,
        retries={"mode": "standard", "total_max_attempts": 1},
        signature_version="s3v4",
        # The payload's SHA-256 is signed, which every server checks; newer checksums are not known to all.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        s3={"payload_signing_enabled": True, "addressing_style": "path" if _is_path_style(bucket) else "virtual"},
    )
    client = Session().client(
        "s3",
        region_name=bucket.region,
        endpoint_url=bucket.endpoint_url,
        aws_access_key_id=bucket.access_key_id,
        aws_secret_access_key=bucket.secret_access_key,
        config=config,
    )
    # Asking before sending a body costs a round trip each, and a second where the server does not know the question.
    client.meta.events.unregister("before-call.s3", add_expect_header)
    return client


def _is_path_style(bucket: S3Bucket) -> bool:
    return bucket.endpoint_url is not None if bucket.path_style is None else bucket.path_style


def _public_place(bucket: S3Bucket) -> tuple[str, str, str]:
    """Return origin, host and folder of the links: ``https://media.example``, ``media.example``, ``/bucket``."""
    endpoint = bucket.public_url or bucket.endpoint_url or f"https://s3.{bucket.region}.amazonaws.com"
    parts = urlsplit(endpoint)
    host = parts.netloc.removesuffix(":443" if parts.scheme == "https" else ":80")
    folder = parts.path.rstrip("/")
    if _is_path_style(bucket):
        return f"{parts.scheme}://{host}", host, f"{folder}/{bucket.name}"
    host = f"{bucket.name}.{host}"
    return f"{parts.scheme}://{host}", host, folder
