"""What the viewer was shown, in the graph."""

from typing import Annotated

import strawberry

from schema.accounts import Viewer
from schema.errors import InvalidInput, NotFound


@strawberry.input(description="What the viewer was shown.")
class NoteSeenInput:
    """What the viewer was shown."""

    artwork_ids: list[strawberry.ID] = strawberry.field(
        description="Ids of 1 to 100 artworks. Those that are not there any more may be among them."
    )


@strawberry.type(description="It is noted: the next list of recommendations has none of them.")
class NoteSeenSuccess:
    """It is noted."""

    viewer: Viewer = strawberry.field(description="Who was shown them.")


NoteSeenResult = Annotated[
    NoteSeenSuccess | InvalidInput | NotFound,
    strawberry.union("NoteSeenResult", description="Result of `noteSeen`."),
]
