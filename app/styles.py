"""Example pictures of styles: painted by the small model, and served under addresses that change with their bytes."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.media import is_known, preflight, refusal, sharing_headers
from domain.catalogue import STYLES, StyleImage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.routing import BaseRoute
    from starlette.types import Receive, Scope, Send

FOLDER: Final = Path(__file__).parent.parent / "web" / "styles"
SIDE: Final = 256
"""Pixels of each picture's sides."""
_DIGITS: Final = 16
_FOR_EVER: Final = "public, max-age=31536000, immutable"


def style_images(base_url: str) -> Mapping[str, StyleImage]:
    """Return where the picture of each style is read; ``base_url`` is where clients reach the API."""
    return {key: StyleImage(f"{base_url}{_path(key, version)}", SIDE, SIDE) for key, version in _versions().items()}


def style_routes(allowed_origins: Sequence[str]) -> list[BaseRoute]:
    """Return the route of the pictures; ``allowed_origins`` are those whose scripts may read the pixels."""
    pictures = {_path(key, version): (FOLDER / f"{key}.webp").read_bytes() for key, version in _versions().items()}
    application = _Pictures(pictures, frozenset(allowed_origins) - {"null"})
    return [Route("/styles/{version}/{name}", application, methods=["GET", "HEAD", "OPTIONS"], name="styles")]


def _versions() -> dict[str, str]:
    return {key: hashlib.sha256((FOLDER / f"{key}.webp").read_bytes()).hexdigest()[:_DIGITS] for key in STYLES}


def _path(key: str, version: str) -> str:
    return f"/styles/{version}/{key}.webp"


class _Pictures:
    """The ASGI application behind ``/styles/{version}/{name}``."""

    def __init__(self, pictures: Mapping[str, bytes], allowed_origins: frozenset[str]) -> None:
        self._pictures = pictures
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        response = preflight() if request.method == "OPTIONS" else self._answer(request)
        response.headers.update(sharing_headers(request.headers.get("origin"), self._allowed_origins))
        await response(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        picture = self._pictures.get(request.url.path)
        if picture is None:
            return refusal(HTTPStatus.NOT_FOUND, "There is no such picture, or no longer.\n")
        headers = {"Cache-Control": _FOR_EVER, "ETag": f'"{request.path_params["version"]}"'}
        if is_known(request.headers, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        return Response(picture, headers=headers, media_type="image/webp")
