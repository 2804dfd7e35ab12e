"""What is watched: the documents, and the event that is published to each, as Easel's log and as the peers take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from domain import streams
from domain.listing import EDGE_REMOVED
from domain.words import FeedKind
from graph_client import CORE
from schema.node import global_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from benchmarks.streams.people import Person

SEQUENCE: Final = 1_999_999_991
"""Stands for the number of an event in what is published."""
STAMP: Final = 1_999_999_992
"""Stands for the moment at which it is published."""
_CURSOR: Final = "WzIsImpvYjowMTllYTVjMi0wYzdiLTdmMzEtOWY0Yi0yZDdjNWYxZTgzYTYiLDE3OTUyNDY2MjIzMTcsMCwyMDAsIiJd"
_PREVIEW: Final = f"data:,{STAMP}"
_ARTWORK: Final = UUID(f"019ea5c2-0c7b-7f31-9f4b-2d{STAMP}")


@dataclass(frozen=True, slots=True)
class Operation:
    """A subscription, and what happens in it over and over."""

    document: str
    name: str
    event: bytes
    """Pattern of a message that tells the event: finds its sequence and its stamp."""
    stream: Callable[[Person], str]
    """Which of Easel's streams somebody watches."""
    channel: Callable[[Person], str]
    """Which channel, with other servers."""
    variables: Callable[[Person], dict[str, Any]]
    kind: str
    """What Easel's log is told: a kind, and data."""
    data: Mapping[str, Any]
    told: Mapping[str, Any]
    """What other servers are told: the value of the root, whose event has a number and a cursor already."""
    is_public: bool = False
    """Whether all watch the same, and nobody signs in."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What one client sends: who it is, where somebody asks, and what it watches."""

    authorization: str | None
    variables: Mapping[str, Any]


def _core_watch() -> str:
    """Return the core operation Watch, which here also asks whether the stream was resumed."""
    text = CORE["watch"]
    return text[text.index("subscription") :].replace("GenerationSnapshot {", "GenerationSnapshot { resumed")


def _bare(document: str) -> str:
    return " ".join(document.split())


def _job_stream(person: Person) -> str:
    return streams.of_job(person.job_id)


def _job_id(person: Person) -> str:
    return global_id("job", person.job_id)


def _job_variables(person: Person) -> dict[str, Any]:
    return {"jobId": _job_id(person)}


def _feed_stream(_person: Person) -> str:
    return streams.of_feed(FeedKind.LATEST)


def _feed_channel(_person: Person) -> str:
    return "feedEvents"


def _no_variables(_person: Person) -> dict[str, Any]:
    return {}


WATCH: Final = Operation(
    document=_bare(_core_watch()),
    name="Watch",
    event=rb'"sequence": ?(\d+),.*?"data:,(\d{10})"',
    stream=_job_stream,
    channel=_job_id,
    variables=_job_variables,
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
"""Somebody's own job; the picture of a step is the moment."""

LATEST: Final = Operation(
    document=_bare("""
        subscription Latest($after: Cursor) {
          feedEvents(kind: LATEST, after: $after) {
            __typename
            ... on StreamEvent { cursor sequence }
            ... on FeedSnapshot { resumed feed { edges { cursor node { id title } } } }
            ... on FeedEdgeAdded { edge { cursor node { id title } } }
            ... on FeedEdgeRemoved { nodeId }
          }
        }
    """),
    name="Latest",
    event=rb'"sequence": ?(\d+),.*?"artwork_\w{22}(\d{10})"',
    stream=_feed_stream,
    channel=_feed_channel,
    variables=_no_variables,
    kind=EDGE_REMOVED,
    data={"artwork": f"{_ARTWORK}"},
    told={
        "feedEvents": {
            "__typename": "FeedEdgeRemoved",
            "cursor": _CURSOR,
            "sequence": SEQUENCE,
            "nodeId": global_id("artwork", _ARTWORK),
        }
    },
    is_public=True,
)
"""The newest artworks, for everybody; the id of one that leaves ends with the moment."""
