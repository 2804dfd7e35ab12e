"""What is asked: the documents, who asks with which variables, and the finished bytes of each request."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import psycopg

from graph_client import CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

COUNT: Final = 2_000
"""Different requests of each query, each of another viewer."""
_SEED: Final = 7
_ARTWORK: Final = "query Artwork($id: ID!) { artwork(id: $id) { id title prompt style createdAt likeCount } }"
_TITLES: Final = "query Titles { feed(kind: LATEST) { nodes { id title createdAt likeCount } } }"
_CATALOGUE: Final = """query Catalogue {
  styles { id name }
  engines {
    id name pricePerImage
    constraints { maxCount maxPromptLength defaultSteps maxSteps defaultGuidance ratios { ratio width height } }
  }
}"""
_TYPES: Final = """query Types {
  __schema { types { kind name description fields { name type { kind name ofType { kind name } } } } }
}"""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who sends one of the requests, and which artwork they ask for where one is asked for."""

    user_id: UUID
    session_id: UUID
    artwork_id: UUID


@dataclass(frozen=True, slots=True)
class Query:
    """A document and what each asker sends with it."""

    name: str
    document: str
    operation: str
    variables: Callable[[Asker], dict[str, Any]]

    def content(self, asker: Asker) -> dict[str, Any]:
        """Return the request as GraphQL over HTTP names its parts."""
        document = " ".join(self.document.split())
        return {"query": document, "operationName": self.operation, "variables": self.variables(asker)}


def _feed(first: int) -> Query:
    text = CORE["feed"]
    document = text[text.index("query") :]
    return Query(f"feed{first}", document, "Feed", lambda _asker: {"kind": "LATEST", "first": first})


def _by_id(asker: Asker) -> dict[str, Any]:
    return {"id": f"artwork_{asker.artwork_id.hex}"}


QUERIES: Final = {
    query.name: query
    for query in (
        _feed(20),
        _feed(100),
        Query("point", _ARTWORK, "Artwork", _by_id),
        Query("node", CORE["one"][CORE["one"].index("query") :], "One", _by_id),
        Query("titles", _TITLES, "Titles", lambda _asker: {}),
        Query("catalogue", _CATALOGUE, "Catalogue", lambda _asker: {}),
        Query("types", _TYPES, "Types", lambda _asker: {}),
    )
}


def draw_askers(database_url: str) -> list[Asker]:
    """Return ``COUNT`` signed-in users, each once, with any artworks; the same ones in every run."""
    draw = random.Random(_SEED)  # noqa: S311 - a fixed sample
    with psycopg.connect(database_url) as connection:
        sessions = connection.execute("SELECT user_id, id FROM sessions ORDER BY id").fetchall()
        artworks = connection.execute("SELECT id FROM artworks ORDER BY id").fetchall()
    return [
        Asker(user_id, session_id, artwork_id)
        for (user_id, session_id), (artwork_id,) in zip(
            draw.sample(sessions, COUNT), draw.sample(artworks, COUNT), strict=True
        )
    ]


def post(query: Query, askers: Sequence[Asker], headers: Callable[[Asker], Mapping[str, str]]) -> list[bytes]:
    """Return a POST of the query for each asker."""
    return [_posted(query.content(asker), headers(asker)) for asker in askers]


def _posted(content: dict[str, Any], headers: Mapping[str, str]) -> bytes:
    body = json.dumps(content, separators=(",", ":")).encode()
    kept = {"content-type": "application/json", **headers, "content-length": str(len(body))}
    return _head("POST /graphql", kept) + body


def get(query: Query, asker: Asker, headers: Mapping[str, str]) -> bytes:
    """Return a GET of the query."""
    content = query.content(asker)
    parts = content | {"variables": json.dumps(content["variables"], separators=(",", ":"))}
    return _head(f"GET /graphql?{urlencode(parts)}", headers)


def _head(line: str, headers: Mapping[str, str]) -> bytes:
    lines = [f"{line} HTTP/1.1", "host: 127.0.0.1", "accept: application/json"]
    return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()
