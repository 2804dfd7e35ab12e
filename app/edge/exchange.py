"""What is known of one request while it passes the edge: its head, and for the log who asked for which operation."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from starlette.types import Scope

if TYPE_CHECKING:
    from app.edge.requests import GraphQLRequest
    from domain.errors import RequestError
    from domain.tokens import Claims

BODY_KEY: Final = "easel.body"
"""Where the scope holds a body that had arrived whole when the request was handed over."""
WRITE_KEY: Final = "easel.write"
"""Where the scope holds what writes a whole answer at once, if the server has that."""
PASSAGE_KEY: Final = "easel.passage"
"""Where the scope holds the ``Passage`` of the request."""
EXCHANGE_KEY: Final = "easel.exchange"
"""Where the scope holds the ``Exchange`` of the request."""
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9._:/+=-]{1,128}")
_PROCESS: Final = secrets.token_hex(8)
_numbers = itertools.count(secrets.randbits(48))


@dataclass(slots=True)
class Exchange:
    """One request and its answer. Who handles it may fill in what is learnt; the access log tells of it."""

    request_id: str
    fields: dict[bytes, bytes]
    """Headers of the request by their names in lower case; those that were sent twice are joined by a comma."""
    operation: str | None = None
    """Name of the GraphQL operation, a GraphQL Name."""
    user: str | None = None
    """Id of the signed-in user."""
    claims: Claims | None = None
    """What the token of the request says; whether its session still lives is looked up later."""
    refusal: RequestError | None = None
    """Why the token that was sent is not good."""
    body: bytes = b""
    """The body of a POST to the graph, once it was read."""
    request: GraphQLRequest | None = None
    """The operation, once ``body`` or the query string was parsed."""

    def field(self, name: bytes) -> bytes:
        """Return a header of the request, empty where it was not sent."""
        return self.fields.get(name, b"")


def exchange_of(scope: Scope) -> Exchange:
    """Return the exchange of a request or socket, made when it is first asked for."""
    exchange: Exchange | None = scope.get(EXCHANGE_KEY)
    if exchange is None:
        fields = read_fields(scope["headers"])
        sent = fields.get(b"x-request-id")
        is_sane = sent is not None and _SANE_ID.fullmatch(sent)
        exchange = scope[EXCHANGE_KEY] = Exchange(sent.decode() if sent and is_sane else _new_id(), fields)
    return exchange


def read_fields(headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return headers by name; several of one name count as one with their values joined (RFC 9110, 5.3)."""
    pairs = headers if isinstance(headers, list) else list(headers)
    fields = dict(pairs)
    if len(fields) < len(pairs):
        for name in fields:
            fields[name] = b", ".join(value for other, value in pairs if other == name)
    return fields


def _new_id() -> str:
    """Return 32 hexadecimal digits that no other request has: 16 of the process, 16 of a count."""
    return f"{_PROCESS}{next(_numbers):016x}"
