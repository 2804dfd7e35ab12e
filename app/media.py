"""Serves the objects of a folder store: signed links, caching, ranges, and other origins' canvases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from os import stat_result
from pathlib import Path

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from adapters.storage.folder import FolderStore
from adapters.storage.keys import content_disposition, content_type_of
from adapters.storage.links import OpenLink

_READABLE = "Accept-Ranges, Content-Disposition, Content-Length, Content-Range, ETag"
_ASKABLE = "Cache-Control, If-None-Match, If-Range, Pragma, Range"
_PREFLIGHT_SECONDS = 86_400
_ONE_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,15})-(?P<last>[0-9]{0,15})", re.IGNORECASE)
_ETAGS = re.compile(r'(?:W/)?("[^"]*")')


def media_routes(store: FolderStore, allowed_origins: Sequence[str]) -> list[BaseRoute]:
    """Return the route under which the links of ``store`` are read.

    Args:
        store: the folder.
        allowed_origins: origins whose scripts may read the pixels, as ``https://studio.example``; ``*`` for all. A
            sandboxed frame of anybody has the origin ``null``, which is never one of them.
    """
    media = _Media(store, frozenset(allowed_origins) - {"null"})
    return [Route("/media/{key:path}", media, methods=["GET", "HEAD", "OPTIONS"], name="media")]


class _Media:
    """The ASGI application behind ``/media/{key}``."""

    def __init__(self, store: FolderStore, allowed_origins: frozenset[str]) -> None:
        self._store = store
        self._allowed_origins = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "OPTIONS":
            response: Response = preflight()
        else:
            response, scope = await self._answer(request)
        response.headers.update(sharing_headers(request.headers.get("origin"), self._allowed_origins))
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> tuple[Response, Scope]:
        """Return the response and the scope to run it with."""
        key: str = request.path_params["key"]
        link = self._store.verify(key, request.query_params)
        if link is None:
            return refusal(HTTPStatus.FORBIDDEN, "This link is not valid or has expired.\n"), request.scope
        path = self._store.path(key)
        found = await to_thread.run_sync(_stat, path)
        if found is None:
            return refusal(HTTPStatus.NOT_FOUND, "There is no such file.\n"), request.scope
        headers = _caching(link, found)
        if is_known(request.headers, headers["ETag"]):
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers), request.scope
        span = _span(request, found.st_size, headers["ETag"])
        if span is not None and span[0] >= span[1]:
            headers = {"Content-Range": f"bytes */{found.st_size}", "Accept-Ranges": "bytes"}
            return refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "", headers), request.scope
        file = FileResponse(path, headers=headers, media_type=content_type_of(key), stat_result=found)
        return file, _asking_for(span, request.scope)


def sharing_headers(origin: str | None, allowed_origins: frozenset[str]) -> dict[str, str]:
    """Return what lets pages of other origins show a picture, and those allowed read its pixels.

    With ``*`` the header comes to every request, also without Origin: a picture that a browser cached from a plain
    ``<img>`` can then be drawn on a canvas. With a list, Vary makes the browser ask again.
    """
    headers = {
        "Vary": "Origin",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "X-Content-Type-Options": "nosniff",
    }
    if "*" in allowed_origins:
        allowed = "*"
    elif origin is not None and origin in allowed_origins:
        allowed = origin
    else:
        return headers
    return headers | {
        "Access-Control-Allow-Origin": allowed,
        "Access-Control-Expose-Headers": _READABLE,
        "Timing-Allow-Origin": allowed,
    }


def preflight() -> Response:
    """Return the answer to a browser that asks whether a script may read a picture."""
    headers = {
        "Allow": "GET, HEAD, OPTIONS",
        "Access-Control-Allow-Methods": "GET, HEAD",
        "Access-Control-Allow-Headers": _ASKABLE,
        "Access-Control-Max-Age": str(_PREFLIGHT_SECONDS),
    }
    return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def refusal(status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer without a picture, which nobody keeps."""
    return PlainTextResponse(text, status_code=status, headers={"Cache-Control": "no-store", **(headers or {})})


def _stat(path: Path) -> stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _caching(link: OpenLink, found: stat_result) -> dict[str, str]:
    """Return the headers that a whole file, a part of it and a 304 share; no copy outlives the link."""
    headers = {
        "Cache-Control": f"public, max-age={link.seconds_left}, immutable",
        "ETag": f'"{found.st_mtime_ns:x}-{found.st_size:x}"',
        "Accept-Ranges": "bytes",
    }
    if link.download_name is not None:
        headers["Content-Disposition"] = content_disposition(link.download_name)
    return headers


def is_known(asked: Headers, etag: str) -> bool:
    """Return whether the client holds this file already (RFC 9110, 13.1.2)."""
    known = asked.get("if-none-match", "")
    return known.strip() == "*" or etag in _ETAGS.findall(known)


def _span(request: Request, size: int, etag: str) -> tuple[int, int] | None:
    """Return the one range that is asked for as [first, end), empty where the file has no such bytes.

    None stands for the whole file, which also answers several ranges, a range that cannot be read, a HEAD and an
    If-Range that names another version (RFC 9110, 14.2).
    """
    match = _ONE_RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if match is None or request.method != "GET" or request.headers.get("if-range", etag) != etag:
        return None
    first, last = match["first"], match["last"]
    if not first:
        return (max(0, size - int(last)), size) if last else None
    if last and int(last) < int(first):
        return None
    return int(first), min(size, int(last) + 1 if last else size)


def _asking_for(span: tuple[int, int] | None, scope: Scope) -> Scope:
    """Return the scope with its Range header replaced by what was understood of it, for FileResponse to follow."""
    headers = [(name, value) for name, value in scope["headers"] if name not in {b"range", b"if-range"}]
    if span is not None:
        headers.append((b"range", f"bytes={span[0]}-{span[1] - 1}".encode()))
    return {**scope, "headers": headers}
