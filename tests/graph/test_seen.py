"""Telling what was shown: as often as wanted, of what is there or not, and refused without a trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import pytest

from people import key_in
from publishing_client import new_author
from stored import row_counts, sql

if TYPE_CHECKING:
    from local_graph import LocalGraph
    from workshop import Workshop

pytestmark = pytest.mark.anyio

NOTE: Final = """mutation($input: NoteSeenInput!) { noteSeen(input: $input) {
  ... on NoteSeenSuccess { viewer { id } } ... on UserError { code path message } } }"""


async def note(graph: LocalGraph, viewer: str, *ids: str) -> dict[str, Any]:
    result: dict[str, Any] = (await graph.run(NOTE, {"input": {"artworkIds": [*ids]}}, viewer))["noteSeen"]
    return result


async def test_what_was_shown_is_noted_once_and_the_list_is_to_be_made(graph: LocalGraph, shop: Workshop) -> None:
    author, reader = await new_author(graph, shop), await new_author(graph, shop)
    shown, gone = (await author.publish())["id"], f"artwork_{uuid4().hex}"
    for _ in range(2):
        assert await note(graph, reader.id, shown, gone, shown) == {"viewer": {"id": reader.id}}
    known = sql(shop.database_url, "SELECT user_id, artwork_id FROM seen_artworks ORDER BY artwork_id")
    assert known == [(reader.key, key) for key in sorted((key_in(shown), key_in(gone)))]
    assert sql(shop.database_url, "SELECT user_id FROM tastes WHERE due_at IS NOT NULL") == [(reader.key,)]


async def test_a_report_that_is_none_is_refused_as_a_whole(graph: LocalGraph, shop: Workshop) -> None:
    author = await new_author(graph, shop)
    shown = (await author.publish())["id"]
    before = row_counts(shop.database_url)
    for ids in ([], [shown] * 101):
        refused = await note(graph, author.id, *ids)
        assert (refused["code"], refused["path"]) == ("INVALID_INPUT", ["input", "artworkIds"])
    for bad in (author.id, "", "\ud800", "artwork_0", "x" * 10_000):
        refused = await note(graph, author.id, shown, bad)
        assert (refused["code"], refused["path"]) == ("NOT_FOUND", ["input", "artworkIds", "1"])
    assert row_counts(shop.database_url) == before
    assert sql(shop.database_url, "SELECT count(*) FROM tastes") == [(0,)]
