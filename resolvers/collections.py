"""Collections: keeping artworks, under a title or as bookmarks."""

from typing import Annotated

import strawberry

from domain import attempts, collections
from domain.collections import PER_USER, Draft
from planner import ref
from resolvers.guarding import saying
from schema.accounts import Viewer
from schema.artworks import Artwork
from schema.collections import (
    Collection,
    DeleteCollectionInput,
    DeleteCollectionResult,
    DeleteCollectionSuccess,
    SetCollectedInput,
    SetCollectedResult,
    SetCollectedSuccess,
    UpsertCollectionInput,
    UpsertCollectionResult,
    UpsertCollectionSuccess,
)
from schema.context import Info
from schema.node import global_id, required_key


@strawberry.type
class CollectionMutations:
    """Mutations about collections."""

    @strawberry.mutation(
        description="Make a collection, or change one of the viewer's. 200 at most, 60 changes in 5 minutes."
    )
    async def upsert_collection(
        self,
        info: Info,
        input: Annotated[UpsertCollectionInput, strawberry.argument(description="What it shall be.")],  # noqa: A002
    ) -> UpsertCollectionResult:
        """Save a collection."""
        viewer_id, services = info.context.required_viewer_id, info.context.services
        key = required_key("collection", input.id, "id") if input.id is not None else None
        draft = collections.checked(Draft(input.title, input.description, input.visibility))
        await attempts.count(services.limiter, "collection", str(viewer_id), PER_USER)
        saved = await saying(info, lambda tx, passed: collections.save(tx, viewer_id, key, draft, passed))
        return UpsertCollectionSuccess(collection=ref(Collection, id=saved))

    @strawberry.mutation(description="Delete one of the viewer's collections. No artwork is deleted.")
    async def delete_collection(
        self,
        info: Info,
        input: Annotated[DeleteCollectionInput, strawberry.argument(description="Which collection.")],  # noqa: A002
    ) -> DeleteCollectionResult:
        """Delete a collection."""
        viewer_id = info.context.required_viewer_id
        key = required_key("collection", input.collection_id, "collectionId")
        async with info.context.services.db.write() as tx:
            await collections.remove(tx, viewer_id, key)
        return DeleteCollectionSuccess(deleted_id=global_id("collection", key), viewer=ref(Viewer, id=viewer_id))

    @strawberry.mutation(
        description="Put an artwork into a collection, the viewer's bookmarks by default, or take it out. A collection "
        "holds 5,000 artworks."
    )
    async def set_collected(
        self,
        info: Info,
        input: Annotated[SetCollectedInput, strawberry.argument(description="Which artwork.")],  # noqa: A002
    ) -> SetCollectedResult:
        """Keep an artwork."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        chosen = (
            required_key("collection", input.collection_id, "collectionId") if input.collection_id is not None else None
        )
        async with info.context.services.db.write() as tx:
            key = await collections.set_collected(tx, viewer_id, artwork_id, chosen, on=input.on)
        return SetCollectedSuccess(artwork=ref(Artwork, id=artwork_id), collection=ref(Collection, id=key))
