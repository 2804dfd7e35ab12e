"""Reacting to artworks."""

from typing import Annotated

import strawberry

from domain import reactions
from planner import ref
from schema.artworks import Artwork
from schema.context import Info
from schema.node import required_key
from schema.reactions import SetReactionInput, SetReactionResult, SetReactionSuccess


@strawberry.type
class ReactionMutations:
    """Mutations about reactions."""

    @strawberry.mutation(description="Like an artwork, or no more. Done again, it changes nothing.")
    async def set_reaction(
        self,
        info: Info,
        input: Annotated[SetReactionInput, strawberry.argument(description="How, and to what.")],  # noqa: A002
    ) -> SetReactionResult:
        """React, or no more."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.subject_id, "subjectId")
        subject = reactions.Subject(artwork_id, input.kind)
        await info.context.services.db.write_together(reactions.set_reactions, subject, viewer_id, input.on)
        return SetReactionSuccess(artwork=ref(Artwork, id=artwork_id))
