"""What the watchers of an artwork are told."""

from typing import Annotated

import strawberry

from schema.artworks import Artwork
from schema.comments import Comment
from schema.stream_events import StreamEvent

_ARTWORK = "The artwork as it is now; null where the viewer may not see it any more."


@strawberry.type(description="The artwork as it is now; the first message. Later events are changes to it.")
class ArtworkSnapshot(StreamEvent):
    """The artwork as it is now."""

    artwork: Artwork | None = strawberry.field(description=_ARTWORK)
    resumed: bool = strawberry.field(
        description="Whether all events after the `after` that was given follow. False where the stream starts over."
    )


@strawberry.type(description="Other people like it than before. Many likes at once are told together.")
class ArtworkLikesChanged(StreamEvent):
    """Other people like it than before."""

    artwork: Artwork | None = strawberry.field(description=_ARTWORK)


@strawberry.type(description="Somebody has commented, or answered.")
class ArtworkCommentAdded(StreamEvent):
    """Somebody has commented."""

    artwork: Artwork | None = strawberry.field(description=_ARTWORK)
    comment: Comment | None = strawberry.field(
        description="The comment; null where the viewer may not see it, or it was deleted already."
    )


@strawberry.type(description="A comment was written anew, pinned, or is pinned no more.")
class ArtworkCommentChanged(StreamEvent):
    """A comment has changed."""

    artwork: Artwork | None = strawberry.field(description=_ARTWORK)
    comment: Comment | None = strawberry.field(
        description="The comment as it is now; null where the viewer may not see it, or it was deleted already."
    )


@strawberry.type(description="A comment was deleted.")
class ArtworkCommentDeleted(StreamEvent):
    """A comment was deleted."""

    artwork: Artwork | None = strawberry.field(description=_ARTWORK)
    comment_id: strawberry.ID = strawberry.field(description="Id of the comment.")
    comment: Comment | None = strawberry.field(
        description="What stays of it where it was answered, with `isDeleted`; null where nothing does."
    )


@strawberry.type(description="The comments were locked, or are open again.")
class ArtworkCommentsLocked(StreamEvent):
    """The comments were locked, or are open again."""

    artwork: Artwork | None = strawberry.field(description="The artwork, with `areCommentsLocked`; null as elsewhere.")


ArtworkEvent = Annotated[
    ArtworkSnapshot
    | ArtworkLikesChanged
    | ArtworkCommentAdded
    | ArtworkCommentChanged
    | ArtworkCommentDeleted
    | ArtworkCommentsLocked,
    strawberry.union("ArtworkEvent", description="What the watchers of an artwork are told."),
]
