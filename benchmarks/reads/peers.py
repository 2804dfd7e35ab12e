"""Other GraphQL servers over the same rows: Mercurius with JIT and loaders, PostGraphile 5 (``benchmarks/peers``)."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import psycopg
from graphql import parse, print_ast

from benchmarks import ROOT
from benchmarks.reads.requests import QUERIES, Query
from benchmarks.servers import PUBLIC_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.reads.servers import Place, Server

_FOLDER: Final = ROOT / "benchmarks" / "peers"


def offered(place: Place) -> Iterator[tuple[str, Query, Callable[[], Server]]]:
    """Yield each peer's name with each query that it answers, and what starts it once."""
    mercurius = cache(partial(place.peer, "mercurius"))
    postgraphile = cache(partial(_start_postgraphile, place))
    for name in ("feed20", "feed100", "point"):
        yield "Mercurius", QUERIES[name], mercurius
        yield "PostGraphile", _of_postgraphile()[name], postgraphile


def _start_postgraphile(place: Place) -> Server:
    statements = (_FOLDER / "peers.sql").read_text().replace("{media}", f"{PUBLIC_URL}/media/assets/")
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        connection.execute(statements.encode())
    return place.peer("postgraphile")


@cache
def _of_postgraphile() -> dict[str, Query]:
    """Return its own documents: same answers but for cursors, with its names for types, roots and order."""
    document = parse((_FOLDER / "postgraphile.graphql").read_text())
    feed, artwork = (print_ast(definition) for definition in document.definitions)
    return {
        "feed20": Query("feed20", feed, "Feed", lambda _asker: {"first": 20}),
        "feed100": Query("feed100", feed, "Feed", lambda _asker: {"first": 100}),
        "point": Query("point", artwork, "Artwork", lambda asker: {"id": str(asker.artwork_id)}),
    }
