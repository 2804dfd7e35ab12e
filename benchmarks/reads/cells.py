"""What is measured: which server answers which query, once their answers have been found to be the same."""

from __future__ import annotations

import json
import re
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from benchmarks.reads import peers
from benchmarks.reads.load import ask
from benchmarks.reads.requests import QUERIES, get, post
from benchmarks.reads.rounds import Cell
from benchmarks.servers import PUBLIC_URL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from benchmarks.reads.requests import Asker, Query
    from benchmarks.reads.servers import Place, Server

COMPARED: Final = 25
"""Requests of each query to which all servers must answer the same."""
OPAQUE: Final = {"cursor", "endCursor", "extensions"}
FLOOR: Final = ("feed20", "feed100", "point", "node")
BATCHED: Final = "Easel, 2 batch functions"
UNPLANNED: Final = ("catalogue", "types")


class DifferentAnswersError(Exception):
    """Two servers answer the same request with different data."""


def cells(place: Place, askers: Sequence[Asker], words: Sequence[str], *, with_peers: bool) -> list[Cell]:
    """Start the servers and return the cells whose name holds one of ``words``, all where there are none.

    Raises:
        DifferentAnswersError: what they answer is not the same.
    """
    offered = list(_offered(place, askers))
    if with_peers:
        offered += [
            (f"{peer} {query.name}", partial(_signed_in, peer, query, start, askers))
            for peer, query, start in peers.offered(place)
        ]
    chosen = [make() for name, make in offered if not words or any(word in name for word in words)]
    for cell in chosen:
        _compare(cell, next(each for each in chosen if each.query == cell.query))
    return chosen


def _offered(place: Place, askers: Sequence[Asker]) -> Iterator[tuple[str, Callable[[], Cell]]]:
    """Yield names and makers of all cells of ours; the first of a query is its reference.

    Cells that are compared follow one another, so that both meet the machine in the same state.
    """
    floor, plain, easel = (cache(start) for start in (place.floor, place.plain, place.easel))
    for peer, server, names in (("floor", floor, FLOOR), ("plain", plain, UNPLANNED)):
        for name in names:
            yield f"{peer} {name}", partial(_signed_in, peer, QUERIES[name], server, askers)
            yield f"Easel {name}", partial(_signed_in, "Easel", QUERIES[name], easel, askers)
    yield f"{BATCHED} feed20", partial(_signed_in, BATCHED, QUERIES["feed20"], cache(place.batched), askers)
    yield "floor anonymous", partial(_anonymous, "floor", floor, askers)
    yield "Easel anonymous", partial(_anonymous, "Easel", easel, askers)
    yield "Easel anonymous GET", partial(_anonymous_get, easel, askers)
    yield "Easel anonymous GET gzip", partial(_anonymous_gzip, easel, askers)
    yield "Easel anonymous GET 304", partial(_anonymous_not_modified, easel, askers)


def _signed_in(peer: str, query: Query, started: Callable[[], Server], askers: Sequence[Asker]) -> Cell:
    server = started()
    return Cell(peer, query.name, server, post(query, askers, server.sign_in))


def _anonymous(peer: str, started: Callable[[], Server], askers: Sequence[Asker]) -> Cell:
    requests = post(QUERIES["feed20"], askers[:1], lambda _asker: {})
    return Cell(peer, "anonymous", started(), requests, spins=peer == "Easel")


def _anonymous_get(started: Callable[[], Server], askers: Sequence[Asker]) -> Cell:
    return Cell("Easel", "anonymous GET", started(), [get(QUERIES["feed20"], askers[0], {})], spins=True)


def _anonymous_gzip(started: Callable[[], Server], askers: Sequence[Asker]) -> Cell:
    request = get(QUERIES["feed20"], askers[0], {"accept-encoding": "gzip"})
    return Cell("Easel", "anonymous GET gzip", started(), [request], spins=True)


def _anonymous_not_modified(started: Callable[[], Server], askers: Sequence[Asker]) -> Cell:
    """Return the cell of a page without pictures: their signed URLs change by the minute, and with them the ETag."""
    server = started()
    head, _ = ask(server.port, get(QUERIES["titles"], askers[0], {}))
    found = re.search(rb"(?i)\r\netag: *([^\r]+)", head)
    assert found, "an anonymous answer carries an ETag"
    request = get(QUERIES["titles"], askers[0], {"if-none-match": found[1].decode()})
    return Cell("Easel", "anonymous GET 304", server, [request], status=b"304", spins=True)


def _compare(cell: Cell, reference: Cell) -> None:
    if cell is reference:
        return
    for ours, theirs in zip(cell.requests[:COMPARED], reference.requests[:COMPARED], strict=True):
        bodies = (ask(cell.server.port, ours)[1], ask(reference.server.port, theirs)[1])
        answer, wanted = (_unsigned(json.loads(body)) for body in bodies)
        if answer != wanted:
            raise DifferentAnswersError(f"{cell.query}: {cell.peer} {answer!s:.900}\n{reference.peer} {wanted!s:.900}")


def _unsigned(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return JSON without what signs picture URLs, without cursors, which servers make as they like, and extensions."""
    if isinstance(value, dict):
        return {name: _unsigned(each) for name, each in value.items() if name not in OPAQUE}
    if isinstance(value, list):
        return [_unsigned(each) for each in value]
    return value.partition("?")[0] if isinstance(value, str) and value.startswith(PUBLIC_URL) else value
