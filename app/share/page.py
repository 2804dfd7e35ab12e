"""A page: what is sent to whoever asks for it, whoever they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from http import HTTPStatus
from typing import Final

from app.delivery import Delivery, encoded
from app.edge.negotiation import Encoding
from domain.messages import Language

HTML: Final = "text/html; charset=utf-8"
PLAIN: Final = "text/plain; charset=utf-8"
XML: Final = "text/xml; charset=utf-8"
A_MINUTE: Final = 60
FOR_ALL: Final = {"Access-Control-Allow-Origin": "*"}
"""For scripts of any page: what is said here is told to everybody, and no cookie is looked at."""
UNLISTED: Final = {"X-Robots-Tag": "noindex"}


class NotShownError(Exception):
    """There is nothing here, or nothing that everybody may see: which of both is not told."""


class AskedWronglyError(Exception):
    """The request can not be answered as it is."""

    def __init__(self, status: HTTPStatus, text: str) -> None:
        """Answer with a status and a sentence."""
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Page:
    """A page, the same for everybody who asks for it in the same language."""

    body: bytes
    media_type: str = HTML
    status: HTTPStatus = HTTPStatus.OK
    seconds: int = A_MINUTE
    """How long others may keep it; 0 for not at all."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_cacheable(self) -> bool:
        """Whether it is kept here for a moment."""
        return bool(self.seconds)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for."""

    place: Mapping[str, str]
    """Parts of the path by their names."""
    query: Mapping[str, str]
    language: Language


def redirect(url: str, seconds: int = A_MINUTE, headers: Mapping[str, str] | None = None) -> Page:
    """Return a page that leads to another one for now."""
    return Page(b"", PLAIN, HTTPStatus.FOUND, seconds, {"Location": url, **(headers or {})})


def told(status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> Page:
    """Return a sentence that nobody keeps."""
    return Page(f"{text}\n".encode(), PLAIN, status, 0, headers or {})


def deliver(page: Page, encoding: Encoding) -> Delivery:
    """Return a page as it is sent; one that may be kept has a strong ETag for each of its encodings."""
    body, encoding = encoded(page.body, encoding)
    headers = {"Content-Type": page.media_type, "Content-Length": str(len(body))}
    headers["Cache-Control"] = f"public, max-age={page.seconds}" if page.seconds else "no-store"
    if page.body:
        headers["Vary"] = "Accept-Encoding, Accept-Language"
    if encoding != "identity":
        headers["Content-Encoding"] = encoding
    etag = ""
    if page.seconds and page.status is HTTPStatus.OK:
        etag = headers["ETag"] = f'"{blake2b(page.body, digest_size=12).hexdigest()}-{encoding}"'
    headers |= page.headers
    lines = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Delivery(int(page.status), lines, body, etag.encode())
