"""Signed links to the objects of a folder store: made for each row of a feed, checked at each request."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from adapters.storage.keys import content_type_of
from domain.ports import Deposit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

_SIGNATURE_BYTES = 16
_LONGEST_TIME = 12


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A link whose signature holds and whose time has not run out."""

    seconds_left: int
    download_name: str | None
    """The file name to save under, where the link is a download."""


class RememberedLinks:
    """Links to pictures that were made lately: a feed shows the same ones to all, and each is the same for an hour.

    Downloads are not remembered: few are asked for.
    """

    def __init__(self, limit: int = 4_000) -> None:
        """Remember ``limit`` links, some 500 bytes each; beyond that all are forgotten."""
        self._limit = limit
        self._links: dict[str, tuple[float, str, timedelta]] = {}

    def get(self, key: str, expires_in: timedelta, now: float) -> str | None:
        """Return the link that was put for ``key``, None where there is none of this life that holds at ``now``."""
        known = self._links.get(key)
        return known[1] if known and now < known[0] and expires_in is known[2] else None

    def put(self, key: str, expires_in: timedelta, until: float, link: str) -> str:
        """Remember a link until the next one begins (Unix time); return it."""
        if len(self._links) >= self._limit:
            self._links.clear()
        self._links[key] = (until, link, expires_in)
        return link


class LinkSigner:
    """Signs links with HMAC-SHA256 (RFC 2104), cut to 128 bits."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key from ``secret``, so that other uses of the same secret never make a valid link."""
        self._key = hmac.digest(secret, b"easel media link", "sha256")

    def query(self, key: str, expires: int, download_name: str | None) -> str:
        """Return the query string that opens ``key`` until ``expires`` (Unix time), without the question mark."""
        signature = self._signature(key, expires, download_name)
        if download_name is None:
            return f"expires={expires}&signature={signature}"
        name = quote(download_name, safe="", errors="replace")
        return f"expires={expires}&download={name}&signature={signature}"

    def verify(self, key: str, query: Mapping[str, str], now: float) -> OpenLink | None:
        """Return what the decoded ``query`` allows, or None where it was not signed for ``key`` or has expired."""
        expires, name = query.get("expires", ""), query.get("download")
        if not (expires.isascii() and expires.isdecimal() and len(expires) <= _LONGEST_TIME):
            return None
        signature = self._signature(key, int(expires), name).encode()
        if not hmac.compare_digest(query.get("signature", "").encode("utf-8", "replace"), signature):
            return None
        seconds_left = int(int(expires) - now)
        return OpenLink(seconds_left, name) if seconds_left > 0 else None

    def deposit_query(self, deposit: Deposit, expires: int) -> str:
        """Return the query string by which ``deposit`` may be stored until ``expires`` (Unix time)."""
        signature = self._signed(_deposited(deposit, expires))
        return f"expires={expires}&size={deposit.size}&sha256={deposit.sha256}&signature={signature}"

    def verify_deposit(self, key: str, query: Mapping[str, str], now: float) -> Deposit | None:
        """Return what may be stored under ``key``, or None where the query was not signed for it or has expired."""
        expires, size = query.get("expires", ""), query.get("size", "")
        if not all(each.isascii() and each.isdecimal() and len(each) <= _LONGEST_TIME for each in (expires, size)):
            return None
        try:
            deposit = Deposit(key, content_type_of(key), int(size), query.get("sha256", ""))
        except ValueError:
            return None
        signature = self._signed(_deposited(deposit, int(expires))).encode()
        if not hmac.compare_digest(query.get("signature", "").encode("utf-8", "replace"), signature):
            return None
        return deposit if int(expires) > now else None

    def _signature(self, key: str, expires: int, download_name: str | None) -> str:
        name = "" if download_name is None else f"\n{download_name}"
        return self._signed(f"{key}\n{expires}{name}")

    def _signed(self, text: str) -> str:
        digest = hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256")
        return urlsafe_b64encode(digest[:_SIGNATURE_BYTES]).decode().rstrip("=")


def _deposited(deposit: Deposit, expires: int) -> str:
    # No link that reads has such a text: its second line would be a time.
    return f"PUT\n{deposit.key}\n{expires}\n{deposit.size}\n{deposit.sha256}"
