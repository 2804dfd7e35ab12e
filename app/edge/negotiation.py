"""What a client would rather have: media type, encoding and language, by weights (RFC 9110, 12.5).

Headers repeat, so that what they come to is remembered by their text.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from domain.messages import Language

STREAM_PATH: Final = "/graphql/stream"
"""Where every answer is a stream of server-sent events, whatever is accepted."""
JSON: Final = "application/json"
GRAPHQL_RESPONSE: Final = "application/graphql-response+json"
Encoding = Literal["identity", "zstd", "gzip"]
_REMEMBERED: Final = 512
"""Headers of each kind: a few hundred browsers in as many languages."""


class Medium(Enum):
    """How an answer is sent."""

    JSON = JSON
    GRAPHQL_RESPONSE = GRAPHQL_RESPONSE
    EVENTS = "text/event-stream"
    MULTIPART = "multipart/mixed"

    @property
    def is_stream(self) -> bool:
        """Whether an answer has parts that follow each other."""
        return self in {Medium.EVENTS, Medium.MULTIPART}


_BY_RANGE: Final = {
    "*/*": (Medium.JSON, Medium.GRAPHQL_RESPONSE),
    "application/*": (Medium.JSON, Medium.GRAPHQL_RESPONSE),
    JSON: (Medium.JSON,),
    GRAPHQL_RESPONSE: (Medium.GRAPHQL_RESPONSE,),
    "text/event-stream": (Medium.EVENTS,),
    # without subscriptionSpec it is asked for by clients of @defer, who read a plain answer all the same
    "multipart/mixed": (Medium.JSON, Medium.GRAPHQL_RESPONSE),
}
"""What a range may stand for, the first that is not refused. Old clients ask for ``*/*`` and read plain JSON."""


def medium_for(path: str, accept: bytes) -> Medium | None:
    """Return how a request to one of the GraphQL paths is answered, None where nothing that we have is accepted."""
    return Medium.EVENTS if path == STREAM_PATH else medium_of(accept)


@lru_cache(_REMEMBERED)
def medium_of(accept: bytes) -> Medium | None:
    """Return what an ``Accept`` header likes best of all that we can send, None where that is nothing.

    Of equal weights the first one counts. Streams are chosen only by clients that prefer them: many name
    ``text/event-stream`` among all that they can read.
    """
    ranges = weighted(accept)
    refused = {medium for entry, weight in ranges if weight <= 0 for medium in _BY_RANGE.get(_bare(entry), ())[:1]}
    best: tuple[float, Medium | None] = (0.0, None)
    for entry, weight in ranges or [("*/*", 1.0)]:
        candidates = [medium for medium in _media(entry) if medium not in refused]
        if candidates and weight > best[0]:
            best = (weight, candidates[0])
    return best[1]


def refusal_type(accept: bytes) -> str:
    """Return the media type of a refusal, which is told also to clients that accept neither of them."""
    return GRAPHQL_RESPONSE if medium_of(accept) is Medium.GRAPHQL_RESPONSE else JSON


@lru_cache(_REMEMBERED)
def encoding_of(accept_encoding: bytes) -> Encoding:
    """Return which of our encodings an ``Accept-Encoding`` header likes best; of equal weights zstd, then gzip."""
    weights = dict(weighted(accept_encoding))
    others = weights.get("*", 0.0)
    zstd, gzip = weights.get("zstd", others), weights.get("gzip", others)
    least = weights.get("identity", 0.0)
    if zstd > 0 and zstd >= max(gzip, least):
        return "zstd"
    return "gzip" if gzip > 0 and gzip >= least else "identity"


@lru_cache(_REMEMBERED)
def language_of(accept_language: bytes) -> Language:
    """Return which of our languages an ``Accept-Language`` header prefers; English where it names none of them."""
    ranges = [(_bare(entry).partition("-")[0], weight) for entry, weight in weighted(accept_language)]
    ours = [(language, weight) for language, weight in ranges if language in {"ko", "en", "*"} and weight > 0]
    return "ko" if max(ours, key=lambda entry: entry[1], default=("en", 0.0))[0] == "ko" else "en"


def weighted(header: bytes) -> list[tuple[str, float]]:
    """Return the entries of a header like ``Accept`` with their weights, in lower case and in order."""
    entries = []
    for entry in header.decode("latin-1").lower().split(","):
        value, *parameters = (part.strip() for part in entry.split(";"))
        weight, kept = 1.0, [value]
        for parameter in parameters:
            name, _, number = parameter.partition("=")
            if name.strip() == "q":
                with suppress(ValueError):
                    weight = float(number)
            elif name:
                kept.append(parameter.replace(" ", ""))
        if value:
            entries.append((";".join(kept), weight))
    return entries


def _media(entry: str) -> Iterable[Medium]:
    if _bare(entry) == "multipart/mixed" and "subscriptionspec=1.0" in entry.replace('"', ""):
        return (Medium.MULTIPART,)
    return _BY_RANGE.get(_bare(entry), ())


def _bare(entry: str) -> str:
    return entry.partition(";")[0]
