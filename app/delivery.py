"""An answer as HTTP carries it: status, headers and the bytes of one encoding."""

from __future__ import annotations

import sys
import zlib
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from app.edge.negotiation import GRAPHQL_RESPONSE, JSON, Encoding, Medium
from app.edge.passage import header_lines

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from starlette.types import Send

    from app.execution import Answer

WORTH_COMPRESSING: Final = 1_024
"""Bytes up to which an answer is sent as it is: it fits into one packet either way."""
LEVEL: Final = 1
"""The quickest of zstd and gzip; the levels above cost more than the request itself and save a tenth."""
PRIVATE: Final = b"private, no-store"
UNSTORED: Final = b"no-store"
_VARY: Final = (b"vary", b"Accept, Accept-Encoding, Accept-Language, Authorization")
_CONTENT_TYPES: Final = {
    Medium.JSON: (b"content-type", JSON.encode()),
    Medium.GRAPHQL_RESPONSE: (b"content-type", GRAPHQL_RESPONSE.encode()),
}
_ABOUT_CONTENT: Final = frozenset({b"content-type", b"content-length", b"content-encoding"})


@dataclass
class Delivery:
    """One answer, ready to be sent."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    etag: bytes = b""
    """With its quotation marks; empty where the answer is not to be compared with another."""

    @cached_property
    def head(self) -> bytes:
        """The headers as lines."""
        return header_lines(self.headers)

    async def send(self, send: Send) -> None:
        """Send it."""
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})

    @cached_property
    def unchanged(self) -> Delivery:
        """What tells a client that it has this answer already: 304."""
        headers = [header for header in self.headers if header[0] not in _ABOUT_CONTENT]
        return Delivery(304, headers, b"", self.etag)

    def is_known(self, if_none_match: bytes) -> bool:
        """Return whether an ``If-None-Match`` header names this answer (RFC 9110, 13.1.2)."""
        if not if_none_match or not self.etag:
            return False
        if if_none_match == self.etag:
            return True
        tags = (tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b","))
        return any(tag in {b"*", self.etag} for tag in tags)


def deliver(answer: Answer, medium: Medium, encoding: Encoding, caching: bytes) -> Delivery:
    """Return an answer as it is sent.

    Args:
        answer: What was answered.
        medium: JSON or GRAPHQL_RESPONSE. In the latter an operation that was not executed has status 400
            (https://graphql.github.io/graphql-over-http/draft/#sec-application-graphql-response-json), in the former
            200, as old clients expect it.
        encoding: What the client likes best; short answers are sent as they are.
        caching: Value of ``Cache-Control``. A public answer gets a strong ETag for each of its encodings.
    """
    body, encoding = encoded(answer.body, encoding)
    status = 400 if answer.is_refused and medium is Medium.GRAPHQL_RESPONSE else 200
    if answer.retry_after is not None:
        status = 429
    headers = [
        _CONTENT_TYPES[medium],
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", caching),
        _VARY,
    ]
    if answer.retry_after is not None:
        headers.append((b"retry-after", b"%d" % answer.retry_after))
    if encoding != "identity":
        headers.append((b"content-encoding", encoding.encode()))
    etag = b""
    if caching.startswith(b"public"):
        etag = b'"%s-%s"' % (blake2b(answer.body, digest_size=12).hexdigest().encode(), encoding.encode())
        headers.append((b"etag", etag))
    return Delivery(status, headers, body, etag)


def encoded(body: bytes, encoding: Encoding) -> tuple[bytes, Encoding]:
    """Return the bytes in an encoding, and in which: those that are not worth it stay as they are."""
    if encoding == "identity" or len(body) <= WORTH_COMPRESSING:
        return body, "identity"
    if encoding == "zstd":
        return zstd.compress(body, LEVEL), encoding
    return zlib.compress(body, LEVEL, wbits=31), encoding
