"""Other GraphQL servers over the same rows: Mercurius with JIT and loaders, PostGraphile 5; see ``benchmarks/peers``.

They run on the Node that their ``package.json`` brings along; ``npm ci`` installs them where they are missing.
"""

from __future__ import annotations

import os
import subprocess
from functools import cache, partial
from typing import TYPE_CHECKING, Final

import psycopg
from graphql import parse, print_ast

from benchmarks import ROOT
from benchmarks.reads.requests import QUERIES, Query
from benchmarks.reads.servers import PUBLIC_URL, Server, by_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.reads.servers import Place

_FOLDER: Final = ROOT / "benchmarks" / "peers"
_MODULES: Final = _FOLDER / "node_modules"


def offered(place: Place) -> Iterator[tuple[str, Query, Callable[[], Server]]]:
    """Yield each peer's name with each query that it answers, and what starts it once."""
    mercurius = cache(partial(_start, place, "mercurius"))
    postgraphile = cache(partial(_start_postgraphile, place))
    for name in ("feed20", "feed100", "point"):
        yield "Mercurius", QUERIES[name], mercurius
        yield "PostGraphile", _of_postgraphile()[name], postgraphile


def _start(place: Place, name: str) -> Server:
    if not _MODULES.exists():
        subprocess.run(["npm", "ci"], cwd=_FOLDER, check=True)
    environment = {
        "PATH": os.environ["PATH"],
        "NODE_ENV": "production",
        "DATABASE_URL": place.database_url,
        "PUBLIC_URL": PUBLIC_URL,
    }
    argv = (str(_MODULES / "node" / "bin" / "node"), str(_FOLDER / f"{name}.js"))
    return place.start(name, argv, environment, by_header)


def _start_postgraphile(place: Place) -> Server:
    statements = (_FOLDER / "peers.sql").read_text().replace("{media}", f"{PUBLIC_URL}/media/assets/")
    with psycopg.connect(place.database_url, autocommit=True) as connection:
        connection.execute(statements.encode())
    return _start(place, "postgraphile")


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
