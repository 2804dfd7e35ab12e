"""Feeds: pages of them, and watching what comes into them and what leaves."""

from collections.abc import AsyncIterable, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from sqlalchemy import Select

from db.words import ContentLevel
from domain import feeds, hashtags, listing, recommended, streams
from domain.errors import BadUserInput, Unauthenticated
from domain.ports import Event
from domain.words import FeedKind, FeedWindow
from planner import Ask, Row, Slice, connection, edge_ref, own_edge_ref, refused, required
from resolvers.streams import After, Audience, Place, Watch
from schema.context import Context, Info, Services
from schema.feed_events import FeedEdgeAdded, FeedEdgeRemoved, FeedEvent, FeedSnapshot
from schema.feeds import FeedConnection, FeedEdge, FeedFilter, read_filter
from schema.node import global_id, key_of

Kind = Annotated[FeedKind, strawberry.argument(description="Which feed.")]
Window = Annotated[
    FeedWindow | None,
    strawberry.argument(description="How fast a POPULAR feed moves on; WEEK by default. Other kinds take none."),
]
Filter = Annotated[
    FeedFilter | None, strawberry.argument(description="Of which artworks it is; of all by default. TAG needs a `tag`.")
]

_TAKES: Final[Mapping[FeedKind, frozenset[str]]] = {
    FeedKind.LATEST: frozenset({"style", "author_id"}),
    FeedKind.POPULAR: frozenset({"window"}),
    FeedKind.TAG: frozenset({"tag"}),
}
"""What a kind of feed is asked for with, of `window` and the fields of `filter`: that for which there is an index."""
_CALLED: Final[Mapping[str, str]] = {
    "window": "`window`",
    "tag": "`filter: { tag }`",
    "style": "`filter: { style }`",
    "author_id": "`filter: { authorId }`",
}
_BY_TIME: Final = ("-created_at", "-id")


def _problem(kind: FeedKind, given: Any, window: FeedWindow | None = None) -> str | None:  # noqa: ANN401 - as it arrived, or an argument
    """Return what is wrong with asking for a feed with this filter and window."""
    values = {"window": window} | {name: getattr(given, name, None) for name in ("tag", "style", "author_id")}
    for name, value in values.items():
        if value is not None and name not in _TAKES.get(kind, frozenset()):
            return f"{kind} does not take {_CALLED[name]}."
    if kind is FeedKind.TAG and values["tag"] is None:
        return f"TAG needs {_CALLED['tag']}."
    return None


def _is_in_feed(
    ask: Ask,
    artwork: Row,
    *,
    kind: Kind = FeedKind.LATEST,
    window: Window = None,
    filter: Filter = None,  # noqa: A002 - the argument's name
) -> Any:  # noqa: ANN401 - a condition
    if problem := _problem(kind, filter, window):
        return refused(lambda: BadUserInput(problem))
    return feeds.is_in(artwork, _viewer(ask, kind), kind, read_filter(filter))


def _is_told(_ask: Ask, artwork: Row, *, filter: Any, **_arguments: object) -> Any:  # noqa: A002, ANN401 - as above
    return feeds.is_told(artwork, read_filter(filter))


def _slice(ask: Ask, wanted: Slice, *, kind: FeedKind, window: FeedWindow | None, filter: Any) -> Select[Any] | None:  # noqa: A002, ANN401 - as above
    if kind is FeedKind.LATEST:
        return None
    if kind is FeedKind.POPULAR:
        found = feeds.popular(ask.viewer, wanted, window)
    elif kind is FeedKind.RECOMMENDED:
        found = recommended.page(ask.viewer, wanted)
    elif kind is FeedKind.TAG:
        found = feeds.by_tag(ask.viewer, wanted, read_filter(filter).tag)
    else:
        found = feeds.following(_viewer(ask, kind), wanted)
    problem = _problem(kind, filter, window)
    return found.where(refused(lambda: BadUserInput(problem))) if problem else found


def _viewer(ask: Ask, kind: FeedKind) -> Any:  # noqa: ANN401 - a parameter
    if kind is FeedKind.FOLLOWING:
        return required(ask.viewer, partial(Unauthenticated, "Sign in first."))
    return ask.viewer


@strawberry.type
class FeedQueries:
    """Root fields about feeds."""

    feed: FeedConnection = connection(
        "A feed of artworks: of those that are not the viewer's, the ones that suit their content preferences, of "
        "nobody whom they have muted or blocked, and with no tag that they hide.",
        _is_in_feed,
        order={
            FeedKind.LATEST: _BY_TIME,
            FeedKind.POPULAR: ("-as_of", "-score", "-id"),
            FeedKind.FOLLOWING: _BY_TIME,
            FeedKind.TAG: _BY_TIME,
            FeedKind.RECOMMENDED: ("list_id", "rank", "id"),
        },
        ordered_by="kind",
        among=_slice,
        seen=True,
        check=Context.require_good_token,
        told=_is_told,
    )


@strawberry.type
class FeedSubscriptions:
    """Streams about feeds."""

    @strawberry.subscription(
        description="Follow a feed: a page of it first, then each artwork that comes or leaves, once and in order. "
        "Give the last `cursor` as `after` to go on after a broken connection; events are kept for ten minutes. A "
        "POPULAR feed has no events: ask for its `newerCount` now and then. Neither has RECOMMENDED."
    )
    def feed_events(
        self,
        info: Info,
        kind: Kind,
        filter: Filter = None,  # noqa: A002 - the argument's name
        after: After = None,
    ) -> AsyncIterable[FeedEvent]:
        """Follow a feed."""
        return FeedWatch(info.context, after, kind, filter)


class FeedWatch(Watch):
    """Anybody watching a feed: all of them follow the one stream of what becomes public, and leave it again."""

    def __init__(self, context: Context, after: str | None, kind: FeedKind, given: FeedFilter | None = None) -> None:
        """Watch the feed of this kind, of the artworks that a filter leaves."""
        super().__init__(context, after)
        self._kind = kind
        self._given = given
        self._tag = hashtags.plain_tag(given.tag) if given and given.tag else None
        self._author = key_of("user", given.author_id) if given and given.author_id else None
        self._is_choosy = False
        """Whether the viewer wants to be told of less, or of more, than everybody."""

    @property
    def stream(self) -> str:
        """Name of the stream of all feeds."""
        return streams.of_feed(FeedKind.LATEST)

    @property
    def place_name(self) -> str:
        """The feed, with what it is asked for with."""
        given = self._given
        asked = [self._tag or "", given.style or "", given.author_id or ""] if given else []
        return ":".join([streams.of_feed(self._kind), *asked])

    @property
    def audience(self) -> Audience:
        """The viewer, who may be nobody: artworks tell whether they like them."""
        return Audience(self.context.viewer_id, self.context.language, is_open=not self.is_selective)

    @property
    def is_selective(self) -> bool:
        """Whether it depends on the viewer of which artworks they are told."""
        return self._kind is FeedKind.FOLLOWING or self._is_choosy

    async def check(self) -> None:
        """Refuse a viewer who is not signed in any more, and what is no feed; most feeds are for everybody."""
        if self._kind is FeedKind.POPULAR:
            raise BadUserInput("A POPULAR feed has no events: ask for its `newerCount`.")
        if self._kind is FeedKind.RECOMMENDED:
            raise BadUserInput("A RECOMMENDED feed has no events: ask for its first page anew.")
        if problem := _problem(self._kind, self._given):
            raise BadUserInput(problem)
        if self._kind is FeedKind.FOLLOWING:
            await self.context.require_live_session()
        else:
            await self.context.require_nobody_or_live_session()
        viewer_id = self.context.viewer_id
        if viewer_id:
            self._is_choosy = await self.context.services.db.find(feeds.choosy, viewer_id) is not None

    @classmethod
    async def tend(cls, services: Services, watches: Sequence[Watch]) -> None:
        """Look again who wants to be told of less, or of more, than everybody."""
        viewers = {each: each.context.claims.user_id for each in watches if each.context.claims}
        found = await services.db.look_up(lambda tx: feeds.choosy(tx, {*viewers.values()})) if viewers else {}
        for watch, viewer_id in viewers.items():
            assert isinstance(watch, FeedWatch), "each kind is tended by itself"
            watch._is_choosy = viewer_id in found  # noqa: SLF001 - our own

    def snapshot(self, place: Place, *, resumed: bool) -> FeedSnapshot:
        """Return the feed as it is now."""
        return FeedSnapshot(**place, resumed=resumed, asked=self._asked)

    def event(self, event: Event, place: Place) -> Any:  # noqa: ANN401 - a member of FeedEvent
        """Return what the graph says of an event; nothing where it is of another feed, or of a newer version."""
        if event.kind not in {listing.EDGE_ADDED, listing.EDGE_REMOVED} or not self._has(event):
            return None
        artwork_id = UUID(event.data["artwork"])
        if event.kind == listing.EDGE_REMOVED:
            return FeedEdgeRemoved(**place, node_id=global_id("artwork", artwork_id))
        refer = own_edge_ref if self.is_selective else edge_ref
        return FeedEdgeAdded(**place, edge=refer(FeedEdge, "feed", self._asked, id=artwork_id))

    async def concerns(self, event: Event) -> bool:
        """Look whether the viewer wants to be told of the artwork."""
        viewer_id = self.context.viewer_id
        assert viewer_id, "who chooses is signed in"
        key = UUID(event.data["artwork"]), viewer_id, self._kind is FeedKind.FOLLOWING
        return bool(await self.context.services.db.find(feeds.concerned, key))

    def _has(self, event: Event) -> bool:
        """Whether an artwork stands in this feed, as far as its event says."""
        data, given = event.data, self._given
        if not self.is_selective and data.get("level", ContentLevel.GENERAL) != ContentLevel.GENERAL:
            return False
        if given is None:
            return True
        return (
            (given.tag is None or self._tag in data.get("tags", ()))
            and (given.style is None or given.style == data.get("style"))
            and (given.author_id is None or (self._author is not None and str(self._author) == data.get("author")))
        )

    @property
    def _asked(self) -> Mapping[str, Any]:
        """What `feed` is asked with for this feed, by the names of its arguments; as little as its cursors tell."""
        asked: dict[str, Any] = {"kind": self._kind}
        if self._given:
            given = {"tag": self._given.tag, "style": self._given.style, "authorId": self._given.author_id}
            asked["filter"] = {name: value for name, value in given.items() if value is not None}
        return asked
