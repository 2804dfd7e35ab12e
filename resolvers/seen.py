"""Telling what the viewer was shown."""

from typing import Annotated

import strawberry

from domain import seen
from planner import ref
from schema.accounts import Viewer
from schema.context import Info
from schema.node import required_key
from schema.seen import NoteSeenInput, NoteSeenResult, NoteSeenSuccess


@strawberry.type
class SeenMutations:
    """Mutations about what was seen."""

    @strawberry.mutation(
        description="Tell that the viewer was shown artworks, so that they are not recommended again; the newest 5,000 "
        "are remembered."
    )
    async def note_seen(
        self,
        info: Info,
        input: Annotated[NoteSeenInput, strawberry.argument(description="Which artworks.")],  # noqa: A002
    ) -> NoteSeenResult:
        """Note what was seen."""
        viewer_id = info.context.required_viewer_id
        ids = [required_key("artwork", each, "artworkIds", str(index)) for index, each in enumerate(input.artwork_ids)]
        async with info.context.services.db.write() as tx:
            await seen.note(tx, viewer_id, ids)
        return NoteSeenSuccess(viewer=ref(Viewer, id=viewer_id))
