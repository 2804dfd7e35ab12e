"""An author who publishes in the graph of the test's own process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pytest

from people import key_in
from stored import new_asset

if TYPE_CHECKING:
    from uuid import UUID

    from local_graph import LocalGraph
    from workshop import Workshop

_ARTWORK: Final = """id title description tags visibility promptVisibility prompt style license licenseUrl contentLevel
  createdAt image { id } images { id } author { id artworkCount } remixOf { id title } remixes { nodes { id } }"""
READ: Final = f"query($id: ID!) {{ artwork(id: $id) {{ {_ARTWORK} }} }}"
_REFUSED: Final = "... on UserError { code message path }"
_DONE: Final[dict[str, str]] = {
    "publish": f"artwork {{ {_ARTWORK} }}",
    "update": f"artwork {{ {_ARTWORK} }}",
    "unpublish": f"artwork {{ {_ARTWORK} }}",
    "delete": "deletedId author { id artworkCount }",
}


@dataclass(frozen=True, slots=True)
class Author:
    """Somebody with images."""

    graph: LocalGraph
    database_url: str
    id: str

    @property
    def key(self) -> UUID:
        """The key of their row."""
        return key_in(self.id)

    def image(self, status: str = "READY") -> str:
        """Store an image of theirs; return its global id."""
        return new_asset(self.database_url, self.id, status)

    async def ask(self, verb: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return the result of a mutation of artworks, by its verb."""
        name = f"{verb}Artwork"
        kind = name[0].upper() + name[1:]
        done = f"... on {kind}Success {{ {_DONE[verb]} }}"
        document = f"mutation($input: {kind}Input!) {{ {name}(input: $input) {{ {done} {_REFUSED} }} }}"
        result: dict[str, Any] = (await self.graph.run(document, {"input": given}, self.id))[name]
        return result

    async def publish(self, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        """Publish an image, or those that are given; return the artwork."""
        result = await self.ask("publish", **{"assetIds": [self.image()], "title": "x"} | given)
        assert "artwork" in result, result
        artwork: dict[str, Any] = result["artwork"]
        return artwork

    async def update(self, artwork_id: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
        """Change an artwork; return it."""
        result = await self.ask("update", artworkId=artwork_id, **given)
        assert "artwork" in result, result
        artwork: dict[str, Any] = result["artwork"]
        return artwork

    async def read(self, artwork_id: str) -> dict[str, Any] | None:
        """Return an artwork as they see it."""
        found: dict[str, Any] | None = (await self.graph.run(READ, {"id": artwork_id}, self.id))["artwork"]
        return found

    async def feed(self) -> list[str]:
        """Return the ids of what the feed shows them."""
        found = await self.graph.run("{ feed(kind: LATEST) { nodes { id } } }", None, self.id)
        return [node["id"] for node in found["feed"]["nodes"]]


async def new_author(graph: LocalGraph, shop: Workshop) -> Author:
    """Store somebody."""
    return Author(graph, shop.database_url, f"user_{(await shop.user()).hex}")


@pytest.fixture
async def author(graph: LocalGraph, shop: Workshop) -> Author:
    """Store somebody who publishes."""
    return await new_author(graph, shop)
