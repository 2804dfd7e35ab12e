"""Tags."""

from typing import Annotated, Any

import strawberry
from sqlalchemy import Text

from db.words import TrendWindow
from domain import collecting, trends
from planner import Ask, Row, to_many, to_one
from schema.context import Context
from schema.tags import Tag
from schema.trends import TrendingTag


def _with_name(
    _ask: Ask,
    tag: Row,
    *,
    name: Annotated[str, strawberry.argument(description="With or without `#`, in any case.")],
) -> Any:  # noqa: ANN401 - a condition
    return tag.name == name.read(collecting.plain_tag, Text())  # type: ignore[attr-defined]  # an argument of SQL


def _trending(
    ask: Ask,
    trend: Row,
    *,
    window: Annotated[TrendWindow, strawberry.argument(description="Within which time.")] = TrendWindow.WEEK,
) -> Any:  # noqa: ANN401 - a condition
    return trends.is_trending(trend, window, ask.viewer)


@strawberry.type
class TagQueries:
    """Root fields about tags."""

    tag: Tag | None = to_one(
        "The tag with this name; null where no public artwork has it.", _with_name, check=Context.require_good_token
    )
    trending_tags: list[TrendingTag] = to_many(
        "Tags that are used more than usual, the most surprising first; fifty at most. They are measured each minute.",
        _trending,
        order=("-score", "-tag_id"),
        limit=trends.MAXIMUM_TRENDING,
        check=Context.require_good_token,
    )
