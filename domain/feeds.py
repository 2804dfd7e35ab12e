"""Feeds that no index of artworks alone gives in order: what stands in a slice of them, found by the index that suits.

Each function returns a statement with the columns of the feed's order by their names. Who may be shown what is looked
at inside, before anything is left out for its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    ARRAY,
    TIMESTAMP,
    Boolean,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
    true,
    type_coerce,
    union,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import Artwork, ArtworkScore, ArtworkTag, Block, Follow, HiddenTag, Mute, Tag, TagFollow, User
from db.words import ContentLevel
from domain import artworks, popularity, recommended
from domain.clauses import there_is
from domain.words import FeedKind, FeedReasonKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from uuid import UUID

    from sqlalchemy import ColumnElement, Select, Subquery
    from sqlalchemy.ext.asyncio import AsyncSession
    from sqlalchemy.types import TypeEngine

    from domain.clauses import Row, Slice, Value
    from domain.words import FeedWindow

    Concern = tuple[UUID, UUID, bool]
    """An artwork, a viewer, and whether it is about what they follow."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Of which artworks a feed is; None where it is of all."""

    tag: Value = None
    """Its name."""
    style: Value = None
    author_id: Value = None


NEWEST: Final = 500
"""How many of the newest artworks are looked through for those of many followed."""
FEW_PEOPLE: Final = 400
FEW_TAGS: Final = 50
"""Of so many followed, each one's newest artworks are looked up instead."""


def by_tag(viewer_id: Value, wanted: Slice, name: Value) -> Select[Any]:
    """Return the artworks with the tag called ``name``, newest first."""
    return _tagged(viewer_id, wanted, select(col(Tag.id)).where(col(Tag.name) == name).scalar_subquery())


def listings() -> Subquery:
    """Return which tags list which artworks and at which place, as (tag_id, artwork_id, listed_at): public ones."""
    link = ArtworkTag
    at = type_coerce(link.listed_at, TIMESTAMP(timezone=True)).label("listed_at")  # the plain column may be null
    return select(col(link.tag_id), col(link.artwork_id), at).where(col(link.listed_at).is_not(None)).subquery()


def is_tagged(artwork: Row, listing: Row, tag: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks the feed of a tag shows, over the ``listings`` between them."""
    there = and_(listing.tag_id == tag.id, artwork.id == listing.artwork_id)
    return and_(there, artworks.listed_for(artwork, viewer_id))


def popular(viewer_id: Value, wanted: Slice, window: FeedWindow | None) -> Select[Any]:
    """Return the artworks that are popular in a window, as of the round that the cursor's first part names.

    What stands before a cursor is counted as of now.
    """
    artwork, version = aliased(Artwork), aliased(ArtworkScore)
    score = getattr(version, popularity.column_of(window))
    moment = wanted.cursor[0] if wanted.cursor and not wanted.is_before else None
    as_of = select(popularity.as_of(moment)).scalar_subquery()
    found = (
        select(as_of.label("as_of"), score.label("score"), col(version.artwork_id).label("id"))
        .join(artwork, col(artwork.id) == col(version.artwork_id))
        .where(popularity.is_good(version, as_of), artworks.listed_for(artwork, viewer_id))
    )
    return wanted.ordered(found, score, col(version.artwork_id))


def following(viewer_id: Value, wanted: Slice) -> Select[Any]:
    """Return the artworks of people and with tags that the viewer follows, newest first.

    Few followed ones are asked one by one for their newest: those whose own newest are the newest of all can alone
    have a place. For many, the newest of all artworks are looked through first: somebody who follows thousands finds a
    page there, unless these hardly ever publish.
    """
    people, tags = _people(viewer_id, wanted), _tags(viewer_id, wanted)
    newest = _newest(wanted).subquery("newest")
    is_many = _once(or_(people.is_many, tags.is_many))
    found = select(newest.c.id, newest.c.created_at).where(
        is_many, or_(people.has(newest.c), tags.has(newest.c)), artworks.wanted_by(newest.c, viewer_id)
    )
    recent = wanted.ordered(found, newest.c.created_at, newest.c.id).cte().prefix_with("MATERIALIZED")
    there = select(func.count()).select_from(recent).scalar_subquery()
    beyond = _newest(wanted).offset(_text(NEWEST - 1)).limit(_text(1))
    is_enough = _once(and_(is_many, or_(there >= wanted.size, ~beyond.exists())))
    all_found = union(
        select(recent.c.id, recent.c.created_at).where(is_enough),
        *(_looked_up(source, wanted, ~is_enough) for source in (people, tags)),
    ).subquery("followed")
    return wanted.ordered(select(all_found.c.id, all_found.c.created_at), all_found.c.created_at, all_found.c.id)


@dataclass(frozen=True, slots=True)
class _Source:
    """One kind of what people follow, with two ways to its artworks."""

    name: str
    keys: Select[Any]
    """What the viewer follows, as ``key``."""
    few: int
    own: Callable[[ColumnElement[Any]], Select[Any]]
    """Returns the statement for the slice of one key's artworks."""
    has: Callable[[Any], ColumnElement[bool]]
    """Returns the clause that says which artworks are of a followed one."""

    @property
    def is_many(self) -> ColumnElement[bool]:
        """Whether more than few are followed."""
        some = self.keys.limit(_text(self.few + 1)).subquery()
        return select(func.count()).select_from(some).scalar_subquery() > self.few


def _people(viewer_id: Value, wanted: Slice) -> _Source:
    followed: Select[Any] = select(col(Follow.followee_id).label("key")).where(col(Follow.follower_id) == viewer_id)

    def own(key: ColumnElement[Any]) -> Select[Any]:
        artwork = aliased(Artwork)
        columns: list[Any] = [col(artwork.id).label("id"), col(artwork.created_at).label("created_at")]
        found = select(*columns).where(col(artwork.author_id) == key, artworks.listed_for(artwork, viewer_id))
        return wanted.ordered(found, col(artwork.created_at), col(artwork.id))

    def has(artwork: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a row
        return _follows_author(artwork, viewer_id)

    return _Source("people", followed, FEW_PEOPLE, own, has)


def _tags(viewer_id: Value, wanted: Slice) -> _Source:
    followed: Select[Any] = select(col(TagFollow.tag_id).label("key")).where(col(TagFollow.user_id) == viewer_id)

    def own(key: ColumnElement[Any]) -> Select[Any]:
        return _tagged(viewer_id, wanted, key)

    def has(artwork: Any) -> ColumnElement[bool]:  # noqa: ANN401 - a row
        link = aliased(ArtworkTag)
        one = select(col(link.tag_id)).where(col(link.artwork_id) == artwork.id, col(link.tag_id).in_(followed))
        return and_(followed.exists(), there_is(one))

    return _Source("tags", followed, FEW_TAGS, own, has)


def _tagged(viewer_id: Value, wanted: Slice, tag_id: ColumnElement[Any]) -> Select[Any]:
    artwork, link = aliased(Artwork), aliased(ArtworkTag)
    columns: list[Any] = [col(link.artwork_id).label("id"), col(link.listed_at).label("created_at")]
    found = (
        select(*columns)
        .join(artwork, col(artwork.id) == col(link.artwork_id))
        .where(col(link.tag_id) == tag_id, col(link.listed_at).is_not(None), artworks.listed_for(artwork, viewer_id))
    )
    return wanted.ordered(found, col(link.listed_at), col(link.artwork_id))


def _looked_up(source: _Source, wanted: Slice, condition: ColumnElement[bool]) -> Select[Any]:
    """Return the slice of what followed ones have, of those whose newest are the newest."""
    keys = source.keys.where(condition).subquery(f"followed_{source.name}")
    newest = source.own(keys.c.key).limit(_text(1)).lateral(f"head_{source.name}")
    place = func.dense_rank().over(order_by=[*wanted.directed(newest.c.created_at, newest.c.id)]).label("place")
    heads = select(keys.c.key, place).select_from(keys.join(newest, true())).subquery(f"heads_{source.name}")
    first = select(heads.c.key).where(heads.c.place <= wanted.size).subquery(f"first_{source.name}")
    own = source.own(first.c.key).lateral(f"own_{source.name}")
    return select(own.c.id, own.c.created_at).select_from(first.join(own, true()))


def _newest(wanted: Slice) -> Select[Any]:
    artwork = aliased(Artwork)
    columns: list[Any] = [artwork.id, artwork.created_at, artwork.author_id, artwork.content_level]
    listed = select(*columns).where(artworks.is_out(artwork))
    return wanted.ordered(listed, col(artwork.created_at), col(artwork.id)).limit(_text(NEWEST))


def _once(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a condition that a statement looks at in several places, and finds out once."""
    return select(select(condition.label("yes")).cte().prefix_with("MATERIALIZED").c.yes).scalar_subquery()


def _text(number: int) -> ColumnElement[int]:
    """Return a number as it is written into a statement."""
    return literal_column(str(number))


def is_in(artwork: Row, viewer_id: Value, kind: FeedKind, asked: Filter) -> ColumnElement[bool]:
    """Return the clause that says which artworks stand in a feed for the viewer."""
    clauses = [artworks.listed_for(artwork, viewer_id), *_asked_for(artwork, asked)]
    if kind is FeedKind.FOLLOWING:
        clauses.append(is_followed(artwork, viewer_id))
    return and_(*clauses)


def is_told(artwork: Row, asked: Filter) -> ColumnElement[bool]:
    """Return the clause that says of which artworks of a feed everybody may be told."""
    return and_(artworks.is_told(artwork), *_asked_for(artwork, asked))


def is_followed(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks are of people, or have tags, that the viewer follows."""
    return or_(_follows_author(artwork, viewer_id), _followed_tag(artwork, viewer_id).exists())


def reason_of(artwork: Row, viewer_id: Value, kind: FeedKind) -> ColumnElement[str]:
    """Return why an artwork is in a feed of this kind."""
    if kind is FeedKind.RECOMMENDED:
        return func.coalesce(recommended.reason_of(artwork, viewer_id), FeedReasonKind.POPULAR.name)
    if kind is not FeedKind.FOLLOWING:
        return literal(FeedReasonKind[kind.name].name, Text())
    author, tag = (literal(each.name, Text()) for each in (FeedReasonKind.FOLLOWED_AUTHOR, FeedReasonKind.FOLLOWED_TAG))
    return case((_follows_author(artwork, viewer_id), author), else_=tag)


def is_reason(artwork: Row, user: Row, viewer_id: Value, kind: FeedKind) -> ColumnElement[bool]:
    """Return the clause that says whom the viewer follows, where an artwork is in a feed because of that."""
    if kind is not FeedKind.FOLLOWING:
        return false()
    return and_(user.id == artwork.author_id, _follows_author(artwork, viewer_id))


def is_reason_artwork(artwork: Row, liked: Row, viewer_id: Value, kind: FeedKind) -> ColumnElement[bool]:
    """Return the clause that says which artwork the viewer likes, where another is in a feed because of that."""
    return recommended.is_reason(artwork, liked, viewer_id) if kind is FeedKind.RECOMMENDED else false()


def reason_tag(artwork: Row, viewer_id: Value, kind: FeedKind, tag: Value) -> ColumnElement[str | None]:
    """Return the tag because of which an artwork is in a feed; ``tag`` is the one that was asked for."""
    if kind is FeedKind.TAG:
        return cast(tag, Text)
    if kind is FeedKind.RECOMMENDED:
        return recommended.reason_tag(artwork, viewer_id)
    if kind is not FeedKind.FOLLOWING:
        return cast(null(), Text)
    first = _followed_tag(artwork, viewer_id).scalar_subquery()
    return case((not_(_follows_author(artwork, viewer_id)), first))


def _asked_for(artwork: Row, asked: Filter) -> Iterator[ColumnElement[bool]]:
    if asked.tag is not None:
        link = aliased(ArtworkTag)
        named = select(col(Tag.id)).where(col(Tag.name) == asked.tag).scalar_subquery()
        yield select(col(link.tag_id)).where(col(link.artwork_id) == artwork.id, col(link.tag_id) == named).exists()
    if asked.style is not None:
        yield artwork.style == asked.style
    if asked.author_id is not None:
        yield artwork.author_id == asked.author_id


def _follows_author(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    follow = aliased(Follow)
    theirs = select(col(follow.followee_id))
    return there_is(theirs.where(col(follow.follower_id) == viewer_id, col(follow.followee_id) == artwork.author_id))


def _followed_tag(artwork: Row, viewer_id: Value) -> Select[Any]:
    """Return the statement for the first of an artwork's tags that the viewer follows."""
    link, follow = aliased(ArtworkTag), aliased(TagFollow)
    return (
        select(col(Tag.name))
        .join(link, col(link.tag_id) == col(Tag.id))
        .join(follow, col(follow.tag_id) == col(Tag.id))
        .where(col(link.artwork_id) == artwork.id, col(follow.user_id) == viewer_id)
        .order_by(col(link.position))
        .limit(_text(1))
    )


async def choosy(tx: AsyncSession, viewers: Collection[UUID]) -> Mapping[UUID, bool]:
    """Return who of the ``viewers`` wants to be told of other artworks than everybody is.

    They block, mute or hide, or want to see more than GENERAL ones.
    """
    lists = ((Block, Block.user_id), (Mute, Mute.user_id), (HiddenTag, HiddenTag.user_id))
    has_any = (exists().where(col(user_id) == col(User.id)).select_from(table) for table, user_id in lists)
    found = select(col(User.id)).where(
        col(User.id).in_(viewers), or_(col(User.content_level) != ContentLevel.GENERAL, *has_any)
    )
    return dict.fromkeys((await tx.execute(found)).scalars(), True)


async def concerned(tx: AsyncSession, keys: Collection[Concern]) -> Mapping[Concern, bool]:
    """Return of which artworks viewers want to be told: artwork, viewer, and whether only of what they follow."""
    types: tuple[TypeEngine[Any], ...] = (Uuid(), Uuid(), Boolean())
    arrays = [
        cast(literal([*each], ARRAY(type_)), ARRAY(type_))
        for each, type_ in zip(zip(*keys, strict=True), types, strict=True)
    ]
    names = [column(name, type_) for name, type_ in zip(("artwork_id", "viewer_id", "follows"), types, strict=True)]
    asked = func.unnest(*arrays).table_valued(*names).render_derived("asked")
    viewer_id: ColumnElement[Any] = literal_column("asked.viewer_id", Uuid())  # in reach of all that is nested
    found = select(asked.c.artwork_id, asked.c.viewer_id, asked.c.follows).where(
        col(Artwork.id) == asked.c.artwork_id,
        artworks.wanted_by(Artwork, viewer_id),
        or_(~asked.c.follows, is_followed(Artwork, viewer_id)),
    )
    concerns = [(artwork_id, viewer, follows) for artwork_id, viewer, follows in (await tx.execute(found)).all()]
    return dict.fromkeys(concerns, True)
