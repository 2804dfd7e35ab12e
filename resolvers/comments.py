"""Comments: writing, editing and deleting them, pinning one, and locking those of an artwork."""

from typing import Annotated
from uuid import UUID

import strawberry

from domain import attempts, comments, idempotency
from domain.bounds import INPUT
from planner import Edge, edge_of, ref
from resolvers.guarding import require_said
from schema.artworks import Artwork
from schema.comments import (
    AddCommentInput,
    AddCommentResult,
    AddCommentSuccess,
    Comment,
    DeleteCommentInput,
    DeleteCommentResult,
    DeleteCommentSuccess,
    EditCommentInput,
    EditCommentResult,
    EditCommentSuccess,
    PinCommentInput,
    PinCommentResult,
    PinCommentSuccess,
    SetCommentsLockedInput,
    SetCommentsLockedResult,
    SetCommentsLockedSuccess,
)
from schema.context import Info
from schema.node import global_id, required_key


async def _require_passed(info: Info, text: str) -> None:
    """Count a cleaned text as one that the viewer writes, and have it judged.

    Raises:
        ContentBlocked: the guard blocks it; the decision is written.
        TooManyAttempts: the viewer has written too many of late.
    """
    viewer_id, services = info.context.required_viewer_id, info.context.services
    await attempts.count(services.limiter, "comment", str(viewer_id), comments.PER_USER)
    await require_said(info, {(*INPUT, "text"): text})


async def _edge(info: Info, artwork_id: UUID, comment_id: UUID, *, is_reply: bool) -> Edge[Comment] | None:
    """Return the edge of a comment in the list that it stands in: of its artwork, or of its thread."""
    root_id = await info.context.services.db.look_up(lambda tx: comments.root_of(tx, comment_id)) if is_reply else None
    if root_id:
        return edge_of(Edge[Comment], Comment, "replies", root_id, id=comment_id)
    return edge_of(Edge[Comment], Artwork, "comments", artwork_id, id=comment_id)


@strawberry.type
class CommentMutations:
    """Mutations about comments."""

    @strawberry.mutation(
        description="Write a comment under an artwork, or a reply to one. 20 in a minute and 200 in an hour, edits "
        "counted too."
    )
    async def add_comment(
        self,
        info: Info,
        input: Annotated[AddCommentInput, strawberry.argument(description="What to write.")],  # noqa: A002
    ) -> AddCommentResult:
        """Write a comment."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        reply_to = required_key("comment", input.reply_to, "replyTo") if input.reply_to is not None else None
        asked = (viewer_id, artwork_id, comments.cleaned(input.text), reply_to)
        key = idempotency.checked_key(input.idempotency_key)
        comment_id = await info.context.services.db.look_up(lambda tx: comments.first_of(tx, *asked, key))
        if comment_id is None:
            await _require_passed(info, asked[2])
            async with info.context.services.db.write() as tx:
                comment_id = await comments.add(tx, *asked, key)
        return AddCommentSuccess(
            comment=ref(Comment, id=comment_id),
            comment_edge=await _edge(info, artwork_id, comment_id, is_reply=reply_to is not None),
            artwork=ref(Artwork, id=artwork_id),
        )

    @strawberry.mutation(description="Write one of the viewer's comments anew.")
    async def edit_comment(
        self,
        info: Info,
        input: Annotated[EditCommentInput, strawberry.argument(description="What to write.")],  # noqa: A002
    ) -> EditCommentResult:
        """Edit a comment."""
        viewer_id = info.context.required_viewer_id
        comment_id = required_key("comment", input.comment_id, "commentId")
        text = comments.cleaned(input.text)
        await _require_passed(info, text)
        async with info.context.services.db.write() as tx:
            await comments.edit(tx, viewer_id, comment_id, text)
        return EditCommentSuccess(comment=ref(Comment, id=comment_id))

    @strawberry.mutation(
        description="Delete a comment. Where it was answered, a stub without text and author stays until the last "
        "answer is deleted too."
    )
    async def delete_comment(
        self,
        info: Info,
        input: Annotated[DeleteCommentInput, strawberry.argument(description="Which comment.")],  # noqa: A002
    ) -> DeleteCommentResult:
        """Delete a comment."""
        viewer_id = info.context.required_viewer_id
        comment_id = required_key("comment", input.comment_id, "commentId")
        async with info.context.services.db.write() as tx:
            artwork_id = await comments.remove(tx, viewer_id, comment_id)
        return DeleteCommentSuccess(
            deleted_id=global_id("comment", comment_id),
            comment=ref(Comment, id=comment_id),
            artwork=ref(Artwork, id=artwork_id),
        )

    @strawberry.mutation(
        description="Let a comment stand above the others of one of the viewer's artworks, or no more. Three at most."
    )
    async def pin_comment(
        self,
        info: Info,
        input: Annotated[PinCommentInput, strawberry.argument(description="Which comment.")],  # noqa: A002
    ) -> PinCommentResult:
        """Pin a comment."""
        viewer_id = info.context.required_viewer_id
        comment_id = required_key("comment", input.comment_id, "commentId")
        async with info.context.services.db.write() as tx:
            artwork_id = await comments.pin(tx, viewer_id, comment_id, on=input.on)
        return PinCommentSuccess(comment=ref(Comment, id=comment_id), artwork=ref(Artwork, id=artwork_id))

    @strawberry.mutation(
        description="Let nobody but the viewer comment on one of the viewer's artworks, or everybody again. What was "
        "written stays."
    )
    async def set_comments_locked(
        self,
        info: Info,
        input: Annotated[SetCommentsLockedInput, strawberry.argument(description="Which artwork.")],  # noqa: A002
    ) -> SetCommentsLockedResult:
        """Lock comments."""
        viewer_id = info.context.required_viewer_id
        artwork_id = required_key("artwork", input.artwork_id, "artworkId")
        async with info.context.services.db.write() as tx:
            await comments.set_locked(tx, viewer_id, artwork_id, on=input.on)
        return SetCommentsLockedSuccess(artwork=ref(Artwork, id=artwork_id))
