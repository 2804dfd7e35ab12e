"""Strict reading of GraphQL requests: what reaches the view is one well-formed operation of bounded size.

Follows the GraphQL-over-HTTP draft for what a request is, and is stricter where a reader would stumble: UTF-8 only, no
batches, no compressed bodies, bounded nesting.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.edge.answers import CLOSE, RefusedError
from app.edge.exchange import exchange_of
from app.edge.strict_json import LONE_SURROGATE, names_of, parse_json, texts_of

_KEY = "easel.graphql_request"
_NAME = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,199}")


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The most that one request may bring."""

    body_bytes: int = 256 * 1024
    body_seconds: float = 10.0
    """From the head to the last byte of the body."""
    nesting: int = 64
    """Arrays and objects inside each other, the body's own object being the first."""
    discarded_bytes: int = 1024 * 1024
    """Read beyond ``body_bytes`` and thrown away, so that a client that sends first and listens then hears why."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as the client sent it. Strings inside ``variables`` may hold lone surrogates, nothing else may."""

    query: str | None
    """None where ``extensions.persistedQuery`` names the document."""
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


def graphql_request(scope: Scope) -> GraphQLRequest | None:
    """Return the operation that ``StrictRequests`` read, or None for a path that it does not guard."""
    request = scope.get(_KEY)
    return request if isinstance(request, GraphQLRequest) else None


class StrictRequests:
    """Reads requests to ``paths``, refuses what is malformed, and passes the body on as if it had just arrived.

    The answer's side and WebSockets pass untouched.
    """

    def __init__(self, app: ASGIApp, paths: Collection[str], limits: RequestLimits | None = None) -> None:
        """Stand in front of ``app``."""
        self.app = app
        self.paths = frozenset(paths)
        self.limits = limits or RequestLimits()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] not in self.paths:
            await self.app(scope, receive, send)
            return
        try:
            request, receive = await self._read(scope, receive)
        except RefusedError as refusal:
            await refusal.answer(scope, receive, send)
            return
        except ClientDisconnect:
            return
        scope[_KEY] = request
        if request.operation_name and _NAME.fullmatch(request.operation_name):
            exchange_of(scope).operation = request.operation_name
        await self.app(scope, receive, send)

    async def _read(self, scope: Scope, receive: Receive) -> tuple[GraphQLRequest, Receive]:
        if scope["method"] == "GET":
            return parse_query_string(scope["query_string"], self.limits.nesting), receive
        if scope["method"] != "POST":
            raise RefusedError(405, "Ask by GET or POST.", headers={"allow": "GET, POST"})
        headers = Headers(scope=scope)
        check_body_type(headers)
        body = await read_body(headers, receive, self.limits)
        return parse_body(body, self.limits.nesting), _replay(body, receive)


def check_body_type(headers: Headers) -> None:
    """Let only plain ``application/json`` in UTF-8 pass; a browser sends that to another site only if CORS allows.

    Raises:
        RefusedError: 415.
    """
    accepted = {"accept-post": "application/json", "accept-encoding": "identity"}
    media_types = headers.getlist("content-type")
    media_type, *parameters = (part.strip() for part in media_types[0].lower().split(";")) if media_types else ("",)
    if len(media_types) != 1 or media_type != "application/json":
        raise RefusedError(415, "The body must be sent as application/json.", headers=accepted)
    charsets = [parameter.partition("=")[2].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    if any(charset != "utf-8" for charset in charsets):
        raise RefusedError(415, "The body must be UTF-8.", headers=accepted)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise RefusedError(415, "The body must not be compressed.", headers=accepted)


async def read_body(headers: Headers, receive: Receive, limits: RequestLimits) -> bytes:
    """Read the whole body, counting as it arrives.

    Raises:
        RefusedError: 413 for more than ``limits.body_bytes``, 408 where it does not arrive in time.
        ClientDisconnect: the client went away.
    """
    too_large = RefusedError(413, f"The body must be at most {limits.body_bytes:,} bytes.", headers=CLOSE)
    length = headers.get("content-length", "")
    declared = int(length) if re.fullmatch("[0-9]{1,18}", length) else 0
    hopeless = limits.body_bytes + limits.discarded_bytes
    if declared > hopeless or (declared > limits.body_bytes and "expect" in headers):
        raise too_large
    body, arrived = bytearray(), 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while arrived <= hopeless:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                arrived += len(message.get("body", b""))
                if arrived <= limits.body_bytes:
                    body += message.get("body", b"")
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        message_text = f"The body did not arrive within {limits.body_seconds:g} s."
        raise RefusedError(408, message_text, "TIMEOUT", headers=CLOSE) from error
    if arrived > limits.body_bytes:
        raise too_large
    return bytes(body)


def parse_body(body: bytes, nesting: int) -> GraphQLRequest:
    """Read the body of a POST.

    Raises:
        RefusedError: 400.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(400, "The body is not UTF-8.") from error
    data = parse_json(text, "body", nesting)
    if isinstance(data, list):
        raise RefusedError(400, "Batches are not served: send one operation in each request.")
    if not isinstance(data, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return _request_of(data, may_hold_surrogates="\\u" in text)


def parse_query_string(query_string: bytes, nesting: int) -> GraphQLRequest:
    """Read the parameters of a GET; an empty one counts as absent.

    Raises:
        RefusedError: 400.
    """
    try:
        pairs = parse_qsl(query_string.decode(), errors="strict", max_num_fields=100)
    except ValueError as error:
        raise RefusedError(400, "The query string can not be read as UTF-8 parameters.") from error
    data: dict[str, object] = dict(pairs)
    for name in ("variables", "extensions"):
        if name in data:
            data[name] = parse_json(str(data[name]), name, nesting)
    return _request_of(data, may_hold_surrogates=b"u" in query_string)


def _request_of(data: Mapping[str, object], *, may_hold_surrogates: bool) -> GraphQLRequest:
    query, operation_name = data.get("query"), data.get("operationName")
    variables, extensions = data.get("variables"), data.get("extensions")
    names_one = isinstance(extensions, dict) and extensions.get("persistedQuery") is not None
    if not isinstance(query, str | None) or not (query or names_one):
        raise RefusedError(400, 'There must be a "query", a string that is not empty.')
    if operation_name is not None and not isinstance(operation_name, str):
        raise RefusedError(400, '"operationName" must be a string or null.')
    if variables is not None and not isinstance(variables, dict):
        raise RefusedError(400, '"variables" must be an object or null.')
    if extensions is not None and not isinstance(extensions, dict):
        raise RefusedError(400, '"extensions" must be an object or null.')
    if may_hold_surrogates:
        texts = (query or "", operation_name or "", *names_of(variables), *texts_of(extensions))
        if any(LONE_SURROGATE.search(text) for text in texts):
            raise RefusedError(400, "Only strings inside of variables may hold half a character (a lone surrogate).")
    return GraphQLRequest(query or None, variables, operation_name, extensions)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that hands over the body and then listens on, for a client that leaves a stream."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
