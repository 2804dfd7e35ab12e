"""Search: the artworks, people and tags that a query and a filter find, how alike they are, and counts by their traits.

The functions of the database find (``search_artworks``, ``search_users``, ``search_like``; see docs/search.md); what is
found is then looked at like all else: who may see it, and in which order.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    BigInteger,
    Float,
    Integer,
    Text,
    Uuid,
    case,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import col

from db.tables import Artwork, Tag, User
from domain import artworks, follows, sight
from domain.words import SearchFacetField, SearchPeriod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, FromClause, Select, Subquery

    from domain.clauses import Row, Value

MAXIMUM_FOUND: Final = 1_001
"""Artworks that are looked at, the newest of those that match: this number of them means that there may be more."""
MAXIMUM_PEOPLE: Final = 500
MAXIMUM_TAGS: Final = 100
MAXIMUM_FACETS: Final = 100
_WEIGHT: Final = 32
_LN_2: Final = math.log(2)
"""What one step of likeness is worth, against doublings of likes, followers or uses."""


def asked(query: Value, terms: Mapping[str, Value], tags: Value, since: Value, until: Value) -> Subquery:
    """Return the row of one search: its key, and query and filter as the functions of the database read them.

    Args:
        query: the text of ``search_queries.Query.written``.
        terms: arrays of texts by the kind of term, one of which an artwork must have; None for any.
        tags: an array of tags, all of which it must have; or None.
        since: not older than this moment; or None.
        until: older than this moment; or None.
    """
    given = {kind: func.to_jsonb(value) for kind, value in terms.items() if value is not None}
    parts: dict[str, Any] = {"terms": _json(given)}
    parts |= {"tags": func.to_jsonb(tags)} if tags is not None else {}
    moments = {"since": since, "until": until}
    parts |= {
        name: func.to_jsonb(cast(func.extract("epoch", moment) * 1_000_000, BigInteger))
        for name, moment in moments.items()
        if moment is not None
    }
    whole = select(cast(query, JSONB).label("query"), _json(parts).label("filter")).subquery("whole")
    key = func.md5(cast(whole.c.query, Text) + cast(whole.c.filter, Text)).label("key")
    return select(key, whole.c.query, whole.c.filter).subquery()


def found_artworks(search: Row, viewer_id: Value) -> Subquery:
    """Return the artworks that are listed for somebody, with how well they match (``score``)."""
    found = _found(search)
    likes = _doublings(col(Artwork.like_count))
    score = cast(found.c.score * _WEIGHT + likes, BigInteger).label("score")
    return _listed(found, viewer_id, *Artwork.__table__.c, score).subquery()  # type: ignore[attr-defined]  # SQLModel's


def number_of_artworks(search: Row, viewer_id: Value) -> ColumnElement[int]:
    """Return how many artworks are found; the most that are looked at where these are not all."""
    found = _found(search, "counted")
    listed = _listed(found, viewer_id, literal_column("1").label("one")).subquery("listed")
    looked_at = select(func.count()).select_from(_found(search, "looked_at")).scalar_subquery()
    number: ColumnElement[int] = case(
        (looked_at >= MAXIMUM_FOUND, MAXIMUM_FOUND),
        else_=select(func.count()).select_from(listed).scalar_subquery(),
    )
    return number


def found_users(search: Row, viewer_id: Value) -> Subquery:
    """Return the people who are in somebody's sight, with how well they match."""
    columns = column("user_id", Uuid), column("likeness", Integer)
    found = func.search_users(search.query, MAXIMUM_PEOPLE).table_valued(*columns, name="found")
    score = cast(found.c.likeness * _WEIGHT + _doublings(col(User.follower_count)), BigInteger).label("score")
    return (
        select(*User.__table__.c, score)  # type: ignore[attr-defined]  # SQLModel's
        .join(found, found.c.user_id == col(User.id))
        .where(sight.in_sight(col(User.id), viewer_id))
        .subquery()
    )


def found_tags(search: Row, viewer_id: Value) -> Subquery:
    """Return the tags that somebody may see, with how well they match."""
    topics: ColumnElement[Any] = literal_column(f"{search.query} -> 'topics'")
    words = func.jsonb_array_elements_text(topics).table_valued(column("topic", Text), name="topics").render_derived()
    columns = column("id", Integer), column("word", Text), column("uses", Integer), column("likeness", Integer)
    like = func.search_like("TAG", words.c.topic, MAXIMUM_TAGS).table_valued(*columns, name="alike")
    best = func.max(like.c.likeness).label("likeness")
    named = select(like.c.word, best).select_from(words.join(like, literal_column("true"))).group_by(like.c.word)
    found = named.subquery("named")
    score = cast(found.c.likeness * _WEIGHT + _doublings(col(Tag.artwork_count)), BigInteger).label("score")
    return (
        select(*Tag.__table__.c, score)  # type: ignore[attr-defined]  # SQLModel's
        .join(found, found.c.word == col(Tag.name))
        .where(follows.tag_visible_to(Tag, viewer_id))
        .subquery()
    )


def facets(search: Row, viewer_id: Value) -> Subquery:
    """Return how many of the artworks that are looked at have each trait: (field, value, count)."""
    found = _found(search)
    traits = {
        SearchFacetField.STYLE: found.c.style,
        SearchFacetField.RATIO: found.c.ratio,
        SearchFacetField.ENGINE: found.c.engine,
        SearchFacetField.COLOR: found.c.color,
        SearchFacetField.LEVEL: found.c.level,
        SearchFacetField.PERIOD: _period(col(Artwork.created_at)),
    }
    listed = _listed(found, viewer_id, *(trait.label(name.lower()) for name, trait in traits.items())).subquery(
        "listed"
    )
    columns = [listed.c[name.lower()] for name in traits]
    # GROUPING has a bit for each column, the last one's the lowest, which is set where a row is not grouped by it
    others = (1 << len(columns)) - 1
    field = case(
        {others & ~(1 << place): literal(name.value, Text) for place, name in enumerate(reversed(traits))},
        value=func.grouping(*columns),
    )
    value = func.coalesce(*columns)
    return (
        select(field.label("field"), value.label("value"), func.count().label("count"))
        .group_by(func.grouping_sets(*map(tuple_, columns)))
        .having(value != "")
        .subquery()
    )


def _found(search: Row, name: str = "found") -> FromClause:
    texts = [column(each, Text) for each in ("style", "ratio", "engine", "color", "level")]
    columns = [column("artwork_id", Uuid), column("number", BigInteger), column("score", Integer), *texts]
    found: FromClause = func.search_artworks(search.query, search.filter, MAXIMUM_FOUND).table_valued(
        *columns, name=name
    )
    return found


def _listed(found: FromClause, viewer_id: Value, *columns: Any) -> Select[Any]:  # noqa: ANN401 - what is selected
    return (
        select(*columns)
        .select_from(found.join(Artwork, col(Artwork.id) == found.c.artwork_id))
        .where(artworks.listed_for(Artwork, viewer_id))
    )


def _doublings(count: Value) -> ColumnElement[int]:
    """Return how often a count was doubled, 0 to 31: few changes of the count change it."""
    binary = func.ln(cast(count + 1, Float(53))) / _LN_2  # of numeric, as log(2, …) is, it would take 30 µs
    return func.least(cast(func.floor(binary), Integer), _WEIGHT - 1)


def _period(moment: Value) -> ColumnElement[str]:
    ages = {
        SearchPeriod.DAY: "1 day",
        SearchPeriod.WEEK: "7 days",
        SearchPeriod.MONTH: "30 days",
        SearchPeriod.YEAR: "365 days",
    }
    cases = [
        (moment > literal_column(f"now() - interval '{age}'"), literal(period.value, Text))
        for period, age in ages.items()
    ]
    return case(*cases, else_=literal(SearchPeriod.OLDER.value, Text))


def _json(parts: Mapping[str, Value]) -> ColumnElement[Any]:
    """Return a JSON object."""
    given = [each for name, value in parts.items() for each in (literal(name, Text), value)]
    return func.jsonb_build_object(*given, type_=JSONB)
