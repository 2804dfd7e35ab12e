"""Feeds in the graph: what stands in them and why, and what they are asked for with."""

from collections.abc import Sequence
from typing import Any, Final

import strawberry
from sqlalchemy import Text

from domain import feeds, hashtags
from domain.texts import findable
from domain.words import FeedReasonKind
from planner import Connection, Edge, expression, newer, part, planned, to_one
from schema.accounts import User
from schema.artworks import Artwork
from schema.node import read_key


def read_filter(given: Any) -> feeds.Filter:  # noqa: ANN401 - the argument `filter`, as SQL is written with it
    """Return what a feed is asked for with; None of it where no filter is given."""
    if given is None:
        return feeds.Filter()
    return feeds.Filter(
        tag=given.tag and given.tag.read(_tag_name, Text()),
        style=given.style and given.style.read(findable, Text()),
        author_id=given.author_id and read_key(given.author_id, "user"),
    )


def _tag_name(text: str) -> str | None:
    return hashtags.plain_tag(text)


COUNTED: Final = 100
"""Where counting what is newer stops."""


@strawberry.type(description="Why an artwork is in a feed.")
@planned()
class FeedReason:
    """Why an artwork is in a feed."""

    kind: FeedReasonKind = expression(
        "Which reason.", lambda ask, artwork: feeds.reason_of(artwork, ask.viewer, ask.asked["kind"])
    )
    author: User | None = to_one(
        "Whom the viewer follows; where that is the reason.",
        lambda ask, artwork, user: feeds.is_reason(artwork, user, ask.viewer, ask.asked["kind"]),
        unique=True,
    )
    artwork: Artwork | None = to_one(
        "What the viewer likes; where that is the reason.",
        lambda ask, artwork, liked: feeds.is_reason_artwork(artwork, liked, ask.viewer, ask.asked["kind"]),
        unique=True,
    )
    tag: str | None = expression(
        "The tag, where one is the reason: that of the feed, or the artwork's first that the viewer follows.",
        lambda ask, artwork: feeds.reason_tag(
            artwork, ask.viewer, ask.asked["kind"], read_filter(ask.asked["filter"]).tag
        ),
    )


@strawberry.type(description="An artwork in a feed.")
class FeedEdge(Edge[Artwork]):
    """An artwork in a feed."""

    reason: FeedReason = part("Why it is here.")


@strawberry.type(description="A page of a feed.")
class FeedConnection(Connection[Artwork]):
    """A page of a feed."""

    edges: Sequence[FeedEdge] = strawberry.field(description="The artworks with their cursors.")
    newer_count: int = newer(
        f"How many artworks stand before a cursor by now, such as before the first that a reader has; {COUNTED} stands "
        f"for {COUNTED} or more.",
        COUNTED,
    )


@strawberry.input(description="Of which artworks a feed is. Each kind of feed takes what its description names.")
class FeedFilter:
    """Of which artworks a feed is."""

    tag: str | None = strawberry.field(
        default=None, description="Those with this tag, with or without `#`; for TAG, which needs it."
    )
    style: str | None = strawberry.field(default=None, description="Those of this style, by its key; for LATEST.")
    author_id: strawberry.ID | None = strawberry.field(
        default=None, description="Those of this user, by their id; for LATEST."
    )
