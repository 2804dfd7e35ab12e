"""People who are notified: their rows, notes and lists, without a process that folds behind the test's back."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from db.tables import Artwork, User
from db.words import NotificationKind
from domain import notifications, notifications_folding
from domain.notifications import Note
from local_graph import LocalGraph, local_graph
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

PAGE = """query Page($first: Int, $after: Cursor, $kinds: [NotificationKind!], $unreadOnly: Boolean = false) {
  notifications(first: $first, after: $after, kinds: $kinds, unreadOnly: $unreadOnly) {
    edges { cursor node { id kind message actors { handle } actorCount itemCount amount isRead
      subject { __typename ... on Node { id } } comment { id } } }
    pageInfo { hasNextPage startCursor endCursor }
  }
  viewer { unreadNotificationCount }
}"""


@dataclass(frozen=True, slots=True)
class Noticeboard:
    """A graph with people in it."""

    graph: LocalGraph
    database_url: str

    async def person(self, name: str) -> UUID:
        """Store somebody."""
        user = User(email=f"{name}@easel.example", password_hash="", handle=name, display_name=name.title())
        async with self.graph.services.db.write() as tx:
            tx.add(user)
        return user.id

    async def artwork(self, author_id: UUID, title: str = "Sunset") -> UUID:
        """Store an artwork without images."""
        artwork = Artwork(author_id=author_id, title=title, prompt="", style="anime")
        async with self.graph.services.db.write() as tx:
            tx.add(artwork)
        return artwork.id

    async def note(self, *notes: Note, withdrawn: bool = False) -> None:
        """Note, or take back, in a transaction for each."""
        for each in notes:
            async with self.graph.services.db.write() as tx:
                (notifications.withdraw if withdrawn else notifications.note)(tx, each)

    async def fold(self, limit: int = notifications_folding.BATCH) -> int:
        """Fold a batch."""
        async with self.graph.services.db.write() as tx:
            return await notifications_folding.fold(tx, limit)

    async def page(self, viewer_id: UUID, **variables: Any) -> Any:  # noqa: ANN401
        """Return a page of somebody's list."""
        return (await self.graph.run(PAGE, variables, f"user_{viewer_id.hex}"))["notifications"]

    async def groups(self, viewer_id: UUID, **variables: Any) -> list[dict[str, Any]]:  # noqa: ANN401
        """Return the groups of a page."""
        return [edge["node"] for edge in (await self.page(viewer_id, **variables))["edges"]]

    async def unread(self, viewer_id: UUID) -> int:
        """Return how many groups somebody has not read."""
        data = await self.graph.run(PAGE, {}, f"user_{viewer_id.hex}")
        count: int = data["viewer"]["unreadNotificationCount"]
        return count

    async def run(self, viewer_id: UUID, query: str, **variables: Any) -> Any:  # noqa: ANN401
        """Return the value of the only root field of an operation."""
        (value,) = (await self.graph.run(query, variables, f"user_{viewer_id.hex}")).values()
        return value

    async def refusal(self, viewer_id: UUID, query: str, **variables: Any) -> str:  # noqa: ANN401
        """Return the code of the only error of an operation."""
        with pytest.raises(AssertionError) as refused:
            await self.run(viewer_id, query, **variables)
        (error,) = refused.value.args[0]
        code: str = error.extensions["code"]
        return code

    def counts(self) -> dict[str, int]:
        """Return how many rows the tables of notifications, and the outbox, have."""
        ((groups, actors, items, places, notes, outbox, unread),) = sql(
            self.database_url,
            "SELECT (SELECT count(*) FROM notification_groups), (SELECT count(*) FROM notification_actors),"
            " (SELECT count(*) FROM notification_items), (SELECT count(*) FROM notification_places),"
            " (SELECT count(*) FROM notification_notes), (SELECT count(*) FROM outbox),"
            " (SELECT count(*) FROM notification_groups WHERE read_at IS NULL)",
        )
        names = ("groups", "actors", "items", "places", "notes", "outbox", "unread")
        return dict(zip(names, (groups, actors, items, places, notes, outbox, unread), strict=True))


@asynccontextmanager
async def noticeboard(database_url: str, redis_url: str, folder: Path) -> AsyncIterator[Noticeboard]:
    """Open a graph over servers that no other process uses."""
    async with local_graph(database_url, redis_url, folder) as graph:
        yield Noticeboard(graph, database_url)


def like(recipient_id: UUID, artwork_id: UUID, actor_id: UUID) -> Note:
    """Return the note of a like."""
    return Note(NotificationKind.LIKE, recipient_id, artwork_id, actor_id)


def comment(recipient_id: UUID, artwork_id: UUID, actor_id: UUID, item_id: UUID | None = None) -> Note:
    """Return the note of a comment."""
    return Note(NotificationKind.COMMENT, recipient_id, artwork_id, actor_id, item_id or uuid4())


def follow(recipient_id: UUID, actor_id: UUID) -> Note:
    """Return the note of a follow."""
    return Note(NotificationKind.FOLLOW, recipient_id, recipient_id, actor_id)


def ids(groups: Sequence[dict[str, Any]]) -> list[str]:
    """Return the ids of groups."""
    return [group["id"] for group in groups]
