"""Artworks in the graph, with their comments, and the feed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import ContentLevel, PromptVisibility, Visibility
from domain import artworks
from planner import Connection, Edge, column, connection, expression, planned, scalars, to_many, to_one
from schema.accounts import User
from schema.errors import InvalidInput, NotFound
from schema.media import MediaAsset
from schema.node import Node, identity


@strawberry.type(description="What somebody wrote under an artwork.")
@planned(tables.Comment, visible_to=lambda ask, comment: artworks.comment_visible_to(comment, ask.viewer))
class Comment(Node):
    """What somebody wrote under an artwork."""

    id: strawberry.ID = identity("comment")
    text: str = column("What they wrote.")
    created_at: datetime = column("When.")
    author: User = to_one("Who wrote it.", by="author_id")


@strawberry.type(description="A page of comments.")
class CommentConnection(Connection[Comment]):
    """A page of comments."""


@strawberry.type(description="One or several images that their author shows to others.")
@planned(tables.Artwork, visible_to=lambda ask, artwork: artworks.visible_to(artwork, ask.viewer))
class Artwork(Node):
    """Images that their author shows to others."""

    id: strawberry.ID = identity("artwork")
    title: str = column("Title.")
    description: str = column("What the author says of it.")
    visibility: Visibility = column("Who may see it.")
    style: str = column("Key of the style of its first image.")
    content_level: ContentLevel = column("For whom it is suitable: the highest level of its images.")
    like_count: int = column("How many like it.")
    comment_count: int = column("How many comments it has.")
    created_at: datetime = column("When it was published.")
    prompt: str | None = expression(
        "The prompt, where the author shows it; authors always see their own.",
        lambda ask, artwork: artworks.shown_prompt(artwork, ask.viewer),
    )
    viewer_has_liked: bool = expression(
        "Whether the viewer likes it; false for somebody who is not signed in.",
        lambda ask, artwork: artworks.is_liked_by(artwork, ask.viewer),
    )
    image: MediaAsset | None = to_one(
        "The image that feeds show: the first.",
        lambda _ask, artwork, asset, link: artworks.is_image_of(artwork, link, asset),
        through=tables.ArtworkImage,
        order=lambda _asset, link: [link.position],
        seen=True,
    )
    images: list[MediaAsset] = to_many(
        "All its images, in order; twenty at most.",
        lambda _ask, artwork, asset, link: artworks.is_image_of(artwork, link, asset),
        through=tables.ArtworkImage,
        order=lambda _asset, link: [link.position],
        limit=artworks.MAXIMUM_IMAGES,
        seen=True,
    )
    author: User = to_one("Who made it.", by="author_id")
    tags: list[str] = scalars(
        "Its tags, in the author's order, without `#`; twenty at most.", lambda _ask, artwork: artworks.tags_of(artwork)
    )
    comments: CommentConnection = connection(
        "Comments, newest first.",
        by="artwork_id",
        order=("-created_at", "-id"),
        count=lambda _ask, artwork: artwork.comment_count,
        seen=True,
    )


@strawberry.type(description="A page of artworks.")
class ArtworkConnection(Connection[Artwork]):
    """A page of artworks."""


@strawberry.type(description="An artwork in a feed.")
class FeedEdge(Edge[Artwork]):
    """An artwork in a feed."""


@strawberry.type(description="A page of a feed.")
class FeedConnection(Connection[Artwork]):
    """A page of a feed."""

    edges: Sequence[FeedEdge] = strawberry.field(description="The artworks with their cursors.")


@strawberry.input(description="What to publish.")
class PublishArtworkInput:
    """What to publish."""

    asset_ids: list[strawberry.ID] = strawberry.field(description="1 to 20 of the viewer's own READY images, in order.")
    title: str = strawberry.field(description="1 to 100 characters.")
    description: str = strawberry.field(default="", description="At most 2000 characters.")
    tags: list[str] = strawberry.field(default_factory=list, description="At most 20 words, with or without `#`.")
    visibility: Visibility = strawberry.field(default=Visibility.PUBLIC, description="Who may see it.")
    prompt_visibility: PromptVisibility = strawberry.field(
        default=PromptVisibility.PUBLIC, description="Whether others may read the prompt."
    )


@strawberry.type(description="The artwork as others see it now.")
class PublishArtworkSuccess:
    """The artwork is published."""

    artwork: Artwork = strawberry.field(description="The artwork.")


@strawberry.input(description="Which artwork to show no more.")
class UnpublishArtworkInput:
    """Which artwork to show no more."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's artworks.")


@strawberry.type(description="Nobody but its author sees the artwork any more.")
class UnpublishArtworkSuccess:
    """The artwork is shown no more."""

    artwork: Artwork = strawberry.field(description="The artwork, PRIVATE now.")


UnpublishArtworkResult = Annotated[
    UnpublishArtworkSuccess | NotFound,
    strawberry.union("UnpublishArtworkResult", description="Result of `unpublishArtwork`."),
]
PublishArtworkResult = Annotated[
    PublishArtworkSuccess | InvalidInput | NotFound,
    strawberry.union("PublishArtworkResult", description="Result of `publishArtwork`."),
]
