"""Which pages of other origins may use the graph from a browser: CORS, as https://fetch.spec.whatwg.org has it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from starlette.responses import PlainTextResponse, Response
from strawberry.http.websocket_origin import is_same_origin, normalize_allowed_origins, normalize_origin

from app.edge.exchange import Exchange
from app.edge.passage import SECURITY_HEADERS, Header, header_lines

PREFLIGHT_SECONDS: Final = 7_200
"""The longest that Chromium remembers a preflight."""
_METHODS: Final = ("GET", "POST")
_READABLE: Final = (b"access-control-expose-headers", b"X-Request-Id, Retry-After")
_ALLOW_ORIGIN: Final = b"access-control-allow-origin"
_ALL: Final = ((_ALLOW_ORIGIN, b"*"), _READABLE)
_VARY: Final = (b"vary", b"Origin")


class Sharing:
    """Answers preflights, and tells in every answer who may read it. Tokens are sent as headers, never as cookies."""

    def __init__(self, origins: Sequence[str]) -> None:
        """Share with ``origins``; "*" stands for any."""
        self._origins = frozenset(origin.encode() for origin in origins)
        self._is_for_all = "*" in origins
        self._normal = normalize_allowed_origins(origins)
        self._lines = lru_cache(256)(lambda origin: header_lines(SECURITY_HEADERS + self._headers(origin)))

    def headers(self, exchange: Exchange) -> tuple[Header, ...]:
        """Return what an answer carries for the origin that asked."""
        return self._headers(exchange.fields.get(b"origin"))

    def lines(self, exchange: Exchange) -> bytes:
        """Return the same as HTTP/1.1 writes it, with the security headers."""
        return self._lines(None if self._is_for_all else exchange.fields.get(b"origin"))

    def _headers(self, origin: bytes | None) -> tuple[Header, ...]:
        if self._is_for_all:
            return _ALL
        if origin is None or origin not in self._origins:
            return (_VARY,)
        return ((_ALLOW_ORIGIN, origin), _READABLE, _VARY)

    def may_connect(self, exchange: Exchange) -> bool:
        """Return whether the page that asks, if it is one, may open a socket: no CORS guards these."""
        origin = exchange.fields.get(b"origin")
        if origin is None or self._is_for_all:
            return True
        text, host = origin.decode("latin-1"), exchange.field(b"host").decode("latin-1")
        return normalize_origin(text) in self._normal or is_same_origin(text, host)

    def preflight(self, exchange: Exchange) -> Response | None:
        """Return the answer to a browser that asks whether it may ask; None where the request is none of these.

        Who may ask follows as in every other answer; any header may be sent.
        """
        method = exchange.fields.get(b"access-control-request-method")
        if b"origin" not in exchange.fields or method is None:
            return None
        wanted = exchange.field(b"access-control-request-headers").decode("latin-1")
        headers = {
            "access-control-allow-methods": ", ".join(_METHODS),
            "access-control-max-age": str(PREFLIGHT_SECONDS),
            "vary": "Access-Control-Request-Method, Access-Control-Request-Headers",
        }
        if wanted:
            headers["access-control-allow-headers"] = wanted
        is_known = self._is_for_all or exchange.fields[b"origin"] in self._origins
        if not is_known or method.decode("latin-1") not in _METHODS:
            return PlainTextResponse("This origin or method is not allowed.", 400, headers)
        return PlainTextResponse("OK", 200, headers)
