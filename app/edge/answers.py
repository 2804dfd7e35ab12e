"""Refusals in the shape of a GraphQL answer, so that a client reads every error in one way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from app.edge.exchange import exchange_of
from app.edge.negotiation import JSON, refusal_type

CLOSE = {"connection": "close"}
"""For refusals of what came too large or too late: what is still coming is not waited for."""


class RefusedError(Exception):
    """The request is refused before the graph sees it."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = "BAD_USER_INPUT",
        *,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        """Refuse with an HTTP ``status`` and one GraphQL error of ``message`` and ``extensions.code``."""
        super().__init__(message)
        self.status = status
        error = {"message": message, "extensions": {"code": code, **(extensions or {})}}
        self.body: dict[str, list[dict[str, Any]]] = {"errors": [error]}
        self.headers = {"cache-control": "no-store", **(headers or {})}

    def response(self, media_type: str = JSON) -> Response:
        """Return the refusal as a response in one of the media types of GraphQL."""
        return JSONResponse(self.body, self.status, headers=self.headers, media_type=media_type)

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the refusal of a request."""
        accept = exchange_of(scope).field(b"accept")
        await self.response(refusal_type(accept))(scope, receive, send)
