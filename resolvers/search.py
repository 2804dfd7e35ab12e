"""Searching artworks, people and tags."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import strawberry
from sqlalchemy import ARRAY, TIMESTAMP, Text, cast, func

from domain import search
from domain.errors import BadUserInput
from domain.search_queries import query_json
from domain.search_words import plain
from domain.texts import findable
from planner import Ask, to_one
from schema.context import Context
from schema.node import read_key
from schema.search import Search, SearchFilter

MAXIMUM_VALUES: Final = 20
"""Values of one list in a filter."""
_TERMS: Final = {
    "style": "styles",
    "ratio": "ratios",
    "engine": "engines",
    "color": "colors",
    "level": "content_levels",
}
"""By the kind of term, the fields of the filter."""


def _search(
    _ask: Ask,
    *,
    query: Annotated[
        str,
        strawberry.argument(
            description='Words, `"phrases"`, `#tags` and `@handles`, all of which must be there; `-` stands before '
            "what must not. At most 500 characters and 20 such things. Empty for all that the filter leaves."
        ),
    ] = "",
    filter: Annotated[  # noqa: A002
        SearchFilter | None, strawberry.argument(description="Which artworks; all by default.")
    ] = None,
) -> Any:  # noqa: ANN401 - a row
    given: Any = query
    text = given.read(query_json, Text())
    if filter is None:
        return search.asked(text, {}, None, None, None)
    chosen = vars(filter)
    terms = {kind: _array(chosen[field], _words) for kind, field in _TERMS.items()}
    if filter.author_id is not None:
        terms["author"] = func.array_append(
            cast([], ARRAY(Text)), func.coalesce(cast(read_key(filter.author_id, "user"), Text), "")
        )
    moments = [None if each is None else _moment(each) for each in (filter.published_after, filter.published_before)]
    return search.asked(text, terms, _array(filter.tags, _tags), *moments)


def _array(argument: Any, read: Any) -> Any:  # noqa: ANN401 - an argument, and an SQL expression
    return None if argument is None else argument.read(read, ARRAY(Text))


def _moment(argument: Any) -> Any:  # noqa: ANN401 - an argument, and an SQL expression
    return argument.read(lambda at: at, TIMESTAMP(timezone=True))


def _words(given: Sequence[Any]) -> list[str]:
    if len(given) > MAXIMUM_VALUES:
        raise BadUserInput(f"A list of `filter` may hold at most {MAXIMUM_VALUES} values; there are {len(given)}.")
    return [findable(str(getattr(each, "name", each))) or "" for each in given]


def _tags(given: Sequence[Any]) -> list[str]:
    return [plain(each).strip().removeprefix("#") for each in _words(given)]


@strawberry.type
class SearchQueries:
    """Root fields about searching."""

    search: Search = to_one(
        "Find artworks, people and tags, by words and by traits.", rows=_search, check=Context.require_good_token
    )
