"""A thread in which 200 people answer each other: flat, paged, and taken apart again."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from domain import comments
from local_graph import local_graph
from people import key_in, new_artwork, new_users
from stored import sql

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from uuid import UUID

    from local_graph import LocalGraph

pytestmark = pytest.mark.anyio

DEPTH = 200
PAGE = """query($id: ID!, $after: Cursor) { node(id: $id) { ... on Comment { replyCount
  replies(first: 70, after: $after) { totalCount nodes { id text isDeleted root { id } replyTo { id } }
  pageInfo { hasNextPage endCursor } } } } }"""


@pytest.fixture
async def graph(database_url: str, redis_url: str, tmp_path: Path) -> AsyncIterator[LocalGraph]:
    async with local_graph(database_url, redis_url, tmp_path) as opened:
        yield opened


async def test_a_thread_of_two_hundred_answers_to_answers(graph: LocalGraph, database_url: str) -> None:
    # given a thread in which each answers the one before
    (ann,) = await new_users(graph.services.db, "ann")
    artwork = key_in(await new_artwork(graph.services.db, ann))
    chain: list[UUID] = []
    for number in range(DEPTH + 1):
        async with graph.services.db.write() as tx:
            parent = chain[-1] if chain else None
            chain.append(await comments.add(tx, key_in(ann), artwork, f"{number}", parent, uuid4().hex))
    root, *replies = [f"comment_{key.hex}" for key in chain]

    # then it is read in pages, each by one statement, and nothing is nested
    found, after = [], None
    for _ in range(3):
        with graph.statements() as statements:
            thread = (await graph.run(PAGE, {"id": root, "after": after}, ann))["node"]
        assert len(statements) == 1
        assert (thread["replyCount"], thread["replies"]["totalCount"]) == (DEPTH, DEPTH)
        found += thread["replies"]["nodes"]
        after = thread["replies"]["pageInfo"]["endCursor"]
    assert [reply["id"] for reply in found] == replies
    assert [reply["replyTo"]["id"] for reply in found] == [root, *replies[:-1]]
    assert {reply["root"]["id"] for reply in found} == {root}

    # when all but the last are deleted, stubs are left; with the last they go, too
    for key in chain[:-1]:
        async with graph.services.db.write() as tx:
            await comments.remove(tx, key_in(ann), key)
    assert sql(database_url, "SELECT count(*), count(author_id) FROM comments") == [(DEPTH + 1, 1)]
    assert sql(database_url, "SELECT comment_count FROM artworks") == [(1,)]
    async with graph.services.db.write() as tx:
        await comments.remove(tx, key_in(ann), chain[-1])
    assert sql(database_url, "SELECT count(*) FROM comments") == [(0,)]
    assert sql(database_url, "SELECT comment_count FROM artworks") == [(0,)]
