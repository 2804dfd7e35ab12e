"""Tags in the graph."""

from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from domain import feeds, follows, trends
from planner import Connection, column, connection, expression, planned, to_many
from schema.node import Node, identity

if TYPE_CHECKING:
    from schema.artworks import ArtworkConnection


@strawberry.type(description="A tag of artworks.")
@planned(tables.Tag, visible_to=lambda ask, tag: follows.tag_visible_to(tag, ask.viewer))
class Tag(Node):
    """A tag of artworks."""

    id: strawberry.ID = identity("tag")
    name: str = column("The tag as it is compared: NFKC, in lower case, without `#`.")
    artwork_count: int = column("How many public artworks have it.")
    follower_count: int = column("How many follow it.")
    viewer_follows: bool = expression(
        "Whether the viewer follows it; false for somebody who is not signed in.",
        lambda ask, tag: follows.follows_tag(tag, ask.viewer),
    )
    viewer_hides: bool = expression(
        "Whether the viewer wants to see no artworks with it in feeds.",
        lambda ask, tag: follows.hides_tag(tag, ask.viewer),
    )
    artworks: Annotated["ArtworkConnection", strawberry.lazy("schema.artworks")] = connection(
        "Public artworks that have it, newest first: what the TAG feed shows the viewer.",
        lambda ask, tag, artwork, link: feeds.is_tagged(artwork, link, tag, ask.viewer),
        through=feeds.listings(),
        order=("-link.listed_at", "-link.artwork_id"),
        seen=True,
    )
    related: list["Tag"] = to_many(
        "Tags that its newest artworks have as well, those first that go with it best; ten at most.",
        rows=lambda ask, tag: trends.related(tag, ask.viewer),
        order=lambda tag: [tag.affinity.desc(), tag.id],
        limit=trends.MAXIMUM_RELATED,
        seen=True,
    )


@strawberry.type(description="A page of tags.")
class TagConnection(Connection[Tag]):
    """A page of tags."""
