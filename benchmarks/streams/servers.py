"""The servers whose streams are measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.streams.turns import Server
from benchmarks.streams.wires import ORIGIN, Channels, EaselLog, Emitters

if TYPE_CHECKING:
    from benchmarks.servers import Place
    from benchmarks.streams.people import Person

STRAWBERRY_MOST: float = 3_000
"""Deliveries a second of a server that executes each for itself."""


def easel(place: Place) -> Server:
    """Start Easel's API as ``make run`` does."""
    tokens = place.tokens()

    def authorization(person: Person) -> str:
        return f"Bearer {tokens.issue(person.user_id, person.session_id).text}"

    return Server("Easel", place.start_module("easel", "app", "api"), EaselLog(), authorize=authorization)


def peers(place: Place) -> list[Server]:
    """Start the others; they check neither tokens nor rates, and resume nothing."""
    return [
        Server("graphql-ws", place.start_peer("graphql_ws"), Channels(), ORIGIN),
        Server("Mercurius", place.start_peer("mercurius_streams"), Emitters(), ORIGIN),
        Server(
            "Strawberry", place.start_module("strawberry", "benchmarks.streams.hub"), Channels(), ORIGIN,
            most=STRAWBERRY_MOST,
        ),
    ]  # fmt: skip
