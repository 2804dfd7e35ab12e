"""Artworks and feeds."""

from typing import Annotated, Any

import strawberry

from domain import artworks
from domain.artworks import Publication
from domain.words import FeedKind
from planner import Ask, Row, connection, ref, to_one
from schema.artworks import (
    Artwork,
    FeedConnection,
    PublishArtworkInput,
    PublishArtworkResult,
    PublishArtworkSuccess,
    UnpublishArtworkInput,
    UnpublishArtworkResult,
    UnpublishArtworkSuccess,
)
from schema.context import Context, Info
from schema.node import read_key, required_key


def _in_feed(
    ask: Ask,
    artwork: Row,
    *,
    kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")] = FeedKind.LATEST,  # noqa: ARG001 - there is one
) -> Any:  # noqa: ANN401 - a condition
    return artworks.listed_for(artwork, ask.viewer)


def _with_id(
    _ask: Ask,
    artwork: Row,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the artwork.")],  # noqa: A002
) -> Any:  # noqa: ANN401 - a condition
    return artwork.id == read_key(id, "artwork")


@strawberry.type
class ArtworkQueries:
    """Root fields about artworks."""

    feed: FeedConnection = connection(
        "A feed of artworks: of those that are not the viewer's, the ones that suit their content preferences.",
        _in_feed,
        order=("-created_at", "-id"),
        seen=True,
        check=Context.require_good_token,
        told=lambda _ask, artwork, **_arguments: artworks.is_told(artwork),
    )
    artwork: Artwork | None = to_one(
        "An artwork; null where there is none that the viewer may see.", _with_id, check=Context.require_good_token
    )


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
        return PublishArtworkSuccess(artwork=ref(Artwork, id=artwork.id))

    @strawberry.mutation(description="Show an artwork to nobody but its author from now on. It leaves all feeds.")
    async def unpublish_artwork(
        self,
        info: Info,
        input: Annotated[UnpublishArtworkInput, strawberry.argument(description="Which artwork.")],  # noqa: A002
    ) -> UnpublishArtworkResult:
        """Show an artwork no more."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        async with info.context.services.db.write() as tx:
            await artworks.unpublish(tx, viewer_id, artwork_id)
        return UnpublishArtworkSuccess(artwork=ref(Artwork, id=artwork_id))
