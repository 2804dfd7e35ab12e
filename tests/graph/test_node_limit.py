"""How many objects one answer may hold: counted from the page sizes, refused before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph_client import CORE

if TYPE_CHECKING:
    from conftest import Installation

pytestmark = pytest.mark.anyio

NESTED = """
query Nested($handle: String!, $size: Int = 100) {
  user(handle: $handle) { artworks(first: $size) { nodes { author { artworks(first: $size) { nodes { id } } } } } }
}
"""


async def test_pages_of_pages_are_refused_before_they_are_read(easel: Installation) -> None:
    answer = await easel.client().post(NESTED, {"handle": "nobody"})

    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "COST_LIMIT", "measure": "nodes", "limit": 10_000, "count": 10_302}
    assert answer.get("data") is None


async def test_the_same_document_is_answered_with_smaller_pages(easel: Installation) -> None:
    assert await easel.client().data(NESTED, {"handle": "nobody", "size": 10}) == {"user": None}


@pytest.mark.parametrize("spread", ["...Page ...Page", "...Page ... on User { ...Page }"])
async def test_fragments_count_wherever_they_are_spread(easel: Installation, spread: str) -> None:
    page = "fragment Page on User { artworks(first: 100) { nodes { comments(first: 40) { edges { node { id } } } } } }"
    once = await easel.client().post(f'{{ user(handle: "nobody") {{ ...Page }} }} {page}')
    twice = await easel.client().post(f'{{ user(handle: "nobody") {{ {spread} }} }} {page}')

    assert once == {"data": {"user": None}, "extensions": {"cost": {"requested": 4_101, "limit": 5_000}}}
    assert twice["errors"][0]["extensions"]["measure"] == "nodes"


async def test_the_largest_feed_page_is_allowed(easel: Installation) -> None:
    feed = await easel.client().core("feed", kind="LATEST", first=100)
    assert feed["edges"] == []
    assert "comments(first: 2)" in CORE["feed"]
