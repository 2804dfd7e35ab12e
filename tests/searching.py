"""A graph in this process whose artworks are found: some are published, and search looks at them at once."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from uuid_utils.compat import uuid7

from db.tables import Artwork, ArtworkImage, MediaAsset
from db.words import AssetStatus, ContentLevel, PromptVisibility, Visibility
from domain import search_index, tagging
from local_graph import local_graph
from people import key_in, new_users

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from local_graph import LocalGraph

FOUND = """query(
  $query: String!, $filter: SearchFilter, $order: SearchOrder! = RELEVANCE, $first: Int, $after: Cursor
) {
  search(query: $query, filter: $filter) { artworks(orderBy: $order, first: $first, after: $after) {
    totalCount edges { cursor node { id title } } pageInfo { hasNextPage endCursor }
} } }"""


@dataclass
class Gallery:
    """Artworks that are searched."""

    graph: LocalGraph
    born: datetime = datetime(2026, 3, 1, tzinfo=UTC)

    async def add(self, author: str, title: str, *tags: str, **more: Any) -> str:  # noqa: ANN401 - columns
        """Publish an artwork, each a minute after the one before; return its global id."""
        self.born += timedelta(minutes=1)
        image = {name: more.pop(name, "") for name in ("ratio", "engine", "dominant_color")}
        given: dict[str, Any] = {"prompt": "", "style": "anime", "created_at": self.born} | more
        artwork = Artwork(author_id=key_in(author), title=title, **given)
        asset = MediaAsset(id=uuid7(), owner_id=key_in(author), status=AssetStatus.READY, **image)
        async with self.graph.services.db.write() as tx:
            tx.add_all([artwork, asset])
            await tx.flush()
            tx.add(ArtworkImage(artwork_id=artwork.id, asset_id=asset.id, position=0))
            await tagging.attach(tx, artwork, tags)
        return f"artwork_{artwork.id.hex}"

    async def users(self, *handles: str) -> list[str]:
        """Store users; return their global ids."""
        return await new_users(self.graph.services.db, *handles)

    async def look(self) -> None:
        """Let search look at all that was changed."""
        while True:
            async with self.graph.services.db.write() as tx:
                if not await search_index.sweep(tx):
                    return

    async def titles(self, query: str, viewer: str | None = None, **variables: Any) -> list[str]:  # noqa: ANN401
        """Return the titles that a query finds, in order."""
        return [edge["node"]["title"] for edge in (await self.page(query, viewer, **variables))["edges"]]

    async def page(self, query: str, viewer: str | None = None, **variables: Any) -> dict[str, Any]:  # noqa: ANN401
        """Return a page of what a query finds."""
        data = await self.graph.run(FOUND, {"query": query, **variables}, viewer)
        page: dict[str, Any] = data["search"]["artworks"]
        return page

    async def facets(self, query: str, viewer: str | None = None) -> dict[tuple[str, str], int]:
        """Return the counts of a query."""
        text = "query($query: String!) { search(query: $query) { facets { field value count } } }"
        found = (await self.graph.run(text, {"query": query}, viewer))["search"]["facets"]
        return {(each["field"], each["value"]): each["count"] for each in found}


@asynccontextmanager
async def searched(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Gallery]:
    """Open a graph without artworks."""
    async with local_graph(database_url, redis_url, folder) as graph:
        yield Gallery(graph)


PRIVATE: dict[str, Any] = {"visibility": Visibility.PRIVATE}
UNLISTED: dict[str, Any] = {"visibility": Visibility.UNLISTED}
MATURE: dict[str, Any] = {"content_level": ContentLevel.MATURE}
HIDDEN_PROMPT: dict[str, Any] = {"prompt_visibility": PromptVisibility.PRIVATE}
