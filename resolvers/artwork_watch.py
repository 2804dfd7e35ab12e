"""Watching an artwork: who likes it, and what is said of it."""

from collections.abc import AsyncIterable, Mapping
from typing import Annotated, Any
from uuid import UUID

import strawberry

from domain import artworks, streams
from domain.errors import Missing
from domain.ports import Event
from domain.words import ArtworkChange
from planner import ref
from resolvers.streams import After, Audience, Place, Watch
from schema.artwork_events import (
    ArtworkCommentAdded,
    ArtworkCommentChanged,
    ArtworkCommentDeleted,
    ArtworkCommentsLocked,
    ArtworkEvent,
    ArtworkLikesChanged,
    ArtworkSnapshot,
)
from schema.artworks import Artwork
from schema.comments import Comment
from schema.context import Context, Info
from schema.node import global_id, key_of


@strawberry.type
class ArtworkSubscriptions:
    """Streams about artworks."""

    @strawberry.subscription(
        description="Follow an artwork: how it is now, then its likes and comments, each event once and in order. Give "
        "the last `cursor` as `after` to go on after a broken connection; events are kept for ten minutes."
    )
    def artwork_events(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Id of an artwork.")],  # noqa: A002
        after: After = None,
    ) -> AsyncIterable[ArtworkEvent]:
        """Follow an artwork."""
        return ArtworkWatch(info.context, after, key_of("artwork", id))


class ArtworkWatch(Watch):
    """Somebody watching an artwork that they may see."""

    __slots__ = ("_key",)

    def __init__(self, context: Context, after: str | None, key: UUID | None) -> None:
        """Watch the artwork with this key; None is the key of none."""
        super().__init__(context, after)
        self._key = key

    @property
    def key(self) -> UUID:
        """Which artwork it is, known once ``check`` has passed."""
        assert self._key, "check has passed"
        return self._key

    @property
    def stream(self) -> str:
        """Name of the artwork's stream."""
        return streams.of_artwork(self.key)

    @property
    def audience(self) -> Audience:
        """The viewer, who may be nobody: each sees the comments of those who are in their sight."""
        return Audience(self.context.viewer_id, self.context.language, is_open=True)

    async def check(self) -> None:
        """Refuse who is not signed in any more, and artworks that are not there for the viewer."""
        await self.context.require_nobody_or_live_session()
        key, viewer_id = self._key, self.context.viewer_id
        db = self.context.services.db
        if key is None or not await db.look_up(lambda tx: artworks.is_visible(tx, key, viewer_id)):
            raise Missing("There is no such artwork that you may see.")

    def snapshot(self, place: Place, *, resumed: bool) -> ArtworkSnapshot:
        """Return the artwork as it is now."""
        return ArtworkSnapshot(**place, artwork=self._artwork, resumed=resumed)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of ArtworkEvent
        """Return what the graph says of an event; of one that it has no word for, the artwork as it is now."""
        told: Mapping[str, Any] = {**place, "artwork": self._artwork}
        match event.kind:
            case ArtworkChange.LIKES_CHANGED:
                return ArtworkLikesChanged(**told)
            case ArtworkChange.COMMENTS_LOCKED | ArtworkChange.COMMENTS_UNLOCKED:
                return ArtworkCommentsLocked(**told)
            case ArtworkChange.COMMENT_ADDED:
                return ArtworkCommentAdded(**told, comment=_comment(event))
            case ArtworkChange.COMMENT_EDITED | ArtworkChange.COMMENT_PINNED | ArtworkChange.COMMENT_UNPINNED:
                return ArtworkCommentChanged(**told, comment=_comment(event))
            case ArtworkChange.COMMENT_DELETED:
                comment_id = global_id("comment", UUID(event.data["comment"]))
                return ArtworkCommentDeleted(**told, comment_id=comment_id, comment=_comment(event))
        return self.snapshot(place, resumed=True)

    @property
    def _artwork(self) -> Artwork:
        return ref(Artwork, id=self.key)


def _comment(event: Event) -> Comment:
    return ref(Comment, id=UUID(event.data["comment"]))
