"""Artworks."""

from typing import Annotated, Any

import strawberry

from planner import Ask, Row, to_one
from schema.artworks import Artwork
from schema.context import Context
from schema.node import read_key


def _with_id(
    _ask: Ask,
    artwork: Row,
    *,
    id: Annotated[strawberry.ID, strawberry.argument(description="Id of the artwork.")],  # noqa: A002
) -> Any:  # noqa: ANN401 - a condition
    return artwork.id == read_key(id, "artwork")


@strawberry.type
class ArtworkQueries:
    """Root fields about artworks."""

    artwork: Artwork | None = to_one(
        "An artwork; null where there is none that the viewer may see.", _with_id, check=Context.require_good_token
    )
