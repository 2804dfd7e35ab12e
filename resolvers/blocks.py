"""Muting and blocking people."""

from typing import Annotated

import strawberry

from domain import blocks, mutes
from planner import ref
from schema.accounts import User, Viewer
from schema.blocks import (
    SetBlockInput,
    SetBlockResult,
    SetBlockSuccess,
    SetMuteInput,
    SetMuteResult,
    SetMuteSuccess,
)
from schema.context import Info
from schema.node import global_id, required_key


@strawberry.type
class BlockMutations:
    """Mutations about whom somebody wants to see."""

    @strawberry.mutation(description="See nothing of a user in feeds, or again. They are not told, and see as before.")
    async def set_mute(
        self,
        info: Info,
        input: Annotated[SetMuteInput, strawberry.argument(description="Whom, and whether.")],  # noqa: A002
    ) -> SetMuteResult:
        """Mute, or no more."""
        viewer_id, user_id = info.context.required_viewer_id, required_key("user", input.user_id, "userId")
        async with info.context.services.db.write() as tx:
            await mutes.set_mute(tx, viewer_id, user_id, on=input.on)
        return SetMuteSuccess(user=ref(User, id=user_id), viewer=ref(Viewer, id=viewer_id))

    @strawberry.mutation(
        description="Put a user and the viewer out of each other's sight, everywhere, or undo that. "
        "`Viewer.blockedUsers` lists them."
    )
    async def set_block(
        self,
        info: Info,
        input: Annotated[SetBlockInput, strawberry.argument(description="Whom, and whether.")],  # noqa: A002
    ) -> SetBlockResult:
        """Block, or no more."""
        viewer_id, user_id = info.context.required_viewer_id, required_key("user", input.user_id, "userId")
        async with info.context.services.db.write() as tx:
            await blocks.set_block(tx, viewer_id, user_id, on=input.on)
        return SetBlockSuccess(
            user_id=global_id("user", user_id), user=ref(User, id=user_id), viewer=ref(Viewer, id=viewer_id)
        )
