"""Easel's API with two fields of artworks as batch functions: ``tags`` and ``viewerHasLiked``, one statement each.

Started as ``python -m benchmarks.reads.batched`` with the settings of ``easel api``.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from strawberry.types import get_object_definition

from app.cli import main
from app.services import open_reader
from app.settings import Settings
from planner.declarations import METADATA, Batch
from schema.artworks import Artwork

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.context import Context

READER = open_reader(Settings())


async def _tags(_context: Context, artworks: Sequence[tuple[Any, ...]]) -> list[list[str]]:
    rows = await READER.run(
        "SELECT x.artwork_id, array_agg(t.name ORDER BY x.position) FROM artwork_tags x JOIN tags t ON t.id = x.tag_id"
        " WHERE x.artwork_id = ANY($1::uuid[]) GROUP BY 1",
        [[key for (key,) in artworks]],
    )
    found: dict[str, list[str]] = dict(rows)
    return [found.get(key, []) for (key,) in artworks]


async def _viewer_has_liked(context: Context, artworks: Sequence[tuple[Any, ...]]) -> list[bool]:
    rows = await READER.run(
        "SELECT artwork_id FROM reactions WHERE artwork_id = ANY($1::uuid[]) AND user_id = $2 AND kind = 'LIKE'",
        [[key for (key,) in artworks], context.viewer_id],
    )
    liked = {key for (key,) in rows}
    return [key in liked for (key,) in artworks]


def _redeclare() -> None:
    functions = {"tags": _tags, "viewer_has_liked": _viewer_has_liked}
    for field in get_object_definition(Artwork, strict=True).fields:
        if field.python_name in functions:
            field.metadata = MappingProxyType({METADATA: Batch(functions[field.python_name], ("id",))})


if __name__ == "__main__":
    _redeclare()
    main(["api"])
