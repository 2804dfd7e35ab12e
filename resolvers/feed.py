"""Watching a feed: artworks that come into it, and those that leave."""

from collections.abc import AsyncIterable
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import streams
from domain.artworks import EDGE_ADDED, EDGE_REMOVED
from domain.ports import Event
from domain.words import FeedKind
from planner import edge_ref
from resolvers.streams import After, Audience, Place, Watch
from schema.artworks import FeedEdge
from schema.context import Context, Info
from schema.feed_events import FeedEdgeAdded, FeedEdgeRemoved, FeedEvent, FeedSnapshot
from schema.node import global_id


@strawberry.type
class FeedSubscriptions:
    """Streams about feeds."""

    @strawberry.subscription(
        description="Follow a feed: a page of it first, then each artwork that comes or leaves, once and in order. "
        "Give the last `cursor` as `after` to go on after a broken connection; events are kept for ten minutes."
    )
    def feed_events(
        self,
        info: Info,
        kind: Annotated[FeedKind, strawberry.argument(description="Which feed.")],
        after: After = None,
    ) -> AsyncIterable[FeedEvent]:
        """Follow a feed."""
        return FeedWatch(info.context, after, kind)


class FeedWatch(Watch):
    """Anybody watching a feed."""

    def __init__(self, context: Context, after: str | None, kind: FeedKind) -> None:
        """Watch the feed of this kind."""
        super().__init__(context, after)
        self._kind = kind

    @property
    def stream(self) -> str:
        """Name of the feed's stream."""
        return streams.of_feed(self._kind)

    @property
    def audience(self) -> Audience:
        """The viewer, who may be nobody: artworks tell whether they like them."""
        return Audience(self.context.viewer_id, self.context.language, is_open=True)

    async def check(self) -> None:
        """Refuse a viewer who is not signed in any more; feeds are for everybody."""
        await self.context.require_nobody_or_live_session()

    def snapshot(self, place: Place, *, resumed: bool) -> FeedSnapshot:
        """Return the feed as it is now."""
        return FeedSnapshot(**place, resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of FeedEvent
        """Return what the graph says of an event; nothing where it is of a newer version."""
        if event.kind == EDGE_ADDED:
            return FeedEdgeAdded(**place, edge=edge_ref(FeedEdge, "feed", id=UUID(event.data["artwork"])))
        if event.kind == EDGE_REMOVED:
            return FeedEdgeRemoved(**place, node_id=global_id("artwork", UUID(event.data["artwork"])))
        return None
