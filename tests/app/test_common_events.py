"""An event of an open stream is written once for all who ask alike, unless it tells what something is to the viewer."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson
import pytest

from app.execution import Graph
from app.streams.common import Common
from app.streams.reading import SubscriptionReader
from app.streams.told import Asked, Told
from crowd import gather
from domain.listing import EDGE_ADDED
from domain.ports import Event, Position
from domain.topics import NOWHERE
from domain.words import FeedKind
from local_graph import local_graph
from planner import noting
from resolvers.feeds import FeedWatch
from schema.context import Context
from schema.documents import DocumentReader
from schema.node import key_of

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path


pytestmark = pytest.mark.anyio

VIEWERS = ("ann", "dora", None)
NODE = "{ id title viewerHasLiked @include(if: $liked) image { url(variant: CARD) } author { handle } }"
ONE = f"query($id: ID!, $liked: Boolean!) {{ artwork(id: $id) {NODE} }}"
FOLLOW = f"""subscription($liked: Boolean!) {{ feedEvents(kind: LATEST) {{
  ... on FeedEdgeAdded {{ edge {{ cursor node {NODE} }} }} }} }}"""


async def finished(written: bytes | Awaitable[bytes | None] | None) -> dict[str, Any]:
    assert written is not None
    payload = written if isinstance(written, bytes) else await written
    assert payload is not None
    response: dict[str, Any] = orjson.loads(payload)
    assert "errors" not in response
    edge: dict[str, Any] = response["data"]["feedEvents"]["edge"]
    return edge


@pytest.mark.parametrize(("liked", "statements"), [(False, 1), (True, 4)])
async def test_an_event_is_written_once_for_all_unless_it_is_personal(
    database_url: str, redis_url: str, tmp_path: Path, *, liked: bool, statements: int
) -> None:
    documents = DocumentReader()
    async with local_graph(database_url, redis_url, tmp_path, documents) as graph:
        crowd = await gather(graph.services.db)
        reader = SubscriptionReader(Graph(graph.schema, documents, graph.planner))
        document = reader.document(FOLLOW, None)
        assert document
        variables = {"liked": liked}
        asked = Asked(document, None, variables, variables, reader.writer(FOLLOW, document, None, variables))
        assert asked.writer, "planned"
        commons: dict[Any, Common] = {}
        tolds = []
        for handle in VIEWERS:
            context = Context(graph.services, claims=crowd.claims(handle) if handle else None)
            tolds.append(Told(reader, asked, FeedWatch(context, None, FeedKind.LATEST), context, commons))
        assert len({told.key for told in tolds}) == 3

        page = await graph.run("{ feed(first: 2) { edges { cursor node { id title } } } }")
        for number, edge in enumerate(page["feed"]["edges"], 1):
            # given an event that three viewers are told at once, and one of them again
            key = key_of("artwork", edge["node"]["id"])
            event = Event(Position((number, 0), number), EDGE_ADDED, {"artwork": str(key)})
            with noting() as seen:
                answers = await asyncio.gather(*(finished(told.write(event)) for told in tolds))
                again = await finished(tolds[0].write(event))

            assert len(seen) == statements
            assert answers[0] == again
            assert [answer["cursor"] for answer in answers] == [edge["cursor"]] * len(VIEWERS)
            for handle, answer in zip(VIEWERS, answers, strict=True):
                viewer = f"user_{crowd.claims(handle).user_id.hex}" if handle else None
                read = await graph.run(ONE, variables | {"id": edge["node"]["id"]}, viewer)
                assert answer["node"] == read["artwork"]


async def test_the_planner_writes_the_page_of_a_snapshot_by_one_statement(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    documents = DocumentReader()
    async with local_graph(database_url, redis_url, tmp_path, documents) as graph:
        crowd = await gather(graph.services.db)
        page = "{ edges { cursor node { id title viewerHasLiked } } pageInfo { hasNextPage endCursor } }"
        text = f"subscription {{ feedEvents(kind: LATEST) {{ ... on FeedSnapshot {{ feed(first: 2) {page} }} }} }}"
        reader = SubscriptionReader(Graph(graph.schema, documents, graph.planner))
        document = reader.document(text, None)
        assert document
        writer = reader.writer(text, document, None, {})
        assert writer
        for handle in VIEWERS:
            context = Context(graph.services, claims=crowd.claims(handle) if handle else None)
            watch = FeedWatch(context, None, FeedKind.LATEST)

            with noting() as seen:
                written = writer.write(watch.snapshot(watch.place(NOWHERE), resumed=False), context, {})
                assert not isinstance(written, bytes)
                response = orjson.loads(await written)

            assert len(seen) == 1
            viewer = f"user_{crowd.claims(handle).user_id.hex}" if handle else None
            read = await graph.run(f"{{ feed(first: 2) {page} }}", viewer_id=viewer)
            assert response == {"data": {"feedEvents": read}}


async def test_who_leaves_takes_the_event_from_nobody_and_what_failed_is_written_anew(
    database_url: str, redis_url: str, tmp_path: Path
) -> None:
    async with local_graph(database_url, redis_url, tmp_path) as graph:
        common, position, context = Common(), Position((1, 0), 1), Context(graph.services)
        may_go_on = asyncio.Event()

        async def written() -> bytes:
            await may_go_on.wait()
            return b"{}"

        # given the first, who leaves before anything is written, and a second
        first = asyncio.ensure_future(common.write(position, context, written()))
        second = common.at(position)
        assert second
        first.cancel()
        may_go_on.set()
        assert await second == b"{}"

        # when an event can not be written
        async def fails() -> bytes:
            raise ConnectionError

        later = Position((2, 0), 2)
        assert common.at(later) is None
        with pytest.raises(ConnectionError):
            await common.write(later, context, fails())

        # then the next one to ask writes it, and what is personal is for nobody else
        assert common.at(later) is None
        personal = replace(context)
        assert personal.viewer_key is None
        assert await common.write(later, personal, written()) == b"{}"
        taken = common.at(later)
        assert taken
        assert await taken is None
