"""Following people and tags."""

from typing import Annotated

import strawberry

from domain import follows
from planner import ref
from schema.accounts import User, Viewer
from schema.context import Info
from schema.follows import SetFollowInput, SetFollowResult, SetFollowSuccess
from schema.node import key_of, required_key
from schema.tags import Tag


@strawberry.type
class FollowMutations:
    """Mutations about following."""

    @strawberry.mutation(description="Follow a user or a tag, or no more. Done again, it changes nothing.")
    async def set_follow(
        self,
        info: Info,
        input: Annotated[SetFollowInput, strawberry.argument(description="Whom, and whether.")],  # noqa: A002
    ) -> SetFollowResult:
        """Follow, or no more."""
        viewer_id, tag_id = info.context.required_viewer_id, key_of("tag", input.target)
        user_id = None if tag_id else required_key("user", input.target, "target")
        db = info.context.services.db
        if user_id:
            await db.write_together(follows.set_followers, user_id, viewer_id, input.on)
        elif tag_id:
            async with db.write() as tx:
                await follows.set_tag(tx, viewer_id, tag_id, on=input.on)
        target = ref(User, id=user_id) if user_id else ref(Tag, id=tag_id)
        return SetFollowSuccess(target=target, viewer=ref(Viewer, id=viewer_id))
