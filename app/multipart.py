"""Streams as ``multipart/mixed;subscriptionSpec=1.0``, Apollo's protocol, framed as RFC 2046 asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from strawberry.http.streaming import MultipartSubscriptionTransport

if TYPE_CHECKING:
    from collections.abc import Mapping


class MultipartStream(MultipartSubscriptionTransport):
    """Strawberry's transport, told how to end.

    Each part is followed by the next delimiter at once, so that a client need not wait for the next event to see this
    one; the last delimiter is then completed instead of being written anew. The first heartbeat, which comes before
    the first delimiter, is a preamble to strict readers and an empty message to Apollo's.
    """

    @property
    def headers(self) -> Mapping[str, str]:
        """What tells client and proxies that this is a stream."""
        return {
            "Content-Type": f"multipart/mixed;boundary={self.separator};subscriptionSpec=1.0",
            "Cache-Control": "no-cache, no-transform",
            "X-Accel-Buffering": "no",
        }

    def encode_complete(self) -> str:
        """Return the end of the last delimiter."""
        return "--\r\n"
