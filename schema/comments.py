"""Comments in the graph: threads, mentions, and the mutations about them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import tables
from domain import comments, moderation, sight
from domain.mentions import MAXIMUM_MENTIONS
from planner import Connection, Edge, column, connection, expression, planned, to_many, to_one
from schema.accounts import User
from schema.errors import (
    CommentsLocked,
    ContentBlocked,
    IdempotencyConflict,
    InvalidInput,
    NotFound,
    Restricted,
    TooManyAttempts,
)
from schema.moderated import LastDecision, last_decision
from schema.node import Node, identity

if TYPE_CHECKING:
    from schema.artworks import Artwork


@strawberry.type(description="A place in a comment where somebody is named by their handle.")
@planned(tables.CommentMention, visible_to=lambda ask, mention: sight.in_sight(mention.user_id, ask.viewer))
class CommentMention:
    """A place where somebody is named."""

    offset: int = column("Where it begins in `text`: UTF-16 code units before the `@`.")
    length: int = column("How long it is, the `@` included, in UTF-16 code units.")
    user: User = to_one("Who is named.", by="user_id", seen=True)


@strawberry.type(
    description="What somebody wrote under an artwork. Threads are flat: all replies stand in one list below the "
    "comment that began the thread, however deep they answer each other."
)
@planned(
    tables.Comment,
    visible_to=lambda ask, comment: (
        comments.visible_to(comment, ask.viewer) | moderation.may_look(comment.id, ask.moderator)
    ),
)
class Comment(Node):
    """What somebody wrote under an artwork."""

    id: strawberry.ID = identity("comment")
    text: str = column("What they wrote; empty where it was deleted.")
    created_at: datetime = column("When.")
    edited_at: datetime | None = column("When it was last written anew; null where it never was.")
    is_deleted: bool = expression(
        "Whether it was deleted and is only there because of the replies to it: without text and author.",
        lambda _ask, comment: comment.deleted_at.is_not(None),
    )
    is_reply: bool = expression(
        "Whether it answers another comment, also where the viewer may not see that one.",
        lambda _ask, comment: comment.root_id.is_not(None),
    )
    is_pinned: bool = expression(
        "Whether the artwork's author has pinned it.", lambda _ask, comment: comment.pinned_at.is_not(None)
    )
    viewer_can_edit: bool = expression(
        "Whether the viewer wrote it.", lambda ask, comment: comments.is_editable_by(comment, ask.viewer)
    )
    viewer_can_delete: bool = expression(
        "Whether the viewer wrote it, or is the artwork's author.",
        lambda ask, comment: comments.is_deletable_by(comment, ask.viewer),
    )
    moderation: LastDecision = last_decision()
    author: User | None = to_one("Who wrote it; null where it was deleted.", by="author_id", seen=True)
    artwork: Annotated["Artwork", strawberry.lazy("schema.artworks")] = to_one(
        "Under which artwork.", by="artwork_id", seen=True
    )
    mentions: list[CommentMention] = to_many(
        "Who is named in it, in the order of the text; ten places at most. Handles of nobody are plain text.",
        by="comment_id",
        order=("offset",),
        limit=MAXIMUM_MENTIONS,
    )
    root: "Comment | None" = to_one(
        "The comment that began its thread; null for that one itself, or where the viewer may not see it.",
        by="root_id",
    )
    reply_to: "Comment | None" = to_one(
        "The comment that it answers; null for one that began a thread, or where the viewer may not see it.",
        by="parent_id",
    )
    reply_count: int = column("How many replies its thread has, without those that were deleted; 0 of a reply itself.")
    replies: "CommentConnection" = connection(
        "All replies of the thread that it began, oldest first, however deep; none of a reply itself.",
        lambda ask, comment, reply: comments.is_reply_in(reply, comment, ask.viewer),
        order=("created_at", "id"),
        seen=True,
    )


@strawberry.type(description="A page of comments.")
class CommentConnection(Connection[Comment]):
    """A page of comments."""


@strawberry.input(description="What to write under which artwork.")
class AddCommentInput:
    """What to write under which artwork."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of an artwork that the viewer may see.")
    text: str = strawberry.field(description="1 to 2000 characters; `@handle` names somebody.")
    reply_to: strawberry.ID | None = strawberry.field(
        default=None, description="Id of the comment of the same artwork that this one answers."
    )
    idempotency_key: str = strawberry.field(
        description="1 to 255 characters of the client's choice: the same request with the same key is written once."
    )


@strawberry.type(description="The comment is written.")
class AddCommentSuccess:
    """The comment is written."""

    comment: Comment | None = strawberry.field(
        description="The comment; null only where the key was used before, and the comment was deleted since."
    )
    comment_edge: Edge[Comment] | None = strawberry.field(
        description="Its edge in `Artwork.comments`, or of a reply in the `replies` of the comment that began the "
        "thread, with the cursor that it has there; null where `comment` is."
    )
    artwork: Annotated["Artwork", strawberry.lazy("schema.artworks")] | None = strawberry.field(
        description="The artwork with its new `commentCount`; null where the viewer may not see it any more."
    )


@strawberry.input(description="Which comment to write anew.")
class EditCommentInput:
    """Which comment to write anew."""

    comment_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's comments.")
    text: str = strawberry.field(description="1 to 2000 characters; mentions are read from it anew.")


@strawberry.type(description="The comment as it is now.")
class EditCommentSuccess:
    """The comment is written anew."""

    comment: Comment | None = strawberry.field(
        description="The comment; null only where it was deleted in the same moment."
    )


@strawberry.input(description="Which comment to delete.")
class DeleteCommentInput:
    """Which comment to delete."""

    comment_id: strawberry.ID = strawberry.field(
        description="Id of a comment that the viewer wrote, or of one under an artwork of the viewer's."
    )


@strawberry.type(description="The comment is deleted.")
class DeleteCommentSuccess:
    """The comment is deleted."""

    deleted_id: strawberry.ID = strawberry.field(description="Id of the comment.")
    comment: Comment | None = strawberry.field(
        description="What stays of it where it was answered, with `isDeleted`; null where nothing does."
    )
    artwork: Annotated["Artwork", strawberry.lazy("schema.artworks")] | None = strawberry.field(
        description="The artwork with its new `commentCount`; null where the viewer may not see it any more."
    )


@strawberry.input(description="Whether a comment shall be pinned.")
class PinCommentInput:
    """Whether a comment shall be pinned."""

    comment_id: strawberry.ID = strawberry.field(
        description="Id of a comment under one of the viewer's artworks; not of a reply."
    )
    on: bool = strawberry.field(description="Whether it shall be.")


@strawberry.type(description="The comment is pinned, or not.")
class PinCommentSuccess:
    """The comment is pinned, or not."""

    comment: Comment | None = strawberry.field(
        description="The comment; null only where it was deleted in the same moment."
    )
    artwork: Annotated["Artwork", strawberry.lazy("schema.artworks")] = strawberry.field(
        description="The artwork with its `pinnedComments`."
    )


@strawberry.input(description="Whether the comments of an artwork shall be locked.")
class SetCommentsLockedInput:
    """Whether the comments of an artwork shall be locked."""

    artwork_id: strawberry.ID = strawberry.field(description="Id of one of the viewer's artworks.")
    on: bool = strawberry.field(description="Whether nobody but the viewer may comment.")


@strawberry.type(description="The comments are locked, or open to all who see the artwork.")
class SetCommentsLockedSuccess:
    """The comments are locked, or open."""

    artwork: Annotated["Artwork", strawberry.lazy("schema.artworks")] = strawberry.field(description="The artwork.")


AddCommentResult = Annotated[
    AddCommentSuccess
    | InvalidInput
    | NotFound
    | CommentsLocked
    | ContentBlocked
    | IdempotencyConflict
    | TooManyAttempts
    | Restricted,
    strawberry.union("AddCommentResult", description="Result of `addComment`."),
]
EditCommentResult = Annotated[
    EditCommentSuccess | InvalidInput | NotFound | CommentsLocked | ContentBlocked | TooManyAttempts | Restricted,
    strawberry.union("EditCommentResult", description="Result of `editComment`."),
]
DeleteCommentResult = Annotated[
    DeleteCommentSuccess | NotFound, strawberry.union("DeleteCommentResult", description="Result of `deleteComment`.")
]
PinCommentResult = Annotated[
    PinCommentSuccess | InvalidInput | NotFound,
    strawberry.union("PinCommentResult", description="Result of `pinComment`."),
]
SetCommentsLockedResult = Annotated[
    SetCommentsLockedSuccess | NotFound,
    strawberry.union("SetCommentsLockedResult", description="Result of `setCommentsLocked`."),
]
