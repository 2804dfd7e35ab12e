"""Reacting to artworks in the graph."""

from typing import Annotated

import strawberry

from db.words import ReactionKind
from schema.artworks import Artwork
from schema.errors import NotFound


@strawberry.input(description="How to react to what.")
class SetReactionInput:
    """How to react to what."""

    subject_id: strawberry.ID = strawberry.field(description="Id of an artwork that the viewer may see.")
    kind: ReactionKind = strawberry.field(default=ReactionKind.LIKE, description="How.")
    on: bool = strawberry.field(description="Whether the viewer shall react so.")


@strawberry.type(description="The viewer reacts so, or does not.")
class SetReactionSuccess:
    """The viewer reacts so, or does not."""

    artwork: Artwork = strawberry.field(
        description="The artwork. While many like it at the same time, its `likeCount` may follow two seconds later."
    )


SetReactionResult = Annotated[
    SetReactionSuccess | NotFound,
    strawberry.union("SetReactionResult", description="Result of `setReaction`."),
]
