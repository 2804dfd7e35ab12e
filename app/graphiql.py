"""GraphiQL: every file served by us, so that it works without a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute
    from starlette.types import Message, Receive, Scope, Send

_DIST: Final = Path(__file__).parent.parent / "web" / "graphiql" / "dist"
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; worker-src 'self'; "
    "connect-src 'self' ws: wss:; img-src * data: blob:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_REVALIDATED: Final = {"cache-control": "no-cache", "content-security-policy": _POLICY}
_FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable", "content-security-policy": _POLICY}


def graphiql_routes(demo: Mapping[str, str] | None) -> list[BaseRoute]:
    """Return the page and its files; ``demo`` (email, password) fills the sign-in form."""

    async def page(_request: Request) -> Response:
        return FileResponse(_DIST / "index.html", headers=_REVALIDATED)

    async def icon(_request: Request) -> Response:
        return FileResponse(_DIST / "icon.svg", headers=_REVALIDATED)

    async def licences(_request: Request) -> Response:
        return FileResponse(_DIST / "THIRD-PARTY-LICENSES.txt", headers=_REVALIDATED)

    async def config(_request: Request) -> Response:
        return JSONResponse({"demo": demo}, headers={"cache-control": "no-store"})

    return [
        Route("/graphiql", page),
        Route("/graphiql/", page),
        Route("/graphiql/icon.svg", icon),
        Route("/graphiql/THIRD-PARTY-LICENSES.txt", licences),
        Route("/graphiql/config.json", config),
        Mount("/graphiql/assets", _Assets(directory=_DIST / "assets")),
    ]


class _Assets(StaticFiles):
    """Files with a hash in their name: they never change."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in {200, 304}:
                MutableHeaders(scope=message).update(_FOR_EVER)
            await send(message)

        await super().__call__(scope, receive, add_headers)
