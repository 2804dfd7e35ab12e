"""Strict reading of GraphQL requests: what reaches the view is one well-formed operation of bounded size.

Follows the GraphQL-over-HTTP draft for what a request is, and is stricter where a reader would stumble: UTF-8 only, no
batches, no compressed bodies, bounded nesting.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope

from app.edge.answers import CLOSE, RefusedError
from app.edge.deadline import Deadline
from app.edge.exchange import BODY_KEY, exchange_of
from app.edge.strict_json import LONE_SURROGATE, names_of, parse_json, parse_plain_json, texts_of

NESTING: Final = 64
"""Arrays and objects inside each other in a request, the body's own object being the first."""
_LONGEST_LENGTH: Final = 19
"""Digits that no Content-Length of ours comes near."""
_NAME: Final = re.compile(r"[_A-Za-z][_0-9A-Za-z]{0,199}")


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The most that one request may bring."""

    body_bytes: int = 256 * 1024
    body_seconds: float = 10.0
    """From the head to the last byte of the body."""
    discarded_bytes: int = 1024 * 1024
    """Read beyond ``body_bytes`` and thrown away, so that a client that sends first and listens then hears why."""

    @property
    def hopeless_bytes(self) -> int:
        """Size of a body that is not read to its end."""
        return self.body_bytes + self.discarded_bytes


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """One operation as the client sent it. Strings inside ``variables`` may hold lone surrogates, nothing else may."""

    query: str | None
    """None where ``extensions.persistedQuery`` names the document."""
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None


def graphql_request(scope: Scope) -> GraphQLRequest:
    """Return the operation of a request to the graph whose body the edge has read; it is parsed once.

    Raises:
        RefusedError: 400.
    """
    exchange = exchange_of(scope)
    if exchange.request is None:
        is_get = scope["method"] == "GET"
        request = parse_query_string(scope["query_string"]) if is_get else parse_body(exchange.body)
        if request.operation_name and _NAME.fullmatch(request.operation_name):
            exchange.operation = request.operation_name
        exchange.request = request
    return exchange.request


def check_body_type(fields: Mapping[bytes, bytes]) -> None:
    """Let only plain ``application/json`` in UTF-8 pass; a browser sends that to another site only if CORS allows.

    Raises:
        RefusedError: 415.
    """
    if is_plain_json(fields):
        return
    content_type, encoding = fields.get(b"content-type", b""), fields.get(b"content-encoding", b"identity")
    accepted = {"accept-post": "application/json", "accept-encoding": "identity"}
    media_type, *parameters = (part.strip() for part in content_type.decode("latin-1").lower().split(";"))
    charsets = [parameter.partition("=")[2].strip('"') for parameter in parameters if parameter.startswith("charset=")]
    if media_type != "application/json" or b"," in content_type:  # sent twice
        raise RefusedError(415, "The body must be sent as application/json.", headers=accepted)
    if any(charset != "utf-8" for charset in charsets):
        raise RefusedError(415, "The body must be UTF-8.", headers=accepted)
    if encoding.lower() != b"identity":
        raise RefusedError(415, "The body must not be compressed.", headers=accepted)


def is_plain_json(fields: Mapping[bytes, bytes]) -> bool:
    """Return whether a body is announced as nearly every client does it: nothing else needs a closer look."""
    return fields.get(b"content-type") == b"application/json" and b"content-encoding" not in fields


class BodyReader:
    """Reads whole bodies, counting as they arrive."""

    def __init__(self, limits: RequestLimits) -> None:
        """Hold bodies to ``limits``."""
        self._limits = limits
        self._deadline = Deadline(limits.body_seconds)

    def whole(self, scope: Scope) -> bytes | None:
        """Return a body that is there already, None where it is still on its way or not to be had at once."""
        body: bytes | None = scope.get(BODY_KEY)
        return None if body is None or len(body) > self._limits.body_bytes else body

    async def read(self, fields: Mapping[bytes, bytes], receive: Receive) -> bytes:
        """Return the body of a request as it arrives.

        Raises:
            RefusedError: 413 for more than ``limits.body_bytes``, 408 where it does not arrive in time.
            ClientDisconnect: the client went away.
        """
        limits = self._limits
        length = fields.get(b"content-length", b"")
        declared = int(length) if length.isdigit() and len(length) < _LONGEST_LENGTH else 0
        if declared > limits.body_bytes and (declared > limits.hopeless_bytes or b"expect" in fields):
            raise self._too_large()
        try:
            with self._deadline.watch():
                body, arrived = await self._pieces(receive)
        except TimeoutError as error:
            message = f"The body did not arrive within {limits.body_seconds:g} s."
            raise RefusedError(408, message, "TIMEOUT", headers=CLOSE) from error
        if arrived > limits.body_bytes:
            raise self._too_large()
        return body

    async def _pieces(self, receive: Receive) -> tuple[bytes, int]:
        """Return what may be kept of the body, and how long it was as far as it was read."""
        body, arrived, is_complete = bytearray(), 0, False
        while not is_complete and arrived <= self._limits.hopeless_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            piece: bytes = message.get("body", b"")
            is_complete = not message.get("more_body", False)
            if is_complete and not arrived:
                return piece, len(piece)
            arrived += len(piece)
            if arrived <= self._limits.body_bytes:
                body += piece
        return bytes(body), arrived

    def _too_large(self) -> RefusedError:
        return RefusedError(413, f"The body must be at most {self._limits.body_bytes:,} bytes.", headers=CLOSE)


def parse_body(body: bytes) -> GraphQLRequest:
    """Read the body of a POST.

    Raises:
        RefusedError: 400.
    """
    data = parse_plain_json(body, NESTING)
    if data is None:
        try:
            text = body.decode()
        except UnicodeDecodeError as error:
            raise RefusedError(400, "The body is not UTF-8.") from error
        data = parse_json(text, "body", NESTING)
    if isinstance(data, list):
        raise RefusedError(400, "Batches are not served: send one operation in each request.")
    if not isinstance(data, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    return _request_of(data, may_hold_surrogates=b"\\u" in body)


def parse_query_string(query_string: bytes) -> GraphQLRequest:
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
            data[name] = parse_json(str(data[name]), name, NESTING)
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


def replay(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that hands over the body and then listens on, for a client that leaves a stream."""
    pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def replayed() -> Message:
        return pending.pop() if pending else await receive()

    return replayed
