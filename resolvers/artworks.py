"""Artworks and feeds."""

from typing import Annotated

import strawberry

from domain import artworks
from domain.artworks import Publication
from domain.words import FeedKind
from schema.artworks import (
    Artwork,
    FeedConnection,
    FeedEdge,
    PublishArtworkInput,
    PublishArtworkResult,
    PublishArtworkSuccess,
)
from schema.connections import After, First, keyset
from schema.context import Info
from schema.node import key_of, required_key


@strawberry.type
class ArtworkQueries:
    """Root fields about artworks."""

    @strawberry.field(description="A feed of artworks.")
    async def feed(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")] = FeedKind.LATEST,
        first: First = None,
        after: After = None,
    ) -> FeedConnection:
        """Return a page of a feed."""
        info.context.require_good_token()
        page = keyset(f"feed:{kind}", first, after)
        async with info.context.services.db.read() as tx:
            rows = await artworks.latest(tx, page.after, page.limit)
        parts = page.page(rows, Artwork.of, artworks.count_public)
        edges = [FeedEdge(cursor=edge.cursor, node=edge.node) for edge in parts["edges"]]
        return FeedConnection(edges=edges, nodes=parts["nodes"], page_info=parts["page_info"])

    @strawberry.field(description="An artwork; null where there is none that the viewer may see.")
    async def artwork(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of the artwork.")],  # noqa: A002
    ) -> Artwork | None:
        """Return an artwork."""
        key = key_of("artwork", id)
        row = await info.context.loaders.artworks.get(key) if key else None
        return Artwork.of(row) if row else None


@strawberry.type
class ArtworkMutations:
    """Mutations about artworks."""

    @strawberry.mutation(description="Show one's own images to others.")
    async def publish_artwork(
        self,
        info: Info,
        input: Annotated[PublishArtworkInput, strawberry.argument(description="What to publish.")],  # noqa: A002
    ) -> PublishArtworkResult:
        """Publish an artwork."""
        viewer_id = info.context.required_viewer_id
        publication = Publication(
            asset_ids=tuple(
                required_key("asset", text, "assetIds", str(index)) for index, text in enumerate(input.asset_ids)
            ),
            title=input.title,
            description=input.description,
            tags=tuple(input.tags),
            visibility=input.visibility,
            prompt_visibility=input.prompt_visibility,
        )
        async with info.context.services.db.write() as tx:
            artwork = await artworks.publish(tx, viewer_id, publication)
        return PublishArtworkSuccess(artwork=Artwork.of(artwork))
