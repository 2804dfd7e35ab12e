"""Muting and blocking people in the graph."""

from typing import Annotated

import strawberry

from schema.accounts import User, Viewer
from schema.errors import InvalidInput, NotFound


@strawberry.input(description="Whom to mute, or no more.")
class SetMuteInput:
    """Whom to mute, or no more."""

    user_id: strawberry.ID = strawberry.field(description="Id of a user.")
    on: bool = strawberry.field(description="Whether feeds shall show nothing of theirs.")


@strawberry.type(description="Feeds show the viewer nothing of theirs, or again. They are not told.")
class SetMuteSuccess:
    """The user is muted, or no more."""

    user: User = strawberry.field(description="The user.")
    viewer: Viewer = strawberry.field(description="Who mutes.")


@strawberry.input(description="Whom to block, or no more.")
class SetBlockInput:
    """Whom to block, or no more."""

    user_id: strawberry.ID = strawberry.field(description="Id of a user.")
    on: bool = strawberry.field(description="Whether the viewer wants to see nothing of them, and not to be seen.")


@strawberry.type(
    description="The two are out of each other's sight, everywhere, or no more. Neither follows the other any longer."
)
class SetBlockSuccess:
    """The user is blocked, or no more."""

    user_id: strawberry.ID = strawberry.field(description="Id of the user.")
    user: User | None = strawberry.field(
        description="The user; null where the two are out of each other's sight, as they are by either's wish."
    )
    viewer: Viewer = strawberry.field(description="Who blocks.")


SetMuteResult = Annotated[
    SetMuteSuccess | InvalidInput | NotFound,
    strawberry.union("SetMuteResult", description="Result of `setMute`."),
]
SetBlockResult = Annotated[
    SetBlockSuccess | InvalidInput | NotFound,
    strawberry.union("SetBlockResult", description="Result of `setBlock`."),
]
