"""Requests that were answered at once, known by their bytes: the same bytes again need not be parsed."""

from __future__ import annotations

from typing import Final

from starlette.types import Scope

from app.edge.exchange import EXCHANGE_KEY

_LONGEST: Final = 4 * 1024
"""Bytes of a request worth keeping: a document, and what a browser says of itself."""
_OF_ONE: Final = frozenset({"client", "server", "scheme", "state", EXCHANGE_KEY})
"""What belongs to one connection or one exchange."""


class Recall:
    """The scopes of at most ``count`` requests, the eldest of which gives way to a new one.

    Only whole requests are to be kept, each arrived by itself: between two of them a parser has no state, so that one
    that was parsed before means the same again.
    """

    def __init__(self, count: int = 256) -> None:
        """Know nothing yet."""
        self._count = count
        self._scopes: dict[bytes, Scope] = {}

    def find(self, data: bytes) -> Scope | None:
        """Return the scope of a request, without what is its connection's; it is not to be changed."""
        return self._scopes.get(data)

    def keep(self, data: bytes, scope: Scope) -> None:
        """Keep the scope of a request under its bytes."""
        if len(data) > _LONGEST:
            return
        if len(self._scopes) >= self._count:
            del self._scopes[next(iter(self._scopes))]
        self._scopes[data] = {name: value for name, value in scope.items() if name not in _OF_ONE}
