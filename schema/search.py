"""Searching in the graph: what is asked, and what is found."""

from datetime import datetime
from typing import Annotated

import strawberry
from sqlalchemy import BigInteger, Text, column, table
from sqlalchemy.dialects.postgresql import JSONB

from db.words import ContentLevel
from domain import search
from domain.words import Color, SearchFacetField, SearchOrder
from planner import Ask, Row, connection, planned, to_many
from planner import column as planned_column
from schema.accounts import UserConnection
from schema.artworks import ArtworkConnection
from schema.tags import TagConnection


@strawberry.input(description="Which artworks: those for which all that is said holds.")
class SearchFilter:
    """Which artworks."""

    styles: list[str] | None = strawberry.field(
        default=None, description="In the style with one of these keys; twenty at most."
    )
    ratios: list[str] | None = strawberry.field(
        default=None, description="Of one of these aspect ratios, such as `3:4`; twenty at most."
    )
    engines: list[str] | None = strawberry.field(
        default=None, description="Painted by the engine with one of these keys; twenty at most."
    )
    colors: list[Color] | None = strawberry.field(default=None, description="That have most of one of these colors.")
    content_levels: list[ContentLevel] | None = strawberry.field(
        default=None, description="Of one of these levels, as far as the viewer's preferences allow."
    )
    tags: list[str] | None = strawberry.field(
        default=None, description="With all of these tags, with or without `#`; twenty at most."
    )
    author_id: strawberry.ID | None = strawberry.field(default=None, description="By this user.")
    published_after: datetime | None = strawberry.field(default=None, description="Not older than this.")
    published_before: datetime | None = strawberry.field(default=None, description="Older than this.")


@strawberry.type(description="How many artworks of a search have a trait.")
@planned(table("facets", column("value", Text), column("field", Text), column("count", BigInteger)))
class SearchFacet:
    """How many artworks have a trait."""

    field: SearchFacetField = planned_column("By what they are counted.")
    value: str = planned_column("The trait: a key of a style or an engine, a ratio, a color, a level, or a period.")
    count: int = planned_column("How many of the newest 1,001 that were found have it.")


def _artworks(
    ask: Ask,
    row: Row,
    *,
    order_by: Annotated[  # noqa: ARG001 - the connection's
        SearchOrder, strawberry.argument(description="In which order.")
    ] = SearchOrder.RELEVANCE,
) -> object:
    return search.found_artworks(row, ask.viewer)


@strawberry.type(description="What a search finds. Only what is selected is looked for.")
@planned(table("searches", column("key", Text), column("query", JSONB), column("filter", JSONB)))
class Search:
    """What a search finds."""

    artworks: ArtworkConnection = connection(
        "Public artworks that have all of it in title, tags, description, shown prompt, or their author's name. Of "
        "more than 1,000 the newest are told of; `totalCount` is 1,001 then.",
        rows=_artworks,
        order={
            SearchOrder.RELEVANCE: ("-score", "-created_at", "-id"),
            SearchOrder.NEWEST: ("-created_at", "-id"),
        },
        seen=True,
        count=lambda ask, row: search.number_of_artworks(row, ask.viewer),
    )
    users: UserConnection = connection(
        "People by handle and name, whatever the filter; of more than 500, some.",
        rows=lambda ask, row: search.found_users(row, ask.viewer),
        order=("-score", "-id"),
    )
    tags: TagConnection = connection(
        "Tags that are like one of the words, whatever the filter.",
        rows=lambda ask, row: search.found_tags(row, ask.viewer),
        order=("-score", "-id"),
        seen=True,
    )
    facets: list[SearchFacet] = to_many(
        "How many of the artworks have which traits, the most frequent first; a hundred at most.",
        rows=lambda ask, row: search.facets(row, ask.viewer),
        order=lambda facet: [facet.count.desc(), facet.field, facet.value],
        limit=search.MAXIMUM_FACETS,
    )
