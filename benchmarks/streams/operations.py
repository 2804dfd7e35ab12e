"""What is watched: the documents, and the event that is published to each, as Easel's log and as the peers take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from graph_client import CORE

if TYPE_CHECKING:
    from collections.abc import Mapping

SEQUENCE: Final = 1_999_999_991
"""Stands for the number of an event in what is published."""
STAMP: Final = 1_999_999_992
"""Stands for the moment at which it is published."""
_CURSOR: Final = "WzIsImpvYjowMTllYTVjMi0wYzdiLTdmMzEtOWY0Yi0yZDdjNWYxZTgzYTYiLDE3OTUyNDY2MjIzMTcsMCwyMDAsIiJd"
_PREVIEW: Final = f"data:,{STAMP}"


@dataclass(frozen=True, slots=True)
class Operation:
    """A subscription, and what happens in it over and over."""

    document: str
    name: str
    event: bytes
    """Pattern of a message that tells the event: finds its sequence and its stamp."""
    kind: str
    """What Easel's log is told: a kind, and data."""
    data: Mapping[str, Any]
    told: Mapping[str, Any]
    """What other servers are told: the value of the root, whose event has a number and a cursor already."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What one client sends: who it is, where somebody asks, and what it watches."""

    authorization: str | None
    variables: Mapping[str, Any]


def _bare(document: str) -> str:
    return " ".join(document[document.index("subscription") :].split())


WATCH: Final = Operation(
    document=_bare(CORE["watch"]),
    name="Watch",
    event=rb'"sequence": ?(\d+),.*?"data:,(\d{10})"',
    kind="progress",
    data={"slot": 0, "step": 4, "total": 20, "preview": _PREVIEW},
    told={
        "generationJobEvents": {
            "__typename": "GenerationProgress",
            "cursor": _CURSOR,
            "sequence": SEQUENCE,
            "slotIndex": 0,
            "step": 4,
            "totalSteps": 20,
            "preview": _PREVIEW,
        }
    },
)
"""The core operation Watch; the picture of a step is the moment."""
