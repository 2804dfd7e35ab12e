"""Following people and tags in the graph."""

from typing import Annotated

import strawberry

from schema.accounts import User, Viewer
from schema.errors import InvalidInput, NotFound
from schema.tags import Tag

Followable = Annotated[User | Tag, strawberry.union("Followable", description="What can be followed.")]


@strawberry.input(description="Whom or what to follow, or not.")
class SetFollowInput:
    """Whom or what to follow, or not."""

    target: strawberry.ID = strawberry.field(description="Id of a user or a tag.")
    on: bool = strawberry.field(description="Whether the viewer shall follow it.")


@strawberry.type(description="The viewer follows it, or does not.")
class SetFollowSuccess:
    """The viewer follows it, or does not."""

    target: Followable | None = strawberry.field(
        description="The user or tag; null where it can not be seen any more, such as a tag that no public artwork has."
    )
    viewer: Viewer = strawberry.field(description="Who follows.")


SetFollowResult = Annotated[
    SetFollowSuccess | InvalidInput | NotFound,
    strawberry.union("SetFollowResult", description="Result of `setFollow`."),
]
