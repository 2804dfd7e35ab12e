"""A town of people who publish and read feeds, in the process of the test."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlmodel import col

from db.tables import (
    Artwork,
    Follow,
    MediaAsset,
    Tag,
    User,
)
from db.tables.columns import now
from db.words import AssetStatus, ContentLevel
from domain import popularity, publishing
from domain.publishing import Publication
from domain.tokens import Claims
from local_graph import local_graph
from schema.context import Context

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from local_graph import LocalGraph

PAGE = """query($kind: FeedKind!, $window: FeedWindow, $filter: FeedFilter, $first: Int, $after: Cursor) {
  feed(kind: $kind, window: $window, filter: $filter, first: $first, after: $after) {
    edges { cursor node { title } reason { kind tag author { handle } } } pageInfo { hasNextPage endCursor }
  } }"""
NEWER = """query($kind: FeedKind!, $filter: FeedFilter, $since: Cursor!) {
  feed(kind: $kind, filter: $filter, first: 1) { newerCount(since: $since) } }"""


TAGGED = """query($tag: String!, $first: Int, $after: Cursor) {
  tag(name: $tag) { artworks(first: $first, after: $after) {
    edges { cursor node { title } } pageInfo { hasNextPage endCursor }
  } } }"""


@dataclass
class Town:
    """People who publish and read, in one process."""

    graph: LocalGraph
    people: dict[str, UUID] = field(default_factory=dict)
    artworks: dict[str, UUID] = field(default_factory=dict)
    minutes: int = 0
    """That have passed, as rounds of scoring see it."""

    async def person(self, *handles: str) -> None:
        async with self.graph.services.db.write() as tx:
            for handle in handles:
                user = User(email=f"{handle}@easel.example", password_hash="", handle=handle, display_name=handle)
                tx.add(user)
                await tx.flush()
                self.people[handle] = user.id

    async def publish(self, handle: str, *titles: str, tags: tuple[str, ...] = (), level: str = "GENERAL") -> None:
        for title in titles:
            async with self.graph.services.db.write() as tx:
                asset = MediaAsset(
                    owner_id=self.people[handle],
                    status=AssetStatus.READY,
                    width=1,
                    height=1,
                    engine="sandbox",
                    style="anime",
                    ratio="1:1",
                    seed=1,
                    dominant_color="#ffffff",
                    content_level=ContentLevel[level],
                )
                tx.add(asset)
                await tx.flush()
                made = await publishing.publish(tx, self.people[handle], Publication((asset.id,), title, tags=tags))
                self.artworks[title] = made

    async def unpublish(self, handle: str, title: str) -> None:
        async with self.graph.services.db.write() as tx:
            await publishing.unpublish(tx, self.people[handle], self.artworks[title])

    async def add(self, *rows: Any) -> None:  # noqa: ANN401 - rows of any table
        async with self.graph.services.db.write() as tx:
            tx.add_all(rows)

    async def follow(self, follower: str, *followees: str) -> None:
        me = self.people[follower]
        await self.add(*(Follow(follower_id=me, followee_id=self.people[each]) for each in followees))

    async def tag_id(self, name: str) -> UUID:
        async with self.graph.services.db.read() as tx:
            found: UUID = (await tx.execute(select(col(Tag.id)).where(col(Tag.name) == name))).scalar_one()
            return found

    async def like(self, title: str, count: int) -> None:
        """Count likes as the mutation does."""
        async with self.graph.services.db.write() as tx:
            liked = update(Artwork).where(col(Artwork.id) == self.artworks[title])
            await tx.execute(liked.values(like_count=col(Artwork.like_count) + count))

    async def round(self, minutes: int = 1) -> int:
        """Hold a round of scoring, so many minutes after the last one."""
        self.minutes += minutes
        async with self.graph.services.db.write() as tx:
            return await popularity.score_anew(tx, now() + timedelta(minutes=self.minutes))

    async def ask(self, query: str, viewer: str | None, **variables: Any) -> Any:  # noqa: ANN401
        return await self.graph.run(query, variables, f"user_{self.people[viewer].hex}" if viewer else None)

    async def page(self, viewer: str | None, kind: str, **variables: Any) -> Any:  # noqa: ANN401
        return (await self.ask(PAGE, viewer, kind=kind, **variables))["feed"]

    async def titles(self, viewer: str | None, kind: str, **variables: Any) -> list[str]:  # noqa: ANN401
        return [edge["node"]["title"] for edge in (await self.page(viewer, kind, **variables))["edges"]]

    async def tagged(self, viewer: str | None, tag: str, **variables: Any) -> Any:  # noqa: ANN401
        """Return the page of a tag's own artworks."""
        return (await self.ask(TAGGED, viewer, tag=tag, **variables))["tag"]["artworks"]

    async def code(self, query: str, viewer: str | None, **variables: Any) -> str | None:  # noqa: ANN401
        """Return the code of the error that an operation is answered with."""
        told = await self.refusal(query, viewer, **variables)
        return told[0] if told else None

    async def refusal(self, query: str, viewer: str | None, **variables: Any) -> tuple[str, str] | None:  # noqa: ANN401
        """Return code and message of the error that an operation is answered with."""
        hour = now() + timedelta(hours=1)
        claims = Claims(self.people[viewer], uuid4(), hour) if viewer else None
        context = Context(self.graph.services, claims=claims)
        result = await self.graph.schema.execute(query, variables, context_value=context)
        first = result.errors[0] if result.errors else None
        return (first.extensions["code"], first.message) if first else None  # type: ignore[index]

    async def pages(self, viewer: str | None, between: Callable[[int], Awaitable[None]], **asked: Any) -> list[str]:  # noqa: ANN401
        """Return the titles of all pages of a feed of two, with something done ``between`` them."""
        found: list[str] = []
        after, number = None, 0
        while True:
            page = await self.page(viewer, first=2, after=after, **asked)
            found += [edge["node"]["title"] for edge in page["edges"]]
            if not page["pageInfo"]["hasNextPage"]:
                return found
            after, number = page["pageInfo"]["endCursor"], number + 1
            await between(number)


@asynccontextmanager
async def a_town(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Town]:
    async with local_graph(database_url, redis_url, folder) as graph:
        yield Town(graph)
