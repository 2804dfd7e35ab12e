"""Bounds for the size of a request's head, which uvicorn does not set."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from app.edge.answers import CLOSE, RefusedError
from app.edge.exchange import Exchange

LINE_OVERHEAD = 4
"""Bytes of a header line besides name and value."""


@dataclass(frozen=True, slots=True)
class HeadLimits:
    """The most that a head may hold; the address counts as a part of it."""

    bytes: int = 16 * 1024
    headers: int = 100

    def check(self, scope: Scope, exchange: Exchange) -> None:
        """Check the head of a request or socket.

        Raises:
            RefusedError: 431.
        """
        if not self.hold(scope, exchange):
            raise too_large(self.bytes)

    def hold(self, scope: Scope, exchange: Exchange) -> bool:
        """Return whether the head of a request or socket is within the limits."""
        headers, fields = scope["headers"], exchange.fields
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"]) + len(headers) * LINE_OVERHEAD
        if len(fields) == len(headers):
            size += sum(map(len, fields)) + sum(map(len, fields.values()))
        else:
            size += sum(len(name) + len(value) for name, value in headers)
        return size <= self.bytes and len(headers) <= self.headers


def too_large(max_bytes: int) -> RefusedError:
    """Return the refusal of a head."""
    return RefusedError(431, f"The head of the request is too large: allowed {max_bytes:,} bytes.", headers=CLOSE)
