"""Artworks in the graph, with their comments, and the feed."""

from datetime import datetime
from typing import Annotated

import strawberry

from db import tables
from db.words import PromptVisibility, Visibility
from domain import artworks
from schema.accounts import User
from schema.connections import After, Connection, First, PageInfo, counted, keyset
from schema.context import Info
from schema.errors import InvalidInput, NotFound
from schema.media import MediaAsset
from schema.node import Node, global_id
from schema.scalars import Cursor


@strawberry.type(description="What somebody wrote under an artwork.")
class Comment(Node):
    """What somebody wrote under an artwork."""

    row: strawberry.Private[tables.Comment]
    text: str = strawberry.field(description="What they wrote.")
    created_at: datetime = strawberry.field(description="When.")

    @classmethod
    def of(cls, row: tables.Comment) -> "Comment":
        """Return the object of a row."""
        return cls(id=global_id("comment", row.id), row=row, text=row.text, created_at=row.created_at)

    @strawberry.field(description="Who wrote it.")
    async def author(self, info: Info) -> User:
        """Return the author."""
        return await _author(info, self.row)


@strawberry.type(description="A page of comments.")
class CommentConnection(Connection[Comment]):
    """A page of comments."""


@strawberry.type(description="One or several images that their author shows to others.")
class Artwork(Node):
    """Images that their author shows to others."""

    row: strawberry.Private[tables.Artwork]
    title: str = strawberry.field(description="Title.")
    description: str = strawberry.field(description="What the author says of it.")
    visibility: Visibility = strawberry.field(description="Who may see it.")
    style: str = strawberry.field(description="Key of the style of its first image.")
    like_count: int = strawberry.field(description="How many like it.")
    comment_count: int = strawberry.field(description="How many comments it has.")
    created_at: datetime = strawberry.field(description="When it was published.")

    @classmethod
    def of(cls, row: tables.Artwork) -> "Artwork":
        """Return the object of a row."""
        return cls(
            id=global_id("artwork", row.id),
            row=row,
            title=row.title,
            description=row.description,
            visibility=row.visibility,
            style=row.style,
            like_count=row.like_count,
            comment_count=row.comment_count,
            created_at=row.created_at,
        )

    @strawberry.field(description="The prompt, where the author shows it; authors always see their own.")
    def prompt(self, info: Info) -> str | None:
        """Return the prompt."""
        is_shown = self.row.prompt_visibility is PromptVisibility.PUBLIC
        return self.row.prompt if is_shown or self.row.author_id == info.context.viewer_id else None

    @strawberry.field(description="Whether the viewer likes it; false for somebody who is not signed in.")
    async def viewer_has_liked(self, info: Info) -> bool:
        """Return whether the viewer likes it."""
        return await info.context.loaders.likes.get(self.row.id) or False

    @strawberry.field(description="The image that feeds show: the first.")
    async def image(self, info: Info) -> MediaAsset | None:
        """Return the first image."""
        return next(iter(await self.images(info)), None)

    @strawberry.field(description="All its images, in order; twenty at most.")
    async def images(self, info: Info) -> list[MediaAsset]:
        """Return the images."""
        return [MediaAsset.of(row) for row in await info.context.loaders.artwork_images.get(self.row.id) or ()]

    @strawberry.field(description="Who made it.")
    async def author(self, info: Info) -> User:
        """Return the author."""
        return await _author(info, self.row)

    @strawberry.field(description="Its tags, in the author's order, without `#`; twenty at most.")
    async def tags(self, info: Info) -> list[str]:
        """Return the tags."""
        return await info.context.loaders.artwork_tags.get(self.row.id) or []

    @strawberry.field(description="Comments, newest first.")
    async def comments(self, info: Info, first: First = None, after: After = None) -> CommentConnection:
        """Return a page of comments."""
        page = keyset(f"comments:{self.row.id}", first, after)
        rows = await info.context.loaders.comments(page.after, page.limit).get(self.row.id) or []
        return CommentConnection(**page.page(rows, Comment.of, self.row.comment_count))


@strawberry.type(description="A page of artworks.")
class ArtworkConnection(Connection[Artwork]):
    """A page of artworks."""


@strawberry.type(description="An artwork in a feed.")
class FeedEdge:
    """An artwork in a feed."""

    cursor: Cursor = strawberry.field(description="Cursor of this artwork in this feed.")
    node: Artwork = strawberry.field(description="The artwork.")


@strawberry.type(description="A page of a feed.")
class FeedConnection:
    """A page of a feed."""

    edges: list[FeedEdge] = strawberry.field(description="The artworks with their cursors.")
    nodes: list[Artwork] = strawberry.field(description="The artworks alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")

    @strawberry.field(description="How many artworks the feed has; 10001 stands for more than 10000.")
    async def total_count(self, info: Info) -> int | None:
        """Return the count, made only now."""
        return await counted(info, artworks.count_public)


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


PublishArtworkResult = Annotated[
    PublishArtworkSuccess | InvalidInput | NotFound,
    strawberry.union("PublishArtworkResult", description="Result of `publishArtwork`."),
]


async def _author(info: Info, row: tables.Artwork | tables.Comment) -> User:
    author = await info.context.loaders.users.get(row.author_id)
    assert author, "a row's author is there as long as the row is"
    return User.of(author)
