"""Takes what clients put into a folder store by signed links: streamed to the disk, of the announced length alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from http import HTTPStatus
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from adapters.storage.folder import DepositRefused, FolderStore
from domain.ports import StorageUnavailable

SECONDS: Final = 60.0
"""In which all bytes of a deposit arrive: 10 MB at 1.4 Mbit/s."""
_PREFLIGHT_SECONDS: Final = 86_400


def deposit_routes(store: FolderStore, allowed_origins: Sequence[str], seconds: float = SECONDS) -> list[BaseRoute]:
    """Return the route of the deposit links of ``store``.

    Args:
        store: the folder.
        allowed_origins: origins whose scripts may upload; ``*`` for all but the sandboxed frames of anybody.
        seconds: in which all bytes have to arrive.
    """
    deposits = _Deposits(store, frozenset(allowed_origins) - {"null"}, seconds)
    return [Route("/deposits/{key:path}", deposits, methods=["PUT", "OPTIONS"], name="deposits")]


class _Deposits:
    """The ASGI application behind ``/deposits/{key}``."""

    def __init__(self, store: FolderStore, allowed_origins: frozenset[str], seconds: float) -> None:
        self._store = store
        self._allowed_origins = allowed_origins
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = _preflight() if request.method == "OPTIONS" else await self._answer(request)
        response.headers.update(self._sharing(request.headers.get("origin")))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        deposit = self._store.verify_deposit(request.path_params["key"], request.query_params)
        if deposit is None:
            return _told(HTTPStatus.FORBIDDEN, "This link is not valid or has expired.")
        asked = request.headers.get("content-length"), request.headers.get("content-type")
        if asked != (str(deposit.size), deposit.content_type):
            return _told(HTTPStatus.BAD_REQUEST, f"Announced were {deposit.size} bytes of {deposit.content_type}.")
        try:
            async with asyncio.timeout(self._seconds):
                await self._store.receive(deposit, _chunks(request))
        except TimeoutError:
            return _told(HTTPStatus.REQUEST_TIMEOUT, f"All has to arrive within {self._seconds:g} s.")
        except (DepositRefused, ClientDisconnect):
            return _told(HTTPStatus.BAD_REQUEST, "These are not the bytes that were announced.")
        except StorageUnavailable:
            return _told(HTTPStatus.SERVICE_UNAVAILABLE, "The store does not take it at present.")
        return Response(status_code=HTTPStatus.OK, headers={"Cache-Control": "no-store"})

    def _sharing(self, origin: str | None) -> dict[str, str]:
        """Return what lets scripts of allowed origins see the answer."""
        headers = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}
        if "*" in self._allowed_origins:
            return headers | {"Access-Control-Allow-Origin": "*"}
        if origin is not None and origin in self._allowed_origins:
            return headers | {"Access-Control-Allow-Origin": origin}
        return headers


async def _chunks(request: Request) -> AsyncIterator[bytes]:
    async for chunk in request.stream():
        if chunk:
            yield chunk


def _preflight() -> Response:
    headers = {
        "Allow": "PUT, OPTIONS",
        "Access-Control-Allow-Methods": "PUT",
        "Access-Control-Allow-Headers": "Content-Type",
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def _told(status: HTTPStatus, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status_code=status, headers={"Cache-Control": "no-store"})
