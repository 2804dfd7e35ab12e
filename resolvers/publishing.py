"""Publishing: what authors show, change, take back and delete."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

import strawberry

from domain import publishing
from domain.publishing import Changes, Publication
from planner import ref
from resolvers.guarding import saying
from schema.accounts import User
from schema.artworks import Artwork
from schema.context import Info
from schema.node import global_id, required_key
from schema.publishing import (
    DeleteArtworkInput,
    DeleteArtworkResult,
    DeleteArtworkSuccess,
    PublishArtworkInput,
    PublishArtworkResult,
    PublishArtworkSuccess,
    UnpublishArtworkInput,
    UnpublishArtworkResult,
    UnpublishArtworkSuccess,
    UpdateArtworkInput,
    UpdateArtworkResult,
    UpdateArtworkSuccess,
)


def _assets(ids: Iterable[str]) -> tuple[UUID, ...]:
    return tuple(required_key("asset", text, "assetIds", str(index)) for index, text in enumerate(ids))


@strawberry.type
class PublishingMutations:
    """Mutations about one's own artworks."""

    @strawberry.mutation(description="Show one's own images to others.")
    async def publish_artwork(
        self,
        info: Info,
        input: Annotated[PublishArtworkInput, strawberry.argument(description="What to publish.")],  # noqa: A002
    ) -> PublishArtworkResult:
        """Publish an artwork."""
        viewer_id = info.context.required_viewer_id
        publication = Publication(
            asset_ids=_assets(input.asset_ids),
            title=input.title,
            description=input.description,
            tags=tuple(input.tags),
            visibility=input.visibility,
            prompt_visibility=input.prompt_visibility,
            license=input.license,
            remix_of_id=required_key("artwork", input.remix_of, "remixOf") if input.remix_of is not None else None,
        )
        key = input.idempotency_key
        artwork_id = await saying(info, lambda tx, passed: publishing.publish(tx, viewer_id, publication, key, passed))
        return PublishArtworkSuccess(artwork=ref(Artwork, id=artwork_id))

    @strawberry.mutation(description="Change one's own artwork: words, tags, licence, images, and who may see it.")
    async def update_artwork(
        self,
        info: Info,
        input: Annotated[UpdateArtworkInput, strawberry.argument(description="What to change.")],  # noqa: A002
    ) -> UpdateArtworkResult:
        """Change an artwork."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        changes = Changes(
            asset_ids=None if input.asset_ids is None else _assets(input.asset_ids),
            title=input.title,
            description=input.description,
            tags=None if input.tags is None else tuple(input.tags),
            visibility=input.visibility,
            prompt_visibility=input.prompt_visibility,
            license=input.license,
        )
        await saying(info, lambda tx, passed: publishing.update(tx, viewer_id, artwork_id, changes, passed))
        return UpdateArtworkSuccess(artwork=ref(Artwork, id=artwork_id))

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
            await publishing.unpublish(tx, viewer_id, artwork_id)
        return UnpublishArtworkSuccess(artwork=ref(Artwork, id=artwork_id))

    @strawberry.mutation(description="Delete one's own artwork for good, with its comments and likes.")
    async def delete_artwork(
        self,
        info: Info,
        input: Annotated[DeleteArtworkInput, strawberry.argument(description="Which artwork.")],  # noqa: A002
    ) -> DeleteArtworkResult:
        """Delete an artwork."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        async with info.context.services.db.write() as tx:
            await publishing.delete(tx, viewer_id, artwork_id)
        return DeleteArtworkSuccess(deleted_id=global_id("artwork", artwork_id), author=ref(User, id=viewer_id))
