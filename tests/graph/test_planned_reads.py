"""Reads of the whole graph, answered both ways: by plans alone and through graphql-core."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import orjson
import psycopg
import pytest
from graphql import create_source_event_stream
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import make_url
from structlog.testing import capture_logs

from adapters.storage.folder import FolderStore
from app.execution import Graph
from app.streams.reading import SubscriptionReader
from app.streams.told import Asked, Told
from crowd import Crowd, gather
from db import migrate
from depth import depth
from domain.ports import Position
from domain.watching import Snapshot
from graph_client import CORE
from graph_schema import SCHEMA
from local_graph import ISSUER, LocalGraph, local_graph
from planner import noting
from planner.catalog import Catalog
from planner.plans import Plan
from probes import probed
from random_queries import Query, Vocabulary, queries
from running import running_in
from schema.context import Context
from schema.documents import DocumentReader
from schema.limits import DocumentLimits

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from pathlib import Path

    from app.embedded.server import EmbeddedServer

GENEROUS: Final = DocumentLimits(
    **dict.fromkeys(("tokens", "depth", "aliases", "root_fields", "directives", "nodes", "cost"), 10**9)
)
VIEWERS: Final = ("ann", "dora", None)
"""Somebody with data, a moderator with next to none, and a stranger."""
PLANNED: Final = (
    *("node", "nodes", "viewer", "user", "generationJob", "generationJobs", "feed", "artwork", "tag"),
    *("nodes", "viewer", "generationJobs", "feed", "viewer", "user", "feed", "nodes"),
)
"""Root fields; those that lead to most are asked for most."""
CURSORS: Final = """{ feed(first: 4) { edges { cursor node { comments { edges { cursor } } } } }
  popular: feed(kind: POPULAR, first: 4) { edges { cursor } }
  ever: feed(kind: POPULAR, window: ALL, first: 4) { edges { cursor } }
  following: feed(kind: FOLLOWING, first: 4) { edges { cursor } }
  tagged: feed(kind: TAG, filter: { tag: "t01" }, first: 4) { edges { cursor } }
  generationJobs(first: 4) { edges { cursor } }
  notifications(first: 4) { edges { cursor } }
  viewer { assets { edges { cursor } } creditAccount { ledger { edges { cursor } } }
    user { artworks { edges { cursor } } followers { edges { cursor } } following { edges { cursor } } }
    followedTags { edges { cursor } } }
}"""
PLACES: Final = {
    **dict.fromkeys(("feed", "popular", "ever", "following", "tagged"), "Query.feed"),
    "generationJobs": "Query.generationJobs",
    "notifications": "Query.notifications",
    "comments": "Artwork.comments",
    "assets": "Viewer.assets",
    "ledger": "CreditAccount.ledger",
    "artworks": "User.artworks",
    "followers": "User.followers",
    "following": "User.following",
    "followedTags": "Viewer.followedTags",
}
IS_SEARCH: Final = "RANDOM_QUERIES" in os.environ
"""Whether to look for what is wrong with other queries in every run, as many as the variable says."""
EXAMPLES: Final = int(os.environ.get("RANDOM_QUERIES") or depth(200, 2_000))
MARK: Final = "Zq7"
PROBES: Final = [
    MARK + probe for probe in ("", "it's", 'quo"ted \\ back', "100% %s %(a)s", "$1 :x {y} -- ;", "/* */ \x00", "노을\n")
]
CATALOG: Final = Catalog(SCHEMA)
WRITABLE: Final = dict(
    probed(SCHEMA, lambda name: f"{CATALOG.types[name].kind}_{'0' * 32}" if name in CATALOG.types else "")
)


@dataclass(frozen=True, slots=True, repr=False)
class Gallery:
    """The graph over a database with a crowd in it, and the event loop that all tests of it share."""

    graph: LocalGraph
    documents: DocumentReader
    crowd: Crowd
    queries: st.SearchStrategy[Query]
    run: Callable[[Coroutine[Any, Any, Any]], Any]

    def context(self, handle: str | None) -> Context:
        """Return a request of somebody."""
        return Context(self.graph.services, claims=self.crowd.claims(handle) if handle else None)

    async def through_core(self, query: Query, handle: str | None) -> dict[str, Any]:
        """Return what graphql-core answers."""
        return await self.answer_to(query, self.context(handle))

    async def answer_to(self, query: Query, context: Context) -> dict[str, Any]:
        """Return what graphql-core answers to a request."""
        result = await self.graph.schema.execute(query.text, dict(query.variables), context_value=context)
        errors = [error.formatted for error in result.errors or ()]
        answer: dict[str, Any] = orjson.loads(orjson.dumps({"data": result.data}))
        return answer | ({"errors": errors} if errors else {})

    async def by_plan(self, query: Query, handle: str | None) -> dict[str, Any] | None:
        """Return what plans answer; None where they leave the answer to graphql-core."""
        context, lane = self.context(handle), self.graph.planner.lane
        found = lane.find(query.text, None, query.variables, self.documents.parse, guarded=handle is not None)
        if found is None:
            return None
        try:
            body = await lane.answer(*found, context)
        except Exception:  # noqa: BLE001 - as the application does, whatever it is
            return None
        answer: dict[str, Any] = orjson.loads(body)
        del answer["extensions"]
        return answer

    async def statements_of(self, query: Query) -> list[str]:
        """Return the statements of an operation's plans, none where it is not planned."""
        lane = self.graph.planner.lane
        found = lane.find(query.text, None, query.variables, self.documents.parse, guarded=False)
        if found is None:
            return []
        operation, variables = found
        with suppress(Exception):  # objects are planned as their ids are met, and before cursors are refused
            await lane.answer(operation, variables, self.context(None))
        plans = [plan for _, plan, _ in operation.roots if isinstance(plan, Plan)] + list(operation.by_id.values())
        return [plan.statement for plan in plans]


@pytest.fixture(scope="module")
def gallery(postgres: EmbeddedServer, valkey: EmbeddedServer, home: Path) -> Iterator[Gallery]:
    """Return a gallery of its own, which no worker and no sweeper changes."""
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE gallery")
    url = make_url(postgres.url).set(database="gallery").render_as_string(hide_password=False)
    migrate.upgrade(url)
    with asyncio.Runner() as runner, capture_logs():
        documents = DocumentReader(GENEROUS)
        opened = local_graph(url, valkey.url, home, documents)
        graph = runner.run(opened.__aenter__())
        try:
            yield runner.run(_gallery(graph, documents, home, runner))
        finally:
            runner.run(opened.__aexit__(None, None, None))


async def _gallery(graph: LocalGraph, documents: DocumentReader, folder: Path, runner: asyncio.Runner) -> Gallery:
    store = FolderStore(folder, ISSUER, b"0123456789abcdef0123456789abcdef", clock=lambda: 1_800_000_000.0)
    crowd = await gather(graph.services.db)
    moderators = frozenset({crowd.claims(VIEWERS[1] or "").user_id})
    graph = replace(graph, services=replace(graph.services, store=store, moderators=moderators))
    texts: dict[str, list[Any]] = {
        "id": [key for keys in crowd.ids.values() for key in keys],
        "ids": [key for keys in crowd.ids.values() for key in keys],
        "handle": [*crowd.handles, "@ANN"],
        "Query.artwork.id": crowd.ids["artwork"],
        "Query.tag.name": ["t00", " #T12", "nothing"],
        "Query.generationJob.id": crowd.ids["job"],
        "first": [1, 2, 3, 100],
        "tag": ["t01", "#T11", "t21", "none"],
        "style": ["anime", "none"],
    }
    gallery = Gallery(graph, documents, crowd, queries(SCHEMA, Vocabulary(PLANNED, texts)), running_in(runner))
    texts["after"] = []
    answer = await gallery.through_core(Query(CURSORS, {}), "ann")
    assert "errors" not in answer
    for owner, found in _cursors(answer["data"], "Query"):
        texts.setdefault(f"{owner}.after", []).append(found)
        texts.setdefault("since", []).append(found)
        texts["after"].append(found)
    return gallery


def _cursors(value: Any, place: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a part of an answer
    """Yield each cursor of an answer with the field that it is of: ``Type.field``."""
    if isinstance(value, list):
        for each in value:
            yield from _cursors(each, place)
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "cursor":
                yield place, inner
            else:
                yield from _cursors(inner, PLACES.get(key, place))


@settings(
    max_examples=EXAMPLES,
    derandomize=not IS_SEARCH,
    phases=[Phase.generate, Phase.shrink] if IS_SEARCH else [Phase.generate],
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
@pytest.mark.timeout(EXAMPLES)
def test_random_queries_are_answered_alike_both_ways(gallery: Gallery, data: st.DataObject) -> None:
    query = data.draw(gallery.queries, "query")
    assert not gallery.documents.validate(SCHEMA, query.text)
    contexts = {handle: gallery.context(handle) for handle in VIEWERS}
    answers = {handle: gallery.run(gallery.answer_to(query, context)) for handle, context in contexts.items()}
    for handle, core in answers.items():
        # what was answered without asking for the viewer is the same for all
        assert contexts[handle].is_personal or all(core == other for other in answers.values()), (handle, query)
        # when graphql-core answers without errors, then so does the plan; all else is left to graphql-core
        planned = gallery.run(gallery.by_plan(query, handle))
        assert planned == (None if "errors" in core else core), (handle, query)
        assert planned is None or orjson.dumps(planned) == orjson.dumps(core), (handle, query)


@pytest.mark.parametrize("shown", ["... on Node { ... on LedgerEntry { kind } }", "id @skip(if: true)"])
def test_items_of_which_nothing_is_asked_are_as_many(gallery: Gallery, shown: str) -> None:
    query = Query(f"{{ viewer {{ assets(first: 2) {{ edges {{ node {{ {shown} }} }} }} }} }}", {})

    planned = gallery.run(gallery.by_plan(query, "ann"))

    assert planned
    assert planned == gallery.run(gallery.through_core(query, "ann"))
    assert planned["data"]["viewer"]["assets"]["edges"] == [{"node": {}}] * 2


@pytest.mark.parametrize(
    ("name", "variables"), [("feed", {"kind": "LATEST", "first": 20}), ("me", {}), ("one", {"id": "artwork"})]
)
@pytest.mark.parametrize("handle", VIEWERS)
def test_a_core_query_is_one_statement(
    gallery: Gallery, name: str, variables: dict[str, Any], handle: str | None
) -> None:
    variables = variables | ({"id": gallery.crowd.ids["artwork"][0]} if "id" in variables else {})
    query = Query(CORE[name], variables)

    # when it is answered both ways
    with gallery.graph.statements() as by_core:
        core = gallery.run(gallery.through_core(query, handle))
    with gallery.graph.statements() as by_plan:
        planned = gallery.run(gallery.by_plan(query, handle))

    # then by one statement each, and alike
    assert planned == core
    assert (len(by_core), len(by_plan)) == (1, 1)


def test_core_operations_that_change_or_watch_read_with_one_statement_for_each_answer(gallery: Gallery) -> None:
    counts = gallery.run(_planned_statements(gallery))
    assert counts == dict.fromkeys(("sign-up", "sign-in", "submit", "watch", "cancel", "publish"), 1)


async def _planned_statements(gallery: Gallery) -> dict[str, int]:
    """Run each operation and return how many statements the planner ran for it, for the first event of a stream."""
    account = {"email": "eve@easel.example", "password": "correct horse"}
    counts: dict[str, int] = {}

    async def answer(name: str, **variables: Any) -> Any:  # noqa: ANN401 - an answer
        with noting() as seen:
            result = await gallery.graph.schema.execute(CORE[name], variables, context_value=gallery.context("ann"))
        assert not result.errors
        counts[name] = len(seen)
        (value,) = (result.data or {}).values()
        return value

    await answer("sign-up", input=account | {"handle": "eve", "displayName": "Eve"})
    await answer("sign-in", input=account)
    job = (await answer("submit", input={"prompt": "sea", "idempotencyKey": "k"}))["job"]
    counts["watch"] = await _statements_of_a_snapshot(gallery, {"jobId": job["id"]})
    await answer("cancel", input={"jobId": job["id"]})
    await answer("publish", input={"assetIds": gallery.crowd.ids["asset"][:1], "title": "t", "tags": ["a", "b"]})
    return counts


async def _statements_of_a_snapshot(gallery: Gallery, variables: dict[str, str]) -> int:
    context = gallery.context("ann")
    reader = SubscriptionReader(Graph(gallery.graph.schema, DocumentReader(), gallery.graph.planner))
    document = reader.document(CORE["watch"], None)
    assert document
    core = reader.core(document, None, variables, context)
    assert not isinstance(core, list)
    watch: Any = create_source_event_stream(core)
    await watch.check()
    coerced = core.variable_values.coerced
    writer = reader.writer(CORE["watch"], document, None, coerced)
    told = Told(reader, Asked(document, None, variables, coerced, writer), watch, context, {})
    with noting() as seen:
        writing: Any = told.write(Snapshot(Position((0, 0), 0), resumed=False))
        answer = orjson.loads(await writing)
    assert answer["data"]["generationJobEvents"]["job"]["id"] == variables["jobId"]
    return len(seen)


@pytest.mark.parametrize("place", sorted(WRITABLE))
def test_no_text_of_a_client_is_in_a_statement(gallery: Gallery, place: str) -> None:
    texts = set()
    for number, probe in enumerate(PROBES):
        for query in WRITABLE[place](probe):
            # when an argument has a value that would change SQL, or Python's formatting
            with gallery.graph.statements() as seen:
                gallery.run(gallery.through_core(query, "ann"))
            texts.add(tuple(gallery.run(gallery.statements_of(Query(f"# {number}\n{query.text}", query.variables)))))

            # then nothing of it is in any statement
            assert not [statement for statement in seen if MARK in statement]

    # and plans are the same for all values, whether written in the document or sent beside it
    assert len(texts) == 1


SEEN: Final = """query($follows: Boolean!, $listed: Boolean!) { styles { id }
  user(handle: "ann") @include(if: $follows) { id handle bio artworkCount avatarUrl }
  feed(first: 3) @include(if: $listed) { edges { node { id title image { url(variant: CARD) } } } }
}"""


@pytest.mark.parametrize("handle", VIEWERS)
@pytest.mark.parametrize("follows", [True, False])
@pytest.mark.parametrize("listed", [True, False])
def test_an_answer_is_personal_where_it_asks_what_something_is_to_the_viewer(
    gallery: Gallery, handle: str | None, *, follows: bool, listed: bool
) -> None:
    context = gallery.context(handle)
    answer = gallery.run(gallery.answer_to(Query(SEEN, {"follows": follows, "listed": listed}), context))
    assert answer["data"]["styles"]
    assert context.is_personal is (follows or listed)
