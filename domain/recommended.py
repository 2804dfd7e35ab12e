"""Recommendations as a feed: a page of somebody's list, and why each artwork is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Text, and_, case, cast, func, literal_column, not_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from db.tables import Artwork, CollectionItem, Comment, Reaction, Recommendation, RecommendationList, SeenArtwork, Tag
from domain import artworks
from domain.clauses import there_is

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Select

    from domain.clauses import Row, Slice, Value


def page(viewer_id: Value, wanted: Slice) -> Select[Any]:
    """Return the artworks of the list that the cursor's first part names, or of the viewer's present one.

    Who has no list of their own reads the one for everybody. Somebody else's is empty, and so is one that is gone.
    """
    entry, artwork = aliased(Recommendation), aliased(Artwork)
    named = wanted.cursor[0] if wanted.cursor else _present(viewer_id)
    columns: list[Any] = [
        col(entry.list_id).label("list_id"),
        col(entry.rank).label("rank"),
        col(entry.artwork_id).label("id"),
    ]
    found = (
        select(*columns)
        .join(artwork, col(artwork.id) == col(entry.artwork_id))
        .where(
            col(entry.list_id) == _readable(viewer_id, named),
            artworks.listed_for(artwork, viewer_id),
            is_new_to(artwork, viewer_id),
        )
    )
    return wanted.ordered(found, col(entry.rank), col(entry.artwork_id))


def is_new_to(artwork: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artworks somebody has not made, seen, liked, kept or commented on."""
    whose: tuple[tuple[Any, Any], ...] = (
        (SeenArtwork, SeenArtwork.user_id),
        (Reaction, Reaction.user_id),
        (CollectionItem, CollectionItem.user_id),
        (Comment, Comment.author_id),
    )
    known = (
        there_is(select(table).where(table.artwork_id == artwork.id, col(who) == viewer_id).correlate(artwork))
        for table, who in whose
    )
    return and_(artwork.author_id.is_distinct_from(viewer_id), *(not_(each) for each in known))


def reason_of(artwork: Row, viewer_id: Value) -> ColumnElement[str | None]:
    """Return why an artwork is in the viewer's list, NULL where it is in none."""
    return cast(_entry(artwork, viewer_id, "reason"), Text)


def reason_tag(artwork: Row, viewer_id: Value) -> ColumnElement[str | None]:
    """Return the name of the tag because of which it is there."""
    named = select(col(Tag.name)).where(col(Tag.id) == _entry(artwork, viewer_id, "tag_id"))
    return named.scalar_subquery()


def is_reason(artwork: Row, liked: Row, viewer_id: Value) -> ColumnElement[bool]:
    """Return the clause that says which artwork that the viewer likes is the reason."""
    clause: ColumnElement[bool] = liked.id == _entry(artwork, viewer_id, "liked_id")
    return clause


def _present(viewer_id: Value) -> ColumnElement[Any]:
    """Return the key of the viewer's present list, or of everybody's."""
    present = select(col(RecommendationList.id)).where(col(RecommendationList.replaced_at).is_(None))
    own = present.where(col(RecommendationList.user_id) == viewer_id).scalar_subquery()
    return func.coalesce(own, present.where(col(RecommendationList.user_id).is_(None)).scalar_subquery())


def _readable(viewer_id: Value, list_id: Value) -> ColumnElement[Any]:
    """Return the key of a list if it is the viewer's, or everybody's."""
    made = aliased(RecommendationList)
    return select(col(made.id)).where(col(made.id) == list_id, _is_of(made, viewer_id)).scalar_subquery()


def _entry(artwork: Row, viewer_id: Value, column: str) -> ColumnElement[Any]:
    """Return a column of an artwork's place in the viewer's present list, or in the newest of those that have it."""
    entry, older, made = aliased(Recommendation), aliased(Recommendation), aliased(RecommendationList)
    here = (col(entry.list_id) == _present(viewer_id), col(entry.artwork_id) == artwork.id)
    before = (
        select(getattr(older, column))
        .join(made, col(made.id) == col(older.list_id))
        .where(col(older.artwork_id) == artwork.id, _is_of(made, viewer_id))
        .order_by(col(made.user_id).nulls_last(), col(made.made_at).desc())
        .limit(literal_column("1"))
    )
    is_here = select(col(entry.rank)).where(*here).exists()
    return case(
        (is_here, select(getattr(entry, column)).where(*here).scalar_subquery()), else_=before.scalar_subquery()
    )


def _is_of(made: Any, viewer_id: Value) -> ColumnElement[bool]:  # noqa: ANN401 - a mapped class
    return or_(col(made.user_id) == viewer_id, col(made.user_id).is_(None))
